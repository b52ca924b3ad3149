//! Class by class: what each model is good at, and what it takes for what.

use std::fmt::Write;

use shared::Garment;

use super::results_page::{bold, plot};
use super::{Record, number, original_results};
use crate::manifest::Metrics;

/// The seven's and the vote's F1, a row a class.
pub fn compared(record: &Record) -> String {
    let titles: Vec<_> = record.each().map(|(title, _)| title).collect();
    let mut text = format!(
        "\n## Class by class\n\nF1; the best of a row is bold. The last column is the ResNet of the original.\n\n\
         | class | {} | *original's ResNet* |\n|---|{}--:|\n",
        titles.join(" | "),
        "--:|".repeat(titles.len())
    );
    for garment in Garment::ALL {
        let each = record
            .each()
            .map(|(_, m)| m.classes.get(garment.index()).map_or(0.0, |c| c.report.f1));
        let each: Vec<f64> = each.collect();
        let best = each.iter().copied().fold(0.0, f64::max);
        let best = format!("{best:.3}");
        let cells = each.iter().map(|f1| format!("{f1:.3}"));
        let cells = cells.map(|f1| {
            let is_best = f1 == best;
            bold(f1, is_best)
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

/// Each one's confusion matrix over its own table.
pub fn confused(record: &Record) -> String {
    let mut text = String::from(
        "\n## What is taken for what\n\nA row a true class, a column an answer; precision, recall and F1 of each class beneath.\n",
    );
    for (title, metrics) in record.each() {
        text += &format!("\n### {title}\n\n");
        text += &plot(
            &format!("{title}'s confusion matrix"),
            &format!("confusion-{}", metrics.model),
        );
        text += &report(title, metrics);
    }
    text
}

/// A model's per-class table, folded.
fn report(title: &str, metrics: &Metrics) -> String {
    let mut text = format!(
        "\n<details>\n<summary>{title}, class by class</summary>\n\n\
         | class | precision | recall | F1 | pictures |\n|---|--:|--:|--:|--:|\n"
    );
    for class in &metrics.classes {
        let report = &class.report;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {:.3} | {:.3} | {:.3} | {} |",
            class.label,
            report.precision,
            report.recall,
            report.f1,
            number::thousands(report.support as usize)
        );
    }
    text + "\n</details>\n"
}

#[cfg(test)]
mod tests {
    use super::super::input::tests::record;
    use super::*;

    #[test]
    fn the_best_of_a_row_is_bold_and_so_is_who_shares_its_place() {
        let mut record = record();
        for known in &mut record.models {
            known.metrics.classes[6].report.f1 = 0.5;
        }
        record.models[0].metrics.classes[6].report.f1 = 0.7004;
        record.vote_metrics.classes[6].report.f1 = 0.7001;
        let row = "| Shirt | **0.700** | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | **0.700** | *0.74* |";
        assert!(compared(&record).contains(row), "{}", compared(&record));
    }
}
