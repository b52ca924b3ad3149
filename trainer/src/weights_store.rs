//! The folder of weights: paths, and reading and writing its files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::ModelId;
use shared::artifact::{Artifact, ArtifactError};
use shared::model::{Ensemble, ModelError, NoveltyDetector, ensemble, novelty, photo_network};
use shared::plan::photo::PhotoNetwork;
use thiserror::Error;

use crate::atomic_file::{self, FileError};
use crate::hash::sha256;
use crate::manifest::{Manifest, Metrics};

/// Why a file of the folder could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error(
        "{path} is missing: run `cargo run -p trainer` to train it, restore it, or name another folder with --weights"
    )]
    Missing { path: PathBuf },
    #[error("{path} cannot be used: {source}")]
    Artifact {
        path: PathBuf,
        source: ArtifactError,
    },
    #[error("{path} cannot be used: {source}")]
    Model { path: PathBuf, source: ModelError },
    #[error(transparent)]
    File(#[from] FileError),
}

/// The folder of weights.
#[derive(Clone, Debug)]
pub struct WeightsStore(PathBuf);

impl WeightsStore {
    /// The store in this folder, which is created when a file is first written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The manifest, empty if there is none.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub fn manifest(&self) -> Result<Manifest, StoreError> {
        Ok(atomic_file::read_json(&self.manifest_path())?.unwrap_or_default())
    }

    /// Writes the manifest.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), StoreError> {
        Ok(atomic_file::write_json(&self.manifest_path(), manifest)?)
    }

    /// The error for an entry that the manifest lacks.
    pub fn missing_entry(&self) -> StoreError {
        StoreError::Missing {
            path: self.manifest_path(),
        }
    }

    /// A model's weights file.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn artifact(&self, model: ModelId) -> Result<Artifact, StoreError> {
        self.read(model.name())
    }

    /// The ensemble's weights.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn ensemble(&self) -> Result<Ensemble, StoreError> {
        let artifact = self.read(ensemble::NAME)?;
        Ensemble::from_artifact(&artifact).map_err(|source| self.unusable(ensemble::NAME, source))
    }

    /// The novelty detector.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn novelty(&self) -> Result<NoveltyDetector, StoreError> {
        let artifact = self.read(novelty::NAME)?;
        NoveltyDetector::new(&artifact).map_err(|source| self.unusable(novelty::NAME, source))
    }

    /// The photo network; `None` if there is no file of it.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn photo_network(&self) -> Result<Option<PhotoNetwork>, StoreError> {
        match self.read(photo_network::NAME) {
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
            Ok(artifact) => PhotoNetwork::new(&artifact)
                .map(Some)
                .map_err(|source| self.unusable(photo_network::NAME, source)),
        }
    }

    /// The metrics of a model or of the ensemble.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn metrics(&self, name: &str) -> Result<Metrics, StoreError> {
        let path = self.metrics_path(name);
        atomic_file::read_json(&path)?.ok_or(StoreError::Missing { path })
    }

    /// Whether the metrics of a model or of the ensemble are there.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn has_metrics(&self, name: &str) -> Result<bool, StoreError> {
        let metrics: Option<Metrics> = atomic_file::read_json(&self.metrics_path(name))?;
        Ok(metrics.is_some())
    }

    /// Writes the metrics of a model or of the ensemble.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_metrics(&self, name: &str, metrics: &Metrics) -> Result<(), StoreError> {
        Ok(atomic_file::write_json(&self.metrics_path(name), metrics)?)
    }

    /// A JSON file of the folder `metrics`; `None` if there is none.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn read_metrics_file<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, StoreError> {
        Ok(atomic_file::read_json(&self.metrics_path(name))?)
    }

    /// Writes a JSON file of the folder `metrics`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_metrics_file<T: Serialize>(
        &self,
        name: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        Ok(atomic_file::write_json(&self.metrics_path(name), value)?)
    }

    /// SHA-256 of every weights file, by name, as recorded in the manifest.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn hashes(&self) -> Result<BTreeMap<String, String>, StoreError> {
        Ok(self.manifest()?.hashes())
    }

    /// The bytes of a weights file.
    ///
    /// # Errors
    /// The file is missing or cannot be read.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.read_file(&file_name(name))
    }

    /// The bytes of a file of the folder.
    ///
    /// # Errors
    /// The file is missing or cannot be read.
    pub fn read_file(&self, file: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.0.join(file);
        fs::read(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StoreError::Missing { path },
            _ => FileError::Access { path, source }.into(),
        })
    }

    /// The SHA-256 of a weights file; `None` if it is missing.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn file_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        match self.bytes(name) {
            Ok(bytes) => Ok(Some(sha256(&bytes))),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a weights file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_bytes(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write_file(&file_name(name), bytes)
    }

    /// Writes a file of the folder.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_file(&self, file: &str, bytes: &[u8]) -> Result<(), StoreError> {
        Ok(atomic_file::write_bytes(&self.0.join(file), bytes)?)
    }

    /// Parses the bytes of a weights file; an error names the file.
    ///
    /// # Errors
    /// The bytes are no valid weights file.
    pub fn parse(&self, name: &str, bytes: &[u8]) -> Result<Artifact, StoreError> {
        let path = self.file(name);
        Artifact::from_bytes(bytes).map_err(|source| StoreError::Artifact { path, source })
    }

    /// The folder of unfinished runs' checkpoints and of the teachers' logits.
    pub fn checkpoints(&self) -> PathBuf {
        self.0.join("checkpoints")
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    fn read(&self, name: &str) -> Result<Artifact, StoreError> {
        self.parse(name, &self.bytes(name)?)
    }

    fn unusable(&self, name: &str, source: ModelError) -> StoreError {
        StoreError::Model {
            path: self.file(name),
            source,
        }
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

/// The file name of the weights of a model, of the ensemble, of the novelty detector or of the photo network.
pub fn file_name(name: &str) -> String {
    format!("{name}.hbd")
}
