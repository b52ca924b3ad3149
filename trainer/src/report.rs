//! The README's table of results, written from the manifest between two marks.

use shared::ModelId;
use thiserror::Error;

use crate::manifest::Manifest;

const BEGIN: &str = "<!-- results: written by `cargo run -p trainer -- report` -->";
const END: &str = "<!-- end of results -->";

/// Why the table could not be put in its place.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error(
        "the text has no place for the results: put the lines `{BEGIN}` and `{END}` where they belong"
    )]
    Marks,
}

/// The test accuracy that the original project printed, in percent (the bar chart on its slides).
fn original(model: ModelId) -> f64 {
    match model {
        ModelId::Cnn | ModelId::Resnet => 91.2,
    }
}

/// A row a model, as Markdown.
pub fn table(manifest: &Manifest) -> String {
    let mut rows = String::from(
        "| model | test accuracy | macro F1 | calibration error | original | parameters | file | training |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for entry in &manifest.models {
        rows += &format!(
            "| {} | {:.2}% | {:.4} | {:.2}% | {:.1}% | {} | {} KB | {} min |\n",
            entry.model.title(),
            entry.test.accuracy * 100.0,
            entry.test.macro_f1,
            entry.test.calibration_error * 100.0,
            original(entry.model),
            thousands(entry.parameters),
            entry.bytes.div_ceil(1000),
            entry.duration_seconds.div_ceil(60)
        );
    }
    rows
}

/// The text with the table between its marks.
///
/// # Errors
/// The marks are not there.
pub fn placed(text: &str, manifest: &Manifest) -> Result<String, ReportError> {
    let (before, rest) = text.split_once(BEGIN).ok_or(ReportError::Marks)?;
    let (_, after) = rest.split_once(END).ok_or(ReportError::Marks)?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", table(manifest)))
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::Weights;

    #[test]
    fn the_readme_holds_the_manifest_s_figures() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let readme = std::fs::read_to_string(format!("{root}/README.md")).unwrap();
        let manifest = Weights::new(format!("{root}/weights")).manifest().unwrap();
        assert_eq!(manifest.models.len(), ModelId::ALL.len());
        assert!(
            placed(&readme, &manifest).unwrap() == readme,
            "README.md is out of date: run `cargo run -p trainer -- report`"
        );
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(241_546), "241,546");
        assert_eq!(thousands(38), "38");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }

    #[test]
    fn a_text_without_marks_is_left_alone() {
        assert!(placed("# Haberdash", &Manifest::default()).is_err());
    }
}
