//! The checkpoint of a training run, written after every epoch.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cpu_backend::StatePart;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::recipe::NetworkRecipe;

/// Why a checkpoint could not be written or read.
#[derive(Debug, Error)]
pub enum CheckpointError {
    #[error(
        "the checkpoint {path} could not be used ({source}): check permissions and free space, or delete it to train from the start"
    )]
    File { path: PathBuf, source: io::Error },
    #[error("the checkpoint in {path} is damaged ({reason}): delete it to train from the start")]
    Damaged { path: PathBuf, reason: String },
}

/// The metrics of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// Counted from 1.
    pub epoch: usize,
    /// At the epoch's last step.
    pub learning_rate: f64,
    /// Of the batches as they are trained on: augmented, with dropout, before each step.
    pub train_loss: f64,
    pub train_accuracy: f64,
    /// Of the weights as they would be shipped, without label smoothing.
    pub validation_loss: f64,
    pub validation_accuracy: f64,
    pub seconds: f64,
}

/// What identifies a training run, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    pub recipe: NetworkRecipe,
    pub seed: u64,
    pub device: String,
    /// The hash of the training data, so that a run is not continued with other data.
    pub data: String,
    pub epochs: Vec<EpochMetrics>,
    /// The number of the epoch with the best validation accuracy; 0 before the first epoch.
    #[serde(rename = "best")]
    pub best_epoch: usize,
}

impl RunState {
    /// A run before its first epoch.
    pub fn new(recipe: NetworkRecipe, seed: u64, device: &str, data: &str) -> Self {
        Self {
            recipe,
            seed,
            device: device.into(),
            data: data.into(),
            epochs: Vec::new(),
            best_epoch: 0,
        }
    }

    /// Whether both are the same run, however far they are.
    pub fn is_same_run(&self, other: &Self) -> bool {
        (self.recipe, self.seed, &self.device, &self.data)
            == (other.recipe, other.seed, &other.device, &other.data)
    }

    /// The metrics of the best epoch; `None` before the first epoch.
    pub fn best(&self) -> Option<&EpochMetrics> {
        self.epochs.get(self.best_epoch.checked_sub(1)?)
    }
}

/// The name of the file with the best epoch's weights.
const BEST: &str = "best";

/// A folder with the latest state of a run.
#[derive(Clone, Debug)]
pub struct Checkpoint(PathBuf);

impl Checkpoint {
    /// A checkpoint in this folder, which is made when it is first written to.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The state of the run; `None` where there is no checkpoint yet.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub fn run_state<R: DeserializeOwned>(&self) -> Result<Option<R>, CheckpointError> {
        let path = self.0.join("progress.json");
        match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CheckpointError::File { path, source }),
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|e| self.damaged(e)),
        }
    }

    /// Writes the state of a run after so many epochs, the backend's state, and the weights file of the best epoch.
    ///
    /// `progress.json` is renamed into place last, so that the folder holds a complete state even if the process is killed.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn save(
        &self,
        run: &impl Serialize,
        epoch: usize,
        state: &[StatePart],
        best: &[u8],
    ) -> Result<(), CheckpointError> {
        let file = |path: &Path| {
            let path = path.to_path_buf();
            move |source| CheckpointError::File { path, source }
        };
        fs::create_dir_all(&self.0).map_err(file(&self.0))?;
        let parts = state.iter().map(|part| (part.name, part.bytes.as_slice()));
        let parts = parts.chain([(BEST, best)]);
        for (name, bytes) in parts.clone() {
            let path = self.part_path(name, epoch);
            fs::write(&path, bytes).map_err(file(&path))?;
        }
        let path = self.0.join("progress.json");
        let temporary = self.0.join("progress.json.part");
        let text = serde_json::to_vec_pretty(run).map_err(|e| self.damaged(e))?;
        fs::write(&temporary, text).map_err(file(&temporary))?;
        fs::rename(&temporary, &path).map_err(file(&path))?;
        for (name, _) in parts {
            // The previous state may not exist, and does no harm if it stays.
            let _ = fs::remove_file(self.part_path(name, epoch.wrapping_sub(1)));
        }
        Ok(())
    }

    /// The backend's state after so many epochs, of parts with these names, and the weights file of the best epoch.
    ///
    /// # Errors
    /// A file is missing.
    pub fn load(
        &self,
        epoch: usize,
        names: &[&'static str],
    ) -> Result<(Vec<StatePart>, Vec<u8>), CheckpointError> {
        let read = |name: &str| {
            let path = self.part_path(name, epoch);
            fs::read(&path).map_err(|source| CheckpointError::File { path, source })
        };
        let state = names.iter().map(|&name| {
            let bytes = read(name)?;
            Ok(StatePart { name, bytes })
        });
        Ok((state.collect::<Result<_, CheckpointError>>()?, read(BEST)?))
    }

    /// Deletes the checkpoint.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn clear(&self) -> Result<(), CheckpointError> {
        match fs::remove_dir_all(&self.0) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(CheckpointError::File {
                path: self.0.clone(),
                source,
            }),
            _ => Ok(()),
        }
    }

    fn part_path(&self, name: &str, epoch: usize) -> PathBuf {
        self.0.join(format!("{name}-{epoch}"))
    }

    fn damaged(&self, reason: impl ToString) -> CheckpointError {
        CheckpointError::Damaged {
            path: self.0.clone(),
            reason: reason.to_string(),
        }
    }
}
