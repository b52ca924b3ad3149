//! The page, and its client of the engines in the workers.

pub mod contender;
mod dom;
pub mod engine;
mod json;
mod requests;
pub mod state;
pub mod ui;
