//! How each model is fitted.

pub mod checkpoint;
pub mod deep;
pub mod recipe;
pub mod stop;

pub use deep::{Fitted, fit};
pub use recipe::Recipe;
