//! Why a model predicts a class: the heat map, and on request each model's own reason.

mod heat_map;
mod reasons;
mod section;
mod words;

pub use section::ExplanationSection;
