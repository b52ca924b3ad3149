//! The explanation of a prediction: the heat map, and on request each model's own reason.

pub mod heat_map;
pub mod scale;

mod reasons;
mod section;
mod words;

pub use section::ExplanationSection;
