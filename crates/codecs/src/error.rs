//! Errors of the decoders, and the limits on image sizes.

use std::io;

use shared::image::is_size_supported;
pub use shared::image::{MAX_PIXELS, MAX_SIDE};
use thiserror::Error;

/// Why a file cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// More than [`MAX_PIXELS`], or a side longer than [`MAX_SIDE`].
    #[error("the image has {width} x {height} pixels, which is too large")]
    TooLarge { width: u32, height: u32 },
    /// A side of length 0.
    #[error("the image has {width} x {height} pixels")]
    NoPixels { width: u32, height: u32 },
    #[error("the file ends before its image does")]
    Truncated,
    /// It asks for far more time or memory than an image of its size takes.
    #[error("decoding the file would take too much time or memory")]
    TooComplex,
    /// Damaged in another way, or of a variant of the format that the decoder does not support.
    #[error("the file is damaged or of an unsupported variant")]
    Damaged,
}

impl From<io::Error> for DecodeError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Damaged,
        }
    }
}

/// Refuses an image by the size in its header.
pub fn check_size(width: u32, height: u32) -> Result<(), DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::NoPixels { width, height });
    }
    if !is_size_supported(width, height) {
        return Err(DecodeError::TooLarge { width, height });
    }
    Ok(())
}
