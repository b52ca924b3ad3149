//! What a training run needs to go on where it stopped, written after every epoch.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::backend::Part;
use super::recipe::NetworkRecipe;

/// Why a checkpoint could not be written or read.
#[derive(Debug, Error)]
pub enum CheckpointError {
    #[error(
        "the checkpoint {path} could not be used ({source}): check the rights and the free space, or delete it to begin anew"
    )]
    File { path: PathBuf, source: io::Error },
    #[error("the checkpoint in {path} is damaged ({reason}): delete it to begin anew")]
    Damaged { path: PathBuf, reason: String },
}

/// One epoch's figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// From 1.
    pub epoch: usize,
    /// At the epoch's last step.
    pub learning_rate: f64,
    /// On augmented pictures, with dropout, while learning.
    pub train_loss: f64,
    pub train_accuracy: f64,
    /// Of the weights as they would be shipped; without smoothing.
    pub validation_loss: f64,
    pub validation_accuracy: f64,
    pub seconds: f64,
}

/// What identifies a run and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    pub recipe: NetworkRecipe,
    pub seed: u64,
    pub device: String,
    /// Of the training pictures, so that a run on other data is not continued.
    pub data: String,
    pub epochs: Vec<EpochMetrics>,
    /// The epoch of [`Checkpoint::best`].
    pub best: usize,
}

impl RunState {
    /// Whether both are the same run, however far.
    pub fn same_run(&self, other: &Self) -> bool {
        (self.recipe, self.seed, &self.device, &self.data)
            == (other.recipe, other.seed, &other.device, &other.data)
    }
}

/// The part that holds the best weights' file.
const BEST: &str = "best";

/// A folder that holds a run's latest state.
#[derive(Clone, Debug)]
pub struct Checkpoint(PathBuf);

impl Checkpoint {
    /// In this folder, made when first written to.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The run's progress; `None` where nothing was written yet.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn progress(&self) -> Result<Option<RunState>, CheckpointError> {
        let path = self.0.join("progress.json");
        match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CheckpointError::File { path, source }),
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|e| self.damaged(e)),
        }
    }

    /// Writes a run's state. The progress is renamed into place last: whatever ends the process, the folder
    /// holds one whole state.
    ///
    /// # Errors
    /// The disk is full or may not be written to.
    pub fn save(
        &self,
        progress: &RunState,
        state: &[Part],
        best: &[u8],
    ) -> Result<(), CheckpointError> {
        let file = |path: &Path| {
            let path = path.to_path_buf();
            move |source| CheckpointError::File { path, source }
        };
        fs::create_dir_all(&self.0).map_err(file(&self.0))?;
        let epoch = progress.epochs.len();
        let parts = state.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
        let parts = parts.chain([(BEST, best)]);
        for (part, bytes) in parts.clone() {
            let path = self.part(part, epoch);
            fs::write(&path, bytes).map_err(file(&path))?;
        }
        let path = self.0.join("progress.json");
        let fresh = self.0.join("progress.json.part");
        let text = serde_json::to_vec_pretty(progress).map_err(|e| self.damaged(e))?;
        fs::write(&fresh, text).map_err(file(&fresh))?;
        fs::rename(&fresh, &path).map_err(file(&path))?;
        for (part, _) in parts {
            // The state before this one is not needed any more; it may never have been there.
            let _ = fs::remove_file(self.part(part, epoch.wrapping_sub(1)));
        }
        Ok(())
    }

    /// A learner's state of these parts, and the best weights' file, of a run's latest epoch.
    ///
    /// # Errors
    /// A file is missing.
    pub fn load(
        &self,
        progress: &RunState,
        parts: &[&'static str],
    ) -> Result<(Vec<Part>, Vec<u8>), CheckpointError> {
        let epoch = progress.epochs.len();
        let read = |part: &str| {
            let path = self.part(part, epoch);
            fs::read(&path).map_err(|source| CheckpointError::File { path, source })
        };
        let state = parts.iter().map(|part| Ok((*part, read(part)?)));
        Ok((state.collect::<Result<_, CheckpointError>>()?, read(BEST)?))
    }

    /// Deletes the run's state.
    ///
    /// # Errors
    /// The folder may not be written to.
    pub fn clear(&self) -> Result<(), CheckpointError> {
        match fs::remove_dir_all(&self.0) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(CheckpointError::File {
                path: self.0.clone(),
                source,
            }),
            _ => Ok(()),
        }
    }

    fn part(&self, part: &str, epoch: usize) -> PathBuf {
        self.0.join(format!("{part}-{epoch}"))
    }

    fn damaged(&self, reason: impl ToString) -> CheckpointError {
        CheckpointError::Damaged {
            path: self.0.clone(),
            reason: reason.to_string(),
        }
    }
}
