//! The results of each class: F1 of all models side by side, and each model's confusion matrix.

use plot::format::thousands;
use shared::Garment;

use super::input::ReportInput;
use super::markdown::{bold_if, plot};
use super::original_results;
use crate::manifest::Metrics;

/// The F1 of the seven models and of the ensemble, a row for each class.
pub fn comparison(input: &ReportInput) -> String {
    let titles: Vec<_> = input.titled_metrics().map(|(title, _)| title).collect();
    let mut text = format!(
        "\n## Class by class\n\nF1; the best of each row is bold. The last column is the ResNet of the original.\n\n\
         | class | {} | *original's ResNet* |\n|---|{}--:|\n",
        titles.join(" | "),
        "--:|".repeat(titles.len())
    );
    for garment in Garment::ALL {
        let scores = input
            .titled_metrics()
            .map(|(_, metrics)| metrics.classes[garment.index()].report.f1);
        let scores: Vec<f64> = scores.collect();
        let best = scores.iter().copied().fold(0.0, f64::max);
        // Equal as printed is equal.
        let best = format!("{best:.3}");
        let cells = scores.iter().map(|f1| {
            let f1 = format!("{f1:.3}");
            bold_if(f1 == best, f1)
        });
        let cells: Vec<_> = cells.collect();
        let original = original_results::RESNET_F1[garment.index()];
        text += &format!(
            "| {} | {} | *{original:.2}* |\n",
            garment.label(),
            cells.join(" | ")
        );
    }
    text
}

/// Each model's confusion matrix, with its table of classes beneath.
pub fn confusion_matrices(input: &ReportInput) -> String {
    let mut text = String::from(
        "\n## Confusion matrices\n\nRows are true classes, columns predicted classes; beneath, precision, recall and F1 of each class.\n",
    );
    for (title, metrics) in input.titled_metrics() {
        text += &format!("\n### {title}\n\n");
        text += &plot(
            &format!("Confusion matrix: {title}"),
            &format!("confusion-{}", metrics.model),
        );
        text += &class_table(title, metrics);
    }
    text
}

/// A model's table of classes, folded.
fn class_table(title: &str, metrics: &Metrics) -> String {
    let mut text = format!(
        "\n<details>\n<summary>{title}, class by class</summary>\n\n\
         | class | precision | recall | F1 | images |\n|---|--:|--:|--:|--:|\n"
    );
    for class in &metrics.classes {
        let report = &class.report;
        text += &format!(
            "| {} | {:.3} | {:.3} | {:.3} | {} |\n",
            class.label,
            report.precision,
            report.recall,
            report.f1,
            thousands(u64::from(report.support))
        );
    }
    text + "\n</details>\n"
}

#[cfg(test)]
mod tests {
    use super::super::input::tests::committed_input;
    use super::*;

    #[test]
    fn all_of_the_best_in_a_row_are_bold() {
        let mut input = committed_input();
        for results in &mut input.models {
            results.metrics.classes[6].report.f1 = 0.5;
        }
        input.models[0].metrics.classes[6].report.f1 = 0.7004;
        input.ensemble_metrics.classes[6].report.f1 = 0.7001;
        let row = "| Shirt | **0.700** | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | **0.700** | *0.74* |";
        let table = comparison(&input);
        assert!(table.contains(row), "{table}");
    }
}
