//! Errors of predicting an image file.

use std::io;
use std::path::PathBuf;

use image::ImageError;
use photo::PhotoError;
use shared::model::ModelError;
use thiserror::Error;

use crate::weights_store::StoreError;

/// Why there is no prediction.
#[derive(Debug, Error)]
pub enum PredictError {
    #[error("the file could not be read ({0}): check the path and the permissions")]
    Read(#[from] io::Error),
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(
        "the heat maps could not be written to {path} ({reason}): check the folder and the permissions"
    )]
    HeatMaps { path: PathBuf, reason: ImageError },
}
