//! The photo editor: the preprocessing steps of a visitor's photo, and the tools to crop, rotate and mask it.

pub mod advice;
pub mod crop;
pub mod mask_outline;
pub mod rotation;

mod adjust;
mod controls;
mod steps;
mod surface;
mod tool;

pub use steps::Inspector;
