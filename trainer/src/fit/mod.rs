//! How each model is fitted.

pub mod batches;
pub mod burn;
pub mod cache_key;
pub mod calibrate;
pub mod checkpoint;
pub mod classical;
pub mod cpu;
pub mod deep;
pub mod learner;
pub mod meter;
pub mod novelty;
pub mod recipe;
pub mod stop;
pub mod teacher;
pub mod vote;

pub use recipe::Recipe;
