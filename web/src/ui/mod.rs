//! The page, one component a file; what it draws and how it writes figures needs no browser, and is tested without.

pub mod bitmap;
pub mod compare;
pub mod contender;
pub mod heat;
pub mod inspect;
pub mod machine;
pub mod picture;
pub mod roll;
pub mod stopwatch;
pub mod tally;

mod answer;
mod app;
mod bars;
mod bench;
mod camera;
mod canvas;
mod drop_zone;
mod engine_panel;
mod file;
mod footer;
mod gallery;
mod inquiry;
mod json;
mod manifest;
mod masthead;
mod model_row;
mod notices;
mod page;
mod parts;
mod questions;
mod reasons;
mod reception;
mod said;
mod specimen;
mod summary;
mod verdicts;
mod vote_panel;

pub use app::open;
