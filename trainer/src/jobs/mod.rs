//! The trainer's jobs on a folder of weights: training, calibration, fitting the ensemble and the novelty detector, and verification.

pub mod ablation;
mod calibration;
pub mod ensemble;
pub mod error;
pub mod estimate;
pub mod map_tests;
pub mod novelty;
pub mod photo_evaluation;
pub mod photo_network;
pub mod raw_pixels;
pub mod thumbnails;
mod timing;
pub mod train;
pub mod verify;

pub use error::JobError;
