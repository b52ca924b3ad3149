//! Picture files to pixels: one reader a format, each within fixed bounds, and never a panic, whatever the bytes.

mod bmp;
mod fault;
mod gif;
mod jpeg;
mod orientation;
mod picture;
mod png;
mod webp;

pub use bmp::bmp;
pub use fault::Fault;
pub use gif::gif;
pub use jpeg::jpeg;
pub use picture::{MAX_PIXELS, MAX_SIDE, Picture};
pub use png::png;
pub use webp::webp;
