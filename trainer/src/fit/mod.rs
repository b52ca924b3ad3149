//! Training of every model: recipes, backends, training loop, distillation, classical fits, calibration and ensemble.

pub mod backend;
pub mod batches;
pub mod burn_backend;
pub mod burn_network;
pub mod cache_key;
pub mod calibrate;
pub mod checkpoint;
pub mod classical;
pub mod distillation;
pub mod ensemble;
mod garment_views;
pub mod interrupt;
pub mod novelty;
pub mod photo_network;
pub mod progress;
pub mod recipe;
pub mod teacher_logits;
pub mod tilt;
pub mod train_loop;

pub use recipe::Recipe;
