//! Export of a batch as CSV (RFC 4180) and as JSON (RFC 8259).

use std::fmt::Write;

use shared::{Garment, ModelId};

use crate::state::batch::ItemStatus;

/// A row of the table: the name of the file, and its status.
pub type Row = (String, ItemStatus);

/// A header, and a line for each file.
pub fn csv(rows: &[Row]) -> String {
    let mut header =
        String::from("file,state,known,answer,answer_confidence,vote,vote_confidence,voters");
    for model in ModelId::ALL {
        let name = model.name();
        // Writing to a string cannot fail.
        let _ = write!(header, ",{name},{name}_confidence");
    }
    header += ",error\r\n";
    rows.iter().fold(header, |mut text, (name, status)| {
        text += &csv_line(name, status);
        text
    })
}

fn csv_line(name: &str, status: &ItemStatus) -> String {
    let item = status.predictions();
    let mut cells = vec![cell(name), status.name().to_string()];
    let known = item.and_then(|i| i.known());
    cells.push(known.map_or(String::new(), |known| known.to_string()));
    cells.extend(match item.and_then(|i| i.answer()) {
        Some(answer) => [
            cell(answer.class.label()),
            format!("{:.4}", answer.confidence),
        ],
        None => [String::new(), String::new()],
    });
    cells.extend(prediction_cells(item.and_then(|i| i.ensemble())));
    cells.push(item.map_or(String::new(), |i| i.combined.to_string()));
    for model in ModelId::ALL {
        cells.extend(prediction_cells(item.and_then(|i| i.model(model))));
    }
    cells.push(match status {
        ItemStatus::Failed(error) => cell(error),
        _ => String::new(),
    });
    cells.join(",") + "\r\n"
}

fn prediction_cells(prediction: Option<(Garment, f32)>) -> [String; 2] {
    match prediction {
        Some((garment, confidence)) => [cell(garment.label()), format!("{confidence:.4}")],
        None => [String::new(), String::new()],
    }
}

/// A text as a cell: quoted where necessary, and never a formula for a spreadsheet program.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_string()
    };
    let needs_quotes = text.contains([',', '"', '\r', '\n']) || text.starts_with(' ');
    if needs_quotes {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// A list with an object for each file.
pub fn json(rows: &[Row]) -> String {
    let objects: Vec<String> = rows
        .iter()
        .map(|(name, status)| json_object(name, status))
        .collect();
    format!("[\n  {}\n]\n", objects.join(",\n  "))
}

fn json_object(name: &str, status: &ItemStatus) -> String {
    let mut object = format!(
        "{{\"file\": {}, \"state\": \"{}\"",
        string(name),
        status.name()
    );
    let prediction = |(garment, confidence): (Garment, f32)| {
        format!(
            "\"label\": {}, \"confidence\": {confidence:.4}",
            string(garment.label())
        )
    };
    // Writing to a string cannot fail.
    if let Some(item) = status.predictions() {
        if let Some(known) = item.known() {
            let _ = write!(object, ", \"known\": {known}");
        }
        if let Some(answer) = item.answer() {
            let _ = write!(
                object,
                ", \"answer\": {{\"label\": {}, \"confidence\": {:.4}}}",
                string(answer.class.label()),
                answer.confidence
            );
        }
        if let Some(ensemble) = item.ensemble() {
            let voters = item.combined;
            let _ = write!(
                object,
                ", \"vote\": {{{}, \"voters\": {voters}}}",
                prediction(ensemble)
            );
        }
        let models: Vec<String> = ModelId::ALL
            .into_iter()
            .filter_map(|model| {
                let fields = prediction(item.model(model)?);
                Some(format!("\"{}\": {{{fields}}}", model.name()))
            })
            .collect();
        let _ = write!(object, ", \"models\": {{{}}}", models.join(", "));
    }
    if let ItemStatus::Failed(error) = status {
        let _ = write!(object, ", \"error\": {}", string(error));
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
    use crate::state::batch::ItemPredictions;
    use shared::image::RgbaImage;
    use shared::{Grey28, Prediction};

    fn answered() -> ItemStatus {
        let blank = RgbaImage::default();
        let with_confidence = |class: usize, share: f32| {
            let rest = (1.0 - share) / 9.0;
            core::array::from_fn(|i| if i == class { share } else { rest })
        };
        let mut item = ItemPredictions::new(blank, Grey28::new([0; 784]));
        item.predictions = vec![Prediction {
            model: ModelId::Cnn,
            probabilities: with_confidence(0, 0.75),
        }];
        item.ensemble = Some(with_confidence(9, 0.5));
        item.combined = 1;
        item.is_known = Some(true);
        ItemStatus::Answered(item)
    }

    fn line(name: &str, status: ItemStatus) -> String {
        let text = csv(&[(name.to_string(), status)]);
        let (header, line) = text.split_once("\r\n").unwrap();
        assert_eq!(header.matches(',').count(), 8 + 2 * ModelId::ALL.len());
        line.to_string()
    }

    #[test]
    fn a_line_has_the_predictions_or_the_error() {
        let line = line("boot.jpg", answered());
        assert!(
            line.starts_with(
                "boot.jpg,answered,true,Ankle boot,0.5000,Ankle boot,0.5000,1,T-shirt/top,0.7500,,,"
            ),
            "{line}"
        );
        assert_eq!(line.matches(',').count(), 8 + 2 * ModelId::ALL.len());
        let failed = self::line("a.txt", ItemStatus::Failed("No picture, alas.".into()));
        assert!(failed.ends_with(",\"No picture, alas.\"\r\n"), "{failed}");
    }

    #[test]
    fn names_are_quoted_and_never_formulas() {
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
    fn exports_json() {
        let text = json(&[
            ("a \"b\"\\\n\u{1}ü.png".into(), answered()),
            ("c".into(), ItemStatus::Failed("Why.".into())),
            ("d".into(), ItemStatus::Waiting),
        ]);
        assert_eq!(
            text,
            "[\n  {\"file\": \"a \\\"b\\\"\\\\\\n\\u0001ü.png\", \"state\": \"answered\", \"known\": true, \
             \"answer\": {\"label\": \"Ankle boot\", \"confidence\": 0.5000}, \
             \"vote\": {\"label\": \"Ankle boot\", \"confidence\": 0.5000, \"voters\": 1}, \
             \"models\": {\"cnn\": {\"label\": \"T-shirt/top\", \"confidence\": 0.7500}}},\n  \
             {\"file\": \"c\", \"state\": \"error\", \"error\": \"Why.\"},\n  \
             {\"file\": \"d\", \"state\": \"waiting\"}\n]\n"
        );
    }
}
