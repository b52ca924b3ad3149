//! The report: the README's table of results, `docs/results.md` with its plots, and `docs/training.md`.

mod document;
mod error;
mod input;
mod map_tests;
mod markdown;
mod original_results;
mod per_class;
mod photo_results;
mod plots;
mod readme_table;
mod results_page;
mod training_page;

use std::path::PathBuf;

use shared::ModelId;

use crate::data::DataSet;
pub use document::{COMMAND, Document, PAGE, PLOTS, TRAINING};
pub use error::ReportError;
pub use input::ReportInput;
pub use readme_table::insert_table;

/// All files but the README: both pages, and the plots. They have the same bytes on every machine.
///
/// # Errors
/// A plot cannot be drawn.
pub fn documents(input: &ReportInput, data: &DataSet) -> Result<Vec<Document>, ReportError> {
    let mut plots = vec![
        ("gains".into(), plots::accuracy_gain::draw(input)),
        (
            "accuracy-bytes".into(),
            plots::accuracy_cost::draw_against_bytes(input),
        ),
        (
            "accuracy-time".into(),
            plots::accuracy_cost::draw_against_time(input),
        ),
        ("class-counts".into(), plots::class_counts::draw(data)),
        ("samples".into(), plots::sample_images::draw(data)?),
        ("pixels".into(), plots::pixel_histogram::draw(data)),
    ];
    for (title, metrics) in input.titled_metrics() {
        let name = format!("confusion-{}", metrics.model);
        let plot = plots::confusion_matrix::draw(title, &metrics.confusion);
        plots.push((name, plot));
    }
    for model in ModelId::DEEP {
        let name = format!("training-{model}");
        plots.push((name, plots::training_curves::draw(input, model)));
    }
    let page = Document {
        path: PAGE.into(),
        text: results_page::page(input),
    };
    let training = Document {
        path: TRAINING.into(),
        text: training_page::page(input),
    };
    let plots = plots.into_iter().map(|(name, text)| Document {
        path: PathBuf::from(PLOTS).join(format!("{name}.svg")),
        text,
    });
    Ok([page, training].into_iter().chain(plots).collect())
}
