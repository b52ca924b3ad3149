//! The interface of a training backend; [`CpuBackend`] and [`BurnBackend`](super::burn_backend::BurnBackend) implement it.

pub use cpu_backend::{Batch, Loss, StatePart, StepResult, TrainingConfig};
use cpu_backend::{CpuBackend, StateError};
use thiserror::Error;

use super::burn_network::NetworkError;

/// Why a backend failed.
#[derive(Debug, Error)]
pub enum BackendError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("the training device failed: {0}")]
    Device(String),
    #[error("{0}: delete the checkpoint and train again")]
    State(#[from] StateError),
}

/// A network in training, with its optimizer. Both backends get the same batches and begin with the same weights.
pub trait Backend {
    /// One training step; `seed` determines the dropout masks.
    ///
    /// # Errors
    /// The device fails.
    fn train_step(
        &mut self,
        batch: &Batch,
        learning_rate: f64,
        seed: u64,
    ) -> Result<StepResult, BackendError>;

    /// The values to ship: the EMA of the weights, or the weights themselves where the EMA decay is 0.
    ///
    /// # Shapes
    /// A list for each training parameter of the table, in that order.
    ///
    /// # Errors
    /// The device fails.
    fn values(&self) -> Result<Vec<Vec<f32>>, BackendError>;

    /// The names of the parts of [`state`](Self::state).
    fn state_names(&self) -> &'static [&'static str];

    /// The training state, from which [`restore`](Self::restore) continues.
    ///
    /// # Errors
    /// The device fails.
    fn state(&self) -> Result<Vec<StatePart>, BackendError>;

    /// Takes over a training state.
    ///
    /// # Errors
    /// A part is damaged, or of another network.
    fn restore(&mut self, state: Vec<StatePart>) -> Result<(), BackendError>;
}

impl Backend for CpuBackend {
    fn train_step(
        &mut self,
        batch: &Batch,
        learning_rate: f64,
        seed: u64,
    ) -> Result<StepResult, BackendError> {
        Ok(self.train_step(batch, learning_rate, seed))
    }

    fn values(&self) -> Result<Vec<Vec<f32>>, BackendError> {
        Ok(self.values())
    }

    fn state_names(&self) -> &'static [&'static str] {
        Self::STATE_NAMES
    }

    fn state(&self) -> Result<Vec<StatePart>, BackendError> {
        Ok(self.state())
    }

    fn restore(&mut self, state: Vec<StatePart>) -> Result<(), BackendError> {
        Ok(self.restore(state)?)
    }
}
