//! Errors of fitting the novelty detector.

use linfa_linalg::LinalgError;
use shared::artifact::ArtifactError;
use shared::model::ModelError;
use thiserror::Error;

/// Why the novelty detector could not be fitted.
#[derive(Debug, Error)]
pub enum NoveltyError {
    #[error("the novelty detector needs training and validation images, and there are none")]
    NoExamples,
    #[error(
        "the novelty detector could not be fitted ({0}): check that the training images are complete"
    )]
    Linalg(#[from] LinalgError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Model(#[from] ModelError),
}
