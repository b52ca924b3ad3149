//! A batch and its evaluation as CSV (RFC 4180), for spreadsheet programs of any language.

use shared::model::PhotoClass;
use shared::{Garment, ModelId};

use super::evaluation::Evaluation;
use crate::state::batch::{BatchItem, ItemPredictions, ItemStatus};

/// Tells spreadsheet programs that the file is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How the cells are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether numbers have a decimal comma. Where they have, cells are separated by semicolons.
    pub has_decimal_comma: bool,
    /// Whether all probabilities of all models are written, and not only those of the answer.
    pub has_all_probabilities: bool,
}

/// A line that is being written.
struct Line {
    text: String,
    style: Style,
}

impl Line {
    const fn new(style: Style) -> Self {
        let text = String::new();
        Self { text, style }
    }

    /// Adds a text as a cell.
    fn text(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push(if self.style.has_decimal_comma {
                ';'
            } else {
                ','
            });
        }
        self.text += &cell(text);
    }

    fn number(&mut self, number: f64) {
        let text = format!("{number:.4}");
        if self.style.has_decimal_comma {
            self.text(&text.replace('.', ","));
        } else {
            self.text(&text);
        }
    }

    /// Adds a number for each name, or empty cells.
    fn numbers(&mut self, numbers: Option<&[f32]>, count: usize) {
        for i in 0..count {
            match numbers.and_then(|numbers| numbers.get(i)) {
                Some(number) => self.number(f64::from(*number)),
                None => self.text(""),
            }
        }
    }

    fn prediction(&mut self, prediction: Option<(&str, f32)>) {
        match prediction {
            Some((label, confidence)) => {
                self.text(label);
                self.number(f64::from(confidence));
            }
            None => {
                self.text("");
                self.text("");
            }
        }
    }

    fn boolean(&mut self, value: Option<bool>) {
        self.text(match value {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        });
    }

    fn end(mut self) -> String {
        self.text += "\r\n";
        self.text
    }
}

/// The names of the columns.
pub fn header(style: Style) -> String {
    let mut line = Line::new(style);
    for name in [
        "file",
        "state",
        "known",
        "answer",
        "answer_confidence",
        "vote",
        "vote_confidence",
        "voters",
    ] {
        line.text(name);
    }
    for model in ModelId::ALL {
        line.text(model.name());
        line.text(&format!("{}_confidence", model.name()));
    }
    for name in ["error", "true_class", "is_corrected", "is_right"] {
        line.text(name);
    }
    let mut probabilities = |name: &str, labels: &[&str]| {
        for label in labels {
            line.text(&format!("{name}: {label}"));
        }
    };
    let labels = Garment::ALL.map(Garment::label);
    probabilities("answer", &labels);
    if style.has_all_probabilities {
        for model in ModelId::ALL {
            probabilities(model.name(), &labels);
        }
        let labels: Vec<&str> = PhotoClass::all().map(PhotoClass::label).collect();
        probabilities("photo", &labels);
    }
    line.end()
}

/// The line of a file.
pub fn line(item: &BatchItem, style: Style) -> String {
    let mut line = Line::new(style);
    let predictions = item.status.predictions();
    let answer = predictions.and_then(ItemPredictions::answer);
    line.text(item.name.text());
    line.text(item.status.name());
    line.boolean(predictions.and_then(ItemPredictions::known));
    line.prediction(answer.as_ref().map(|a| (a.class.label(), a.confidence)));
    let vote = predictions.and_then(ItemPredictions::ensemble);
    line.prediction(vote.map(|(garment, confidence)| (garment.label(), confidence)));
    line.text(&predictions.map_or_else(String::new, |p| p.voters().to_string()));
    for model in ModelId::ALL {
        let prediction = predictions.and_then(|p| p.prediction(model));
        line.prediction(prediction.map(|p| (p.garment().label(), p.confidence())));
    }
    line.text(match &item.status {
        ItemStatus::Failed(error) => error,
        _ => "",
    });
    line.text(item.true_class().map_or("", Garment::label));
    line.boolean(item.true_class().map(|_| item.correction.is_some()));
    line.boolean(item.is_right());
    let count = Garment::ALL.len();
    line.numbers(answer.as_ref().map(|a| a.probabilities.as_slice()), count);
    if style.has_all_probabilities {
        for model in ModelId::ALL {
            let prediction = predictions.and_then(|p| p.prediction(model));
            line.numbers(prediction.map(|p| p.probabilities.as_slice()), count);
        }
        let photo = predictions.and_then(|p| p.photo.as_ref());
        line.numbers(photo.map(<[f32; _]>::as_slice), PhotoClass::all().count());
    }
    line.end()
}

/// The evaluation: the accuracies, and a line for each true class of each confusion matrix.
pub fn evaluation(evaluation: &Evaluation, style: Style) -> String {
    let mut text = String::from(BYTE_ORDER_MARK);
    let mut line = Line::new(style);
    for name in ["evaluated", "true_class", "files", "correct", "accuracy"] {
        line.text(name);
    }
    for garment in Garment::ALL {
        line.text(&format!("predicted: {garment}"));
    }
    line.text("predicted: none of the ten classes");
    text += &line.end();
    for (evaluated, outcome) in &evaluation.outcomes {
        let mut line = Line::new(style);
        line.text(evaluated.name());
        line.text("all");
        line.text(&outcome.total.to_string());
        line.text(&outcome.correct.to_string());
        line.number(outcome.accuracy().unwrap_or_default());
        for garment in Garment::ALL {
            let predicted = outcome.confusion.iter().map(|row| row[garment.index()]);
            line.text(&predicted.sum::<u32>().to_string());
        }
        line.text(&outcome.outside.to_string());
        text += &line.end();
        for (truth, row) in Garment::ALL.into_iter().zip(&outcome.confusion) {
            let total: u32 = row.iter().sum();
            let correct = row[truth.index()];
            let mut line = Line::new(style);
            line.text(evaluated.name());
            line.text(truth.label());
            line.text(&total.to_string());
            line.text(&correct.to_string());
            match total {
                0 => line.text(""),
                total => line.number(f64::from(correct) / f64::from(total)),
            }
            for count in row {
                line.text(&count.to_string());
            }
            line.text("");
            text += &line.end();
        }
    }
    text
}

/// A text as a cell: quoted where necessary, and never a formula.
///
/// A program that expects another separator splits cells elsewhere, so that a formula could begin in the middle of a text: a sign that begins
/// one is made harmless after every separator, too.
fn cell(text: &str) -> String {
    let mut out = String::new();
    let mut may_begin = true;
    for letter in text.chars() {
        if may_begin
            && matches!(
                letter,
                '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'
            )
        {
            out.push('\'');
        }
        // Programs skip spaces and quotation marks before a formula.
        may_begin = matches!(letter, ',' | ';' | '|' | '\t' | '\r' | '\n')
            || (may_begin && matches!(letter, ' ' | '"' | '\u{a0}'));
        out.push(letter);
    }
    let is_special = |c: char| matches!(c, ',' | ';' | '|' | '\t' | '"' | '\r' | '\n');
    let has_space = out.starts_with([' ', '\u{a0}']) || out.ends_with([' ', '\u{a0}']);
    if out.contains(is_special) || has_space {
        format!("\"{}\"", out.replace('"', "\"\""))
    } else {
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::batch::evaluation::tests::item;

    const SHORT: Style = Style {
        has_decimal_comma: false,
        has_all_probabilities: false,
    };

    #[test]
    fn a_line_has_the_predictions_the_true_class_and_ten_probabilities() {
        let boot = item(
            "boot.jpg",
            Some((Garment::AnkleBoot, 0.5)),
            Some(Garment::Sandal),
        );
        let text = line(&boot, SHORT);
        assert!(
            text.starts_with(
                "boot.jpg,answered,true,Ankle boot,0.5000,Ankle boot,0.5000,1,Ankle boot,0.5000,,,"
            ),
            "{text}"
        );
        assert!(
            text.ends_with(",,Sandal,false,false,0.0556,0.0556,0.0556,0.0556,0.0556,0.0556,0.0556,0.0556,0.0556,0.5000\r\n"),
            "{text}"
        );
        let mut failed = item("a.txt", None, None);
        failed.status = ItemStatus::Failed("No picture, alas.".into());
        let text = line(&failed, SHORT);
        assert!(text.starts_with("a.txt,error,,,,"), "{text}");
        assert!(text.contains(",\"No picture, alas.\",,,,"), "{text}");
    }

    #[test]
    fn every_line_has_as_many_cells_as_the_header() {
        let items = [
            item("boot.jpg", Some((Garment::AnkleBoot, 0.5)), None),
            item("plain", None, Some(Garment::Bag)),
        ];
        for has_all_probabilities in [false, true] {
            for has_decimal_comma in [false, true] {
                let style = Style {
                    has_decimal_comma,
                    has_all_probabilities,
                };
                let separator = if has_decimal_comma { ';' } else { ',' };
                let cells = |line: &str| {
                    let outside_of_quotes = line.split('"').step_by(2);
                    outside_of_quotes
                        .flat_map(|part| part.matches(separator))
                        .count()
                        + 1
                };
                let more = if has_all_probabilities {
                    7 * 10 + 14
                } else {
                    0
                };
                assert_eq!(cells(&header(style)), 8 + 14 + 4 + 10 + more);
                for item in &items {
                    assert_eq!(cells(&line(item, style)), cells(&header(style)));
                }
            }
        }
    }

    #[test]
    fn where_numbers_have_a_comma_cells_are_separated_by_semicolons() {
        let style = Style {
            has_decimal_comma: true,
            ..SHORT
        };
        let text = line(&item("bag.png", Some((Garment::Bag, 0.75)), None), style);
        assert!(
            text.starts_with("bag.png;answered;true;Bag;\"0,7500\";Bag;"),
            "{text}"
        );
    }

    #[test]
    fn names_are_quoted_and_never_formulas() {
        for (name, expected) in [
            ("plain.png", "plain.png"),
            ("=1+1.png", "'=1+1.png"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@a", "'@a"),
            ("＝a", "'＝a"),
            ("\ta", "\"'\ta\""),
            ("\r=a", "\"'\r'=a\""),
            ("a=b-c@d", "a=b-c@d"),
            ("a,b \"c\".png", "\"a,b \"\"c\"\".png\""),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("two\nlines", "\"two\nlines\""),
            ("a;=1+1", "\"a;'=1+1\""),
            ("a\n=1+1", "\"a\n'=1+1\""),
            ("a;\"=1\"", "\"a;\"\"'=1\"\"\""),
            (" =1", "\" '=1\""),
            ("a;b|c", "\"a;b|c\""),
            ("ends ", "\"ends \""),
        ] {
            assert_eq!(cell(name), expected);
        }
    }

    #[test]
    fn the_evaluation_has_a_line_for_each_class_and_all() {
        let items = [
            item("1", Some((Garment::Coat, 0.9)), Some(Garment::Coat)),
            item("2", Some((Garment::Bag, 0.9)), Some(Garment::Coat)),
        ];
        let text = evaluation(&Evaluation::new(&items), SHORT);
        let lines: Vec<&str> = text.lines().collect();
        assert!(text.starts_with(
            "\u{feff}evaluated,true_class,files,correct,accuracy,predicted: T-shirt/top,"
        ));
        // The answer, the CNN and the vote.
        assert_eq!(lines.len(), 1 + 3 * 11);
        assert_eq!(lines[1], "answer,all,2,1,0.5000,0,0,0,0,1,0,0,0,1,0,0");
        assert_eq!(lines[6], "answer,Coat,2,1,0.5000,0,0,0,0,1,0,0,0,1,0,");
        assert_eq!(lines[2], "answer,T-shirt/top,0,0,,0,0,0,0,0,0,0,0,0,0,");
    }
}
