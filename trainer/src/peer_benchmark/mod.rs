//! Benchmarks that `cargo xtask` runs beside scikit-learn and PyTorch.

pub mod classical;
mod classical_predictions;
mod npy;
pub mod training_speed;
