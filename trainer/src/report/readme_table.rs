//! The README's table of results, between two marker lines.

use shared::model::{answer, ensemble, photo_network};

use plot::format::{bytes_rounded_up, duration_rounded_up, percent, thousands};

use super::document::{BEGIN, END};
use super::error::ReportError;
use super::input::{ReportInput, title};
use super::original_results;
use crate::evaluate::Figures;

/// The text with the table between its markers.
///
/// # Errors
/// The markers are missing.
pub fn insert_table(text: &str, input: &ReportInput) -> Result<String, ReportError> {
    let (before, rest) = text.split_once(BEGIN).ok_or(ReportError::Markers)?;
    let (_, after) = rest.split_once(END).ok_or(ReportError::Markers)?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", table(input)))
}

/// A row for each model and one for the ensemble, as Markdown.
fn table(input: &ReportInput) -> String {
    let mut rows = String::from(
        "| model | test accuracy | macro F1 | calibration error | original | parameters | file | training |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for results in &input.models {
        let entry = &results.entry;
        let chart = original_results::for_model(entry.model).chart;
        let costs = [
            format!("{chart:.1}%"),
            thousands(entry.parameters as u64),
            bytes_rounded_up(entry.bytes),
            duration_rounded_up(entry.duration_seconds),
        ];
        rows += &row(entry.model.title(), &entry.test, costs);
    }
    let costs = [
        "–".into(),
        thousands(input.ensemble_parameters() as u64),
        bytes_rounded_up(input.ensemble_bytes()),
        duration_rounded_up(input.ensemble_seconds()),
    ];
    let title = title(&input.ensemble_metrics.model);
    rows += &row(title, &input.ensemble.test, costs);
    rows + &photos(input)
}

/// The accuracy on real photos, and how often the headline is right; empty if the weights were not evaluated on photos.
fn photos(input: &ReportInput) -> String {
    let Some(figures) = &input.photos else {
        return String::new();
    };
    let mean = |name: &str| {
        let found = figures.accuracies.iter().find(|a| a.model == name);
        found.map_or(0.0, |a| a.mean)
    };
    format!(
        "\nOn held-out photos of clothes, as the mean of seven groups: the vote {}, the photo network {}, the answer of both {}.\n",
        percent(mean(ensemble::NAME)),
        percent(mean(photo_network::NAME)),
        percent(mean(answer::NAME))
    )
}

fn row(title: &str, test: &Figures, costs: [String; 4]) -> String {
    format!(
        "| {title} | {} | {:.4} | {} | {} |\n",
        percent(test.accuracy),
        test.macro_f1,
        percent(test.calibration_error),
        costs.join(" | ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::input::tests::committed_input;
    use super::*;

    #[test]
    fn the_table_is_between_the_markers_and_nothing_else_changes() {
        let text = format!("# Title\n{BEGIN}\nold\n{END}\nafter\n");
        let inserted = insert_table(&text, &committed_input()).unwrap();
        assert!(inserted.starts_with(&format!("# Title\n{BEGIN}\n| model |")));
        assert!(inserted.ends_with(&format!(".\n{END}\nafter\n")));
        assert!(!inserted.contains("old"));
        // A head, a rule, seven models and the ensemble.
        assert_eq!(inserted.matches("\n|").count(), 10);
    }

    #[test]
    fn rejects_a_text_without_markers() {
        let error = insert_table("# Haberdash", &committed_input()).unwrap_err();
        assert!(error.to_string().contains(BEGIN), "{error}");
        let reversed = format!("{END}\n{BEGIN}");
        assert!(insert_table(&reversed, &committed_input()).is_err());
    }

    #[test]
    fn a_row_has_its_model_s_figures() {
        let mut input = committed_input();
        let entry = &mut input.models[3].entry;
        entry.test.accuracy = 0.93451;
        entry.test.macro_f1 = 0.934617;
        entry.test.calibration_error = 0.007298;
        (entry.parameters, entry.bytes, entry.duration_seconds) = (1_743_399, 1_913_687, 36);
        let row = "| SVM | 93.45% | 0.9346 | 0.73% | 88.2% | 1,743,399 | 2.0 MB | 36 s |\n";
        assert!(table(&input).contains(row), "{}", table(&input));
    }
}
