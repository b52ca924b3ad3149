//! How each model is fitted.

pub mod calibrate;
pub mod checkpoint;
pub mod classical;
pub mod deep;
pub mod recipe;
pub mod stop;
pub mod vote;

pub use recipe::Recipe;
