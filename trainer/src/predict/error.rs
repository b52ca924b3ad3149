//! Errors of predicting an image file.

use std::io;
use std::path::PathBuf;

use photo::PhotoError;
use shared::model::ModelError;
use thiserror::Error;

use crate::weights_store::StoreError;

/// Why there is no prediction.
#[derive(Debug, Error)]
pub enum PredictError {
    #[error("the file could not be read ({0}): check the path and the permissions")]
    Read(io::Error),
    #[error("this is a folder: name the images in it, or add --recursive to classify all of them")]
    Folder,
    #[error("this folder could not be read ({0}): check the permissions")]
    UnreadableFolder(io::Error),
    #[error("this folder holds no images: choose another one")]
    NoImages,
    /// A pipe, a device, a socket.
    #[error("this is not a regular file: use - to read an image from standard input")]
    NotRegular,
    #[error("standard input is larger than the limit of 50 MB: save a smaller copy and try again")]
    InputTooLarge,
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(
        "the predictions could not be written ({0}): check where the output goes and whether there is space"
    )]
    Output(io::Error),
    #[error(
        "the heat maps could not be written to {path} ({source}): check the folder, the permissions and the space"
    )]
    HeatMaps { path: PathBuf, source: io::Error },
    #[error("the heat maps would replace {path}, which is one of the images: choose another name")]
    HeatMapsReplaceInput { path: PathBuf },
    #[error(
        "the heat maps cannot replace {path}, which is not a regular file: choose another name"
    )]
    HeatMapsReplaceSpecial { path: PathBuf },
}
