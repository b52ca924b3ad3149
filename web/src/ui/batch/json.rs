//! A batch and its evaluation as JSON (RFC 8259).

use std::fmt::Write;

use shared::model::PhotoClass;
use shared::{Garment, ModelId};

use super::evaluation::Evaluation;
use crate::file_name::FileName;
use crate::state::batch::{BatchItem, ItemStatus};

/// The object of a file. With `has_all_probabilities`, those of all models are written, and not only those of the answer.
pub fn object(item: &BatchItem, has_all_probabilities: bool) -> String {
    let mut object = format!(
        "{{\"file\": {}, \"state\": \"{}\"",
        name(&item.name),
        item.status.name()
    );
    let labelled = |label: &str, confidence: f32| {
        format!(
            "\"label\": {}, \"confidence\": {confidence:.4}",
            string(label)
        )
    };
    let all = |labels: &[&str], probabilities: &[f32]| {
        let pairs = labels.iter().zip(probabilities);
        let pairs: Vec<String> = pairs
            .map(|(l, p)| format!("{}: {p:.4}", string(l)))
            .collect();
        format!("\"probabilities\": {{{}}}", pairs.join(", "))
    };
    let labels = Garment::ALL.map(Garment::label);
    // Writing to a string cannot fail.
    if let Some(predictions) = item.status.predictions() {
        if let Some(known) = predictions.known() {
            let _ = write!(object, ", \"known\": {known}");
        }
        if let Some(answer) = predictions.answer() {
            let _ = write!(
                object,
                ", \"answer\": {{{}, {}}}",
                labelled(answer.class.label(), answer.confidence),
                all(&labels, &answer.probabilities)
            );
        }
        if let Some((garment, confidence)) = predictions.ensemble() {
            let _ = write!(
                object,
                ", \"vote\": {{{}, \"voters\": {}}}",
                labelled(garment.label(), confidence),
                predictions.voters()
            );
        }
        let model = |model: ModelId| {
            let prediction = predictions.prediction(model)?;
            let mut fields = labelled(prediction.garment().label(), prediction.confidence());
            if has_all_probabilities {
                fields = format!("{fields}, {}", all(&labels, &prediction.probabilities));
            }
            Some(format!("\"{}\": {{{fields}}}", model.name()))
        };
        let models: Vec<String> = ModelId::ALL.into_iter().filter_map(model).collect();
        let _ = write!(object, ", \"models\": {{{}}}", models.join(", "));
        if let Some(photo) = predictions.photo.filter(|_| has_all_probabilities) {
            let labels: Vec<&str> = PhotoClass::all().map(PhotoClass::label).collect();
            let _ = write!(object, ", \"photo\": {{{}}}", all(&labels, &photo));
        }
    }
    if let ItemStatus::Failed(error) = &item.status {
        let _ = write!(object, ", \"error\": {}", string(error));
    }
    if let Some(truth) = item.true_class() {
        let _ = write!(object, ", \"true_class\": {}", string(truth.label()));
        let _ = write!(object, ", \"is_corrected\": {}", item.correction.is_some());
    }
    if let Some(is_right) = item.is_right() {
        let _ = write!(object, ", \"is_right\": {is_right}");
    }
    object + "}"
}

/// The evaluation: the accuracies, the confusion matrices, and the corrections.
pub fn evaluation(evaluation: &Evaluation, items: &[BatchItem]) -> String {
    let mut text = format!(
        "{{\n  \"files\": {}, \"with_true_class\": {}, \"corrected\": {}, \"without_prediction\": {}, \"not_sure\": {},\n",
        items.len(),
        evaluation.labelled,
        evaluation.corrected,
        evaluation.failed,
        evaluation.unsure
    );
    let labels = Garment::ALL.map(|garment| string(garment.label()));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  \"classes\": [{}],", labels.join(", "));
    let outcomes = evaluation.outcomes.iter().map(|(evaluated, outcome)| {
        let rows = outcome.confusion.map(|row| {
            let counts = row.map(|count| count.to_string());
            format!("[{}]", counts.join(", "))
        });
        format!(
            "    \"{}\": {{\"total\": {}, \"correct\": {}, \"accuracy\": {:.4}, \"none_of_ten\": {}, \"confusion\": [{}]}}",
            evaluated.name(),
            outcome.total,
            outcome.correct,
            outcome.accuracy().unwrap_or_default(),
            outcome.outside,
            rows.join(", ")
        )
    });
    let outcomes: Vec<String> = outcomes.collect();
    let _ = writeln!(text, "  \"evaluated\": {{\n{}\n  }},", outcomes.join(",\n"));
    let corrections = items.iter().filter_map(|item| {
        let class = item.correction?;
        let folder = item
            .folder_class
            .map_or_else(|| "null".into(), |g| string(g.label()));
        Some(format!(
            "    {{\"file\": {}, \"folder\": {folder}, \"corrected\": {}}}",
            name(&item.name),
            string(class.label())
        ))
    });
    let corrections: Vec<String> = corrections.collect();
    match corrections.as_slice() {
        [] => text += "  \"corrections\": []\n}\n",
        some => {
            let _ = write!(
                text,
                "  \"corrections\": [\n{}\n  ]\n}}\n",
                some.join(",\n")
            );
        }
    }
    text
}

/// A file's name as a JSON string, unit by unit if it is not valid.
fn name(name: &FileName) -> String {
    let Some(units) = name.invalid_units() else {
        return string(name.text());
    };
    let units = units.iter().map(|unit| format!("\\u{unit:04x}"));
    format!("\"{}\"", units.collect::<String>())
}

/// A text as a JSON string.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            // Writing to a string cannot fail.
            '\0'..='\u{1f}' => drop(write!(out, "\\u{:04x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::batch::evaluation::tests::item;

    #[test]
    fn a_file_is_an_object() {
        let boot = item(
            "a \"b\"\\\n\u{1}ü.png",
            Some((Garment::AnkleBoot, 0.5)),
            Some(Garment::Sandal),
        );
        let tenth = "0.0556";
        let probabilities = Garment::ALL.map(|g| {
            let share = if g == Garment::AnkleBoot {
                "0.5000"
            } else {
                tenth
            };
            format!("\"{g}\": {share}")
        });
        let probabilities = probabilities.join(", ");
        assert_eq!(
            object(&boot, false),
            format!(
                "{{\"file\": \"a \\\"b\\\"\\\\\\n\\u0001ü.png\", \"state\": \"answered\", \"known\": true, \
                 \"answer\": {{\"label\": \"Ankle boot\", \"confidence\": 0.5000, \"probabilities\": {{{probabilities}}}}}, \
                 \"vote\": {{\"label\": \"Ankle boot\", \"confidence\": 0.5000, \"voters\": 1}}, \
                 \"models\": {{\"cnn\": {{\"label\": \"Ankle boot\", \"confidence\": 0.5000}}}}, \
                 \"true_class\": \"Sandal\", \"is_corrected\": false, \"is_right\": false}}"
            )
        );
        let more = object(&boot, true);
        assert!(
            more.contains(&format!("\"cnn\": {{\"label\": \"Ankle boot\", \"confidence\": 0.5000, \"probabilities\": {{{probabilities}}}}}")),
            "{more}"
        );
        let mut failed = item("c", None, None);
        assert_eq!(
            object(&failed, true),
            "{\"file\": \"c\", \"state\": \"waiting\"}"
        );
        failed.status = ItemStatus::Failed("Why.".into());
        assert_eq!(
            object(&failed, true),
            "{\"file\": \"c\", \"state\": \"error\", \"error\": \"Why.\"}"
        );
    }

    #[test]
    fn a_name_that_is_not_valid_keeps_its_units() {
        let mut file = item("", None, None);
        file.name = FileName::from_units(&[0x61, 0xdc00, 0x22]);
        assert_eq!(
            object(&file, false),
            "{\"file\": \"\\u0061\\udc00\\u0022\", \"state\": \"waiting\"}"
        );
    }

    #[test]
    fn the_evaluation_lists_matrices_and_corrections() {
        let mut items = [
            item("1", Some((Garment::Coat, 0.9)), Some(Garment::Coat)),
            item("2", Some((Garment::Bag, 0.9)), Some(Garment::Coat)),
        ];
        items[1].correction = Some(Garment::Bag);
        let text = evaluation(&Evaluation::new(&items), &items);
        assert!(
            text.contains("\"files\": 2, \"with_true_class\": 2, \"corrected\": 1,"),
            "{text}"
        );
        assert!(
            text.contains("\"answer\": {\"total\": 2, \"correct\": 2, \"accuracy\": 1.0000,"),
            "{text}"
        );
        assert!(
            text.contains("{\"file\": \"2\", \"folder\": \"Coat\", \"corrected\": \"Bag\"}"),
            "{text}"
        );
    }
}
