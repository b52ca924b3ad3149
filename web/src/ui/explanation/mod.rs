//! Why a model predicts a class: the heat map, and on request each model's own reason.

pub mod heat_map;
pub mod scale;

mod own_reason;
mod reasons;
mod section;
mod signed_map;
mod trust;
mod words;

pub use section::ExplanationSection;
