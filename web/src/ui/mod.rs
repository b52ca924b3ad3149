//! The page's components.

pub mod batch;
pub mod benchmark;
pub mod compare;
pub mod editor;
pub mod ensemble_text;
pub mod heat_map;

mod app;
mod canvas;
mod engine_panel;
mod ensemble_panel;
mod explanation;
mod footer;
mod gallery;
mod header;
mod model_row;
mod notices;
mod predictions;
mod preview;
mod probability_bars;
mod questions;
mod said;
mod summary;
pub mod upload;

pub use app::open;
