//! A table of answers as CSV (RFC 4180) and as JSON (RFC 8259).

use std::fmt::Write;

use shared::{Garment, ModelId};

use crate::state::batch::Outcome;

/// A line of the table: the file's name and what became of it.
pub type Line = (String, Outcome);

/// A head and a line a file.
pub fn csv(lines: &[Line]) -> String {
    let mut head = String::from("file,state,known,vote,vote_confidence,voters");
    for model in ModelId::ALL {
        let name = model.name();
        // Writing to a string cannot fail.
        let _ = write!(head, ",{name},{name}_confidence");
    }
    head += ",error\r\n";
    lines.iter().fold(head, |mut text, (name, outcome)| {
        text += &csv_line(name, outcome);
        text
    })
}

fn csv_line(name: &str, outcome: &Outcome) -> String {
    let answers = outcome.answers();
    let mut cells = vec![cell(name), outcome.name().to_string()];
    let known = answers.and_then(|a| a.known);
    cells.push(known.map_or(String::new(), |known| known.to_string()));
    cells.extend(pair(answers.and_then(|a| a.vote())));
    cells.push(answers.map_or(String::new(), |a| a.counted.to_string()));
    for model in ModelId::ALL {
        cells.extend(pair(answers.and_then(|a| a.of(model))));
    }
    cells.push(match outcome {
        Outcome::Failed(sentence) => cell(sentence),
        _ => String::new(),
    });
    cells.join(",") + "\r\n"
}

fn pair(verdict: Option<(Garment, f32)>) -> [String; 2] {
    match verdict {
        Some((garment, confidence)) => [cell(garment.label()), format!("{confidence:.4}")],
        None => [String::new(), String::new()],
    }
}

/// A text as a cell: quoted where it must be, and never a formula to the program that opens it.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = match is_formula {
        true => format!("'{text}"),
        false => text.to_string(),
    };
    match text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

/// A list with an object a file.
pub fn json(lines: &[Line]) -> String {
    let objects: Vec<String> = lines
        .iter()
        .map(|(name, outcome)| json_object(name, outcome))
        .collect();
    format!("[\n  {}\n]\n", objects.join(",\n  "))
}

fn json_object(name: &str, outcome: &Outcome) -> String {
    let mut object = format!(
        "{{\"file\": {}, \"state\": \"{}\"",
        string(name),
        outcome.name()
    );
    let verdict = |(garment, confidence): (Garment, f32)| {
        format!(
            "\"label\": {}, \"confidence\": {confidence:.4}",
            string(garment.label())
        )
    };
    // Writing to a string cannot fail.
    if let Some(answers) = outcome.answers() {
        if let Some(known) = answers.known {
            let _ = write!(object, ", \"known\": {known}");
        }
        if let Some(vote) = answers.vote() {
            let voters = answers.counted;
            let _ = write!(
                object,
                ", \"vote\": {{{}, \"voters\": {voters}}}",
                verdict(vote)
            );
        }
        let models: Vec<String> = ModelId::ALL
            .into_iter()
            .filter_map(|model| {
                let said = verdict(answers.of(model)?);
                Some(format!("\"{}\": {{{said}}}", model.name()))
            })
            .collect();
        let _ = write!(object, ", \"models\": {{{}}}", models.join(", "));
    }
    if let Outcome::Failed(sentence) = outcome {
        let _ = write!(object, ", \"error\": {}", string(sentence));
    }
    object + "}"
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
    use crate::state::batch::Answers;
    use shared::image::RgbaImage;
    use shared::{Grey28, Prediction};

    fn answered() -> Outcome {
        let blank = RgbaImage::default();
        let surely = |class: usize, share: f32| {
            let rest = (1.0 - share) / 9.0;
            core::array::from_fn(|i| if i == class { share } else { rest })
        };
        let mut answers = Answers::new(blank, Grey28::new([0; 784]));
        answers.verdicts = vec![Prediction {
            model: ModelId::Cnn,
            probabilities: surely(0, 0.75),
        }];
        answers.vote = Some(surely(9, 0.5));
        answers.counted = 1;
        answers.known = Some(true);
        Outcome::Answered(answers)
    }

    fn line(name: &str, outcome: Outcome) -> String {
        let text = csv(&[(name.to_string(), outcome)]);
        let (head, line) = text.split_once("\r\n").unwrap();
        assert_eq!(head.matches(',').count(), 6 + 2 * ModelId::ALL.len());
        line.to_string()
    }

    #[test]
    fn a_line_holds_the_vote_the_models_and_why_there_is_none() {
        let line = line("boot.jpg", answered());
        assert!(
            line.starts_with("boot.jpg,answered,true,Ankle boot,0.5000,1,T-shirt/top,0.7500,,,"),
            "{line}"
        );
        assert_eq!(line.matches(',').count(), 6 + 2 * ModelId::ALL.len());
        let failed = self::line("a.txt", Outcome::Failed("No picture, alas.".into()));
        assert!(failed.ends_with(",\"No picture, alas.\"\r\n"), "{failed}");
    }

    #[test]
    fn no_name_is_a_formula_and_none_breaks_the_table() {
        for (name, expected) in [
            ("plain.png", "plain.png"),
            ("=1+1.png", "'=1+1.png"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@a", "'@a"),
            ("a=b", "a=b"),
            ("a,b \"c\".png", "\"a,b \"\"c\"\".png\""),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(cell(name), expected);
        }
    }

    #[test]
    fn json_says_the_same() {
        let text = json(&[
            ("a \"b\"\\\n\u{1}ü.png".into(), answered()),
            ("c".into(), Outcome::Failed("Why.".into())),
            ("d".into(), Outcome::Waiting),
        ]);
        assert_eq!(
            text,
            "[\n  {\"file\": \"a \\\"b\\\"\\\\\\n\\u0001ü.png\", \"state\": \"answered\", \"known\": true, \
             \"vote\": {\"label\": \"Ankle boot\", \"confidence\": 0.5000, \"voters\": 1}, \
             \"models\": {\"cnn\": {\"label\": \"T-shirt/top\", \"confidence\": 0.7500}}},\n  \
             {\"file\": \"c\", \"state\": \"error\", \"error\": \"Why.\"},\n  \
             {\"file\": \"d\", \"state\": \"waiting\"}\n]\n"
        );
    }
}
