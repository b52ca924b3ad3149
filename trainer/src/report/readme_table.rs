//! The README's table of results, between its two marks.

use super::{Record, ReportError, number, original_results, title};
use crate::evaluate::Figures;

pub const BEGIN: &str = "<!-- results: written by `cargo run -p trainer -- report` -->";
pub const END: &str = "<!-- end of results -->";

/// The text with the table between its marks.
///
/// # Errors
/// The marks are not there.
pub fn placed(text: &str, record: &Record) -> Result<String, ReportError> {
    let (before, rest) = text.split_once(BEGIN).ok_or(ReportError::Marks)?;
    let (_, after) = rest.split_once(END).ok_or(ReportError::Marks)?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", table(record)))
}

/// A row a model and one for the vote, as Markdown.
fn table(record: &Record) -> String {
    let mut rows = String::from(
        "| model | test accuracy | macro F1 | calibration error | original | parameters | file | training |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for known in &record.models {
        let entry = &known.entry;
        let original = format!("{:.1}%", original_results::of(entry.model).chart);
        let made = [
            original,
            number::thousands(entry.parameters),
            number::bytes(entry.bytes),
            number::duration(entry.duration_seconds),
        ];
        rows += &row(entry.model.title(), &entry.test, made);
    }
    let entries = || record.models.iter().map(|known| &known.entry);
    let made = [
        "–".into(),
        number::thousands(entries().map(|e| e.parameters).sum()),
        number::bytes(record.vote_bytes()),
        number::duration(entries().map(|e| e.duration_seconds).sum()),
    ];
    rows + &row(title(&record.vote_metrics.model), &record.vote.test, made)
}

fn row(title: &str, test: &Figures, made: [String; 4]) -> String {
    format!(
        "| {title} | {} | {:.4} | {} | {} |\n",
        number::percent(test.accuracy),
        test.macro_f1,
        number::percent(test.calibration_error),
        made.join(" | ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::input::tests::record;
    use super::*;

    #[test]
    fn the_table_is_put_between_the_marks_and_nothing_else_changes() {
        let text = format!("# Title\n{BEGIN}\nold\n{END}\nafter\n");
        let placed = placed(&text, &record()).unwrap();
        assert!(placed.starts_with(&format!("# Title\n{BEGIN}\n| model |")));
        assert!(placed.ends_with(&format!("|\n{END}\nafter\n")));
        assert!(!placed.contains("old"));
        // A head, a rule, seven models and the vote.
        assert_eq!(placed.matches("\n|").count(), 10);
    }

    #[test]
    fn a_text_without_marks_is_left_alone() {
        let error = placed("# Haberdash", &record()).unwrap_err();
        assert!(error.to_string().contains(BEGIN), "{error}");
        let turned = format!("{END}\n{BEGIN}");
        assert!(placed(&turned, &record()).is_err());
    }

    #[test]
    fn a_row_has_its_model_s_figures() {
        let mut record = record();
        let entry = &mut record.models[3].entry;
        entry.test.accuracy = 0.93451;
        entry.test.macro_f1 = 0.934617;
        entry.test.calibration_error = 0.007298;
        (entry.parameters, entry.bytes, entry.duration_seconds) = (1_743_399, 1_913_687, 36);
        let row = "| SVM | 93.45% | 0.9346 | 0.73% | 88.2% | 1,743,399 | 2.0 MB | 36 s |\n";
        assert!(table(&record).contains(row), "{}", table(&record));
    }
}
