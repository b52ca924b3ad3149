//! The error of the report.

use thiserror::Error;

use super::document::{BEGIN, END};
use crate::weights_store::StoreError;

/// Why the report could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error(
        "the text has no place for the results: add the lines `{BEGIN}` and `{END}` where the table belongs"
    )]
    Markers,
    #[error(
        "the manifest has no entry of {0}: run `cargo run -p trainer` to train what is missing"
    )]
    Missing(String),
    #[error(
        "the metrics of {0} do not belong to the weights of the manifest: restore weights/ as a whole, or train again"
    )]
    Disagrees(&'static str),
    #[error("an image of the plot of samples could not be encoded as PNG")]
    Png(#[from] image::ImageError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
