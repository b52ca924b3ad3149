//! The page, and its client of the engines in the workers.

pub mod engine;
pub mod ui;
