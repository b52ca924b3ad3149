//! Errors of the trainer's jobs.

use thiserror::Error;

use crate::evaluate::EvaluationError;
use crate::fit::classical::ClassicalError;
use crate::fit::novelty::NoveltyError;
use crate::fit::photo_network::backbone::BackboneError;
use crate::fit::train_loop::FitError;
use crate::photos::listing::PhotosError;
use crate::thumbnails::ThumbnailError;
use crate::weights_store::StoreError;

/// Why weights could not be trained, evaluated or verified.
#[derive(Debug, Error)]
pub enum JobError {
    #[error(
        "{what} is {found} from the weights, {recorded} in the manifest: restore the weights and their records together, or train again"
    )]
    Mismatch {
        what: String,
        found: String,
        recorded: String,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error(transparent)]
    Fit(#[from] FitError),
    #[error(transparent)]
    Classical(#[from] ClassicalError),
    #[error(transparent)]
    Novelty(#[from] NoveltyError),
    #[error(
        "there are no validation photos to calibrate the photo network on: each folder of photos needs at least eight"
    )]
    NoValidationPhotos,
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    #[error(transparent)]
    Photos(#[from] PhotosError),
    #[error(transparent)]
    Thumbnails(#[from] ThumbnailError),
}
