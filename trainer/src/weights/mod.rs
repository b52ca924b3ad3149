//! The folder `weights/`: what is in it, and where.

mod ablation;
mod confirm;
mod forecast;
mod novelty;
mod provenance;
mod raw;
mod train;
mod vote;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use shared::ModelId;
use shared::artifact::{Artifact, ArtifactError};
use shared::model::{Ensemble, ModelError, NoveltyDetector};
use thiserror::Error;

use crate::evaluate::EvaluationError;
use crate::fit::classical::ClassicalError;
use crate::fit::train_loop::FitError;
use crate::manifest::{self, Manifest, ManifestError, Metrics};
use crate::photos::PhotosError;
use crate::photos::measure::PhotoFigures;
pub use forecast::Forecast;
pub use novelty::strangeness;
pub use provenance::versions;
pub use raw::{Raw, RawEntry};
pub use train::Order;

/// Why the weights could not be made, read or confirmed.
#[derive(Debug, Error)]
pub enum WeightsError {
    #[error("{path} is missing: run `cargo run -p trainer` to train it, or restore it")]
    Missing { path: PathBuf },
    #[error("{path} cannot be used: {source}")]
    Artifact {
        path: PathBuf,
        source: ArtifactError,
    },
    #[error("{path} cannot be used: {source}")]
    Model { path: PathBuf, source: ModelError },
    #[error(
        "{what} is {found} from the weights, {recorded} in the manifest: restore the weights and their records together, or train again"
    )]
    Disagrees {
        what: String,
        found: String,
        recorded: String,
    },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error(transparent)]
    Fit(#[from] FitError),
    #[error(transparent)]
    Classical(#[from] ClassicalError),
    #[error(transparent)]
    Photos(#[from] PhotosError),
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Weights(PathBuf);

impl Weights {
    /// In this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The manifest, empty where there is none.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn manifest(&self) -> Result<Manifest, WeightsError> {
        Ok(manifest::read(&self.manifest_path())?.unwrap_or_default())
    }

    /// A model's weights.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn artifact(&self, model: ModelId) -> Result<Artifact, WeightsError> {
        self.read(model.name())
    }

    /// How much each of the seven's word counts.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn vote(&self) -> Result<Ensemble, WeightsError> {
        let artifact = self.read(shared::model::ensemble::NAME)?;
        Ensemble::from_artifact(&artifact).map_err(|source| WeightsError::Model {
            path: self.file(shared::model::ensemble::NAME),
            source,
        })
    }

    /// What tells garments from other things.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn novelty(&self) -> Result<NoveltyDetector, WeightsError> {
        let artifact = self.read(shared::model::novelty::NAME)?;
        NoveltyDetector::new(&artifact).map_err(|source| WeightsError::Model {
            path: self.file(shared::model::novelty::NAME),
            source,
        })
    }

    /// What is known of a model, or of the vote, beyond the manifest's entry.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn metrics(&self, name: &str) -> Result<Metrics, WeightsError> {
        let path = self.metrics_path(name);
        manifest::read(&path)?.ok_or(WeightsError::Missing { path })
    }

    /// SHA-256 of every file of weights, by name, as recorded.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn hashes(&self) -> Result<BTreeMap<String, String>, WeightsError> {
        Ok(self.manifest()?.hashes())
    }

    /// What was measured on real photos; `None` where nothing was, or other weights than those that are there.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn photos(&self) -> Result<Option<PhotoFigures>, WeightsError> {
        let figures: Option<PhotoFigures> = manifest::read(&self.photos_path())?;
        let hashes = self.hashes()?;
        Ok(figures.filter(|f| f.weights == hashes))
    }

    /// Writes down what was measured on real photos.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn record_photos(&self, figures: &PhotoFigures) -> Result<(), WeightsError> {
        Ok(manifest::write(&self.photos_path(), figures)?)
    }

    fn photos_path(&self) -> PathBuf {
        self.metrics_path("photos")
    }

    fn read(&self, name: &str) -> Result<Artifact, WeightsError> {
        self.parsed(name, &self.bytes(name)?)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, WeightsError> {
        let path = self.file(name);
        fs::read(&path).map_err(|_| WeightsError::Missing { path })
    }

    /// Weights from their file's bytes; an error names the file.
    fn parsed(&self, name: &str, bytes: &[u8]) -> Result<Artifact, WeightsError> {
        let path = self.file(name);
        Artifact::from_bytes(bytes).map_err(|source| WeightsError::Artifact { path, source })
    }

    fn manifest_path(&self) -> PathBuf {
        self.0.join("manifest.json")
    }

    fn metrics_path(&self, name: &str) -> PathBuf {
        self.0.join("metrics").join(format!("{name}.json"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(file_name(name))
    }
}

fn file_name(name: &str) -> String {
    format!("{name}.hbd")
}
