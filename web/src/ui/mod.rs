//! The page, one component a file; what it draws and how it writes figures needs no browser, and is tested without.

pub mod bitmap;
pub mod compare;
pub mod contender;
pub mod figures;
pub mod heat;
pub mod inspect;
pub mod machine;
pub mod picture;
pub mod roll;
pub mod stopwatch;
pub mod tally;

#[cfg(feature = "ui")]
mod answer;
#[cfg(feature = "ui")]
mod app;
#[cfg(feature = "ui")]
mod bars;
#[cfg(feature = "ui")]
mod bench;
#[cfg(feature = "ui")]
mod camera;
#[cfg(feature = "ui")]
mod canvas;
#[cfg(feature = "ui")]
mod drop_zone;
#[cfg(feature = "ui")]
mod engine_panel;
#[cfg(feature = "ui")]
mod file;
#[cfg(feature = "ui")]
mod footer;
#[cfg(feature = "ui")]
mod gallery;
#[cfg(feature = "ui")]
mod inquiry;
#[cfg(feature = "ui")]
mod json;
#[cfg(feature = "ui")]
mod manifest;
#[cfg(feature = "ui")]
mod masthead;
#[cfg(feature = "ui")]
mod model_row;
#[cfg(feature = "ui")]
mod notices;
#[cfg(feature = "ui")]
mod page;
#[cfg(feature = "ui")]
mod parts;
#[cfg(feature = "ui")]
mod questions;
#[cfg(feature = "ui")]
mod reasons;
#[cfg(feature = "ui")]
mod reception;
#[cfg(feature = "ui")]
mod said;
#[cfg(feature = "ui")]
mod specimen;
#[cfg(feature = "ui")]
mod summary;
#[cfg(feature = "ui")]
mod verdicts;
#[cfg(feature = "ui")]
mod vote_panel;

#[cfg(feature = "ui")]
pub use app::open;
