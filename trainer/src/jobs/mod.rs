//! The trainer's jobs on a folder of weights: training, calibration, fitting the ensemble and the novelty detector, and verification.

pub mod ablation;
pub mod ensemble;
pub mod error;
pub mod estimate;
pub mod novelty;
pub mod raw_pixels;
pub mod train;
pub mod verify;

pub use error::JobError;
