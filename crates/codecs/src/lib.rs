//! Decoders of image files, a module a format: from a file's bytes to an upright RGBA image.
//!
//! Sizes are limited before memory is allocated, and no input panics.

mod bmp;
mod error;
mod gif;
mod jpeg;
mod png;
mod upright;
mod webp;

pub use bmp::decode_bmp;
pub use error::{DecodeError, MAX_PIXELS, MAX_SIDE};
pub use gif::decode_gif;
pub use jpeg::decode_jpeg;
pub use png::decode_png;
pub use webp::decode_webp;
