//! The page, one component a file; what it draws and how it writes figures needs no browser, and is tested without.

pub mod bitmap;
pub mod figures;
pub mod heat;
pub mod picture;

#[cfg(feature = "ui")]
mod answer;
#[cfg(feature = "ui")]
mod app;
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
mod grad_cam;
#[cfg(feature = "ui")]
mod manifest;
#[cfg(feature = "ui")]
mod masthead;
#[cfg(feature = "ui")]
mod model_card;
#[cfg(feature = "ui")]
mod notices;
#[cfg(feature = "ui")]
mod page;
#[cfg(feature = "ui")]
mod specimen;
#[cfg(feature = "ui")]
mod summary;

#[cfg(feature = "ui")]
pub use app::open;
