//! The results on paper: the README's table, `docs/results.md` and its plots, `docs/training.md`, written from the records and the data set.

mod input;
mod number;
mod original_results;
mod per_class;
mod photo_results;
mod plots;
mod readme_table;
mod results_page;
mod training_page;

use std::path::PathBuf;

use shared::ModelId;
use shared::model::vote;
use thiserror::Error;

use crate::data::DataSet;
use crate::weights::WeightsError;
pub use input::Record;
pub use readme_table::placed;

/// How to write the report again.
pub const COMMAND: &str = "cargo run -p trainer -- report";
/// The page's place in the folder of the documents.
pub const PAGE: &str = "results.md";
/// The place of the page about training.
pub const TRAINING: &str = "training.md";
/// The plots' folder in it.
pub const PLOTS: &str = "plots";

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error(
        "the text has no place for the results: put the lines `{begin}` and `{end}` where they belong",
        begin = readme_table::BEGIN,
        end = readme_table::END
    )]
    Marks,
    #[error(
        "the manifest has no entry of {0}: run `cargo run -p trainer` to train what is missing"
    )]
    Missing(String),
    #[error(
        "the metrics of {0} are of other weights than the manifest's: restore weights/ as a whole, or train again"
    )]
    Disagrees(&'static str),
    #[error("the plot \"{plot}\" could not be drawn ({reason}): please report it")]
    Plot { plot: String, reason: String },
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// A file of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// In the folder of the documents.
    pub path: PathBuf,
    pub text: String,
}

/// All files but the README: the page, and the plots that it shows. The same bytes on every machine.
///
/// # Errors
/// A plot cannot be drawn.
pub fn documents(record: &Record, data: &DataSet) -> Result<Vec<Document>, ReportError> {
    let mut plots = vec![
        ("gains".into(), plots::accuracy_gain::drawn(record)?),
        (
            "accuracy-bytes".into(),
            plots::accuracy_cost::against_bytes(record)?,
        ),
        (
            "accuracy-time".into(),
            plots::accuracy_cost::against_time(record)?,
        ),
        ("class-counts".into(), plots::class_counts::drawn(data)?),
        ("samples".into(), plots::sample_images::drawn(data)?),
        ("pixels".into(), plots::pixel_histogram::drawn(data)?),
    ];
    for (title, metrics) in record.each() {
        let name = format!("confusion-{}", metrics.model);
        plots.push((
            name,
            plots::confusion_matrix::drawn(title, &metrics.confusion)?,
        ));
    }
    for model in ModelId::DEEP {
        let name = format!("training-{model}");
        plots.push((name, plots::training_curves::drawn(record, model)?));
    }
    let page = Document {
        path: PAGE.into(),
        text: results_page::page(record),
    };
    let training = Document {
        path: TRAINING.into(),
        text: training_page::page(record),
    };
    let plots = plots.into_iter().map(|(name, text)| Document {
        path: PathBuf::from(PLOTS).join(format!("{name}.svg")),
        text,
    });
    Ok([page, training].into_iter().chain(plots).collect())
}

/// A model's title, or the vote's, by the name in its metrics.
fn title(name: &str) -> &'static str {
    ModelId::from_name(name).map_or(vote::TITLE, ModelId::title)
}
