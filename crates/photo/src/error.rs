//! Errors of the photo pipeline, and the limits on files and photos.

use shared::image::is_size_supported;
use thiserror::Error;

/// Larger files are refused: 50 MB.
pub const MAX_FILE_BYTES: usize = 50_000_000;

/// Pixels that each side of a photo must have at least: fewer show no garment.
pub const MIN_SIDE: u32 = 8;

/// What page and command line say of a file with a colour profile other than sRGB.
pub const OTHER_PROFILE: &str = "This image has a colour profile other than sRGB, which is not applied: its colours may be slightly off.";

/// What page and command line say of a file of which only a part could be decoded.
pub const DAMAGED: &str = "Part of this image is damaged or missing, which may change the result: copy or download it once more and try again.";

/// Why a file cannot be decoded, or a photo not be prepared for the models.
///
/// Visitors of the page and users of the command line read these sentences: each tells what is wrong and, after a colon, what
/// to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhotoError {
    #[error("This file is empty: choose another image.")]
    EmptyFile,
    /// Larger than [`MAX_FILE_BYTES`].
    #[error(
        "This file is {megabytes} MB in size, which is more than the limit of 50 MB: save a smaller copy and try again."
    )]
    FileTooLarge { megabytes: u64 },
    /// More than [`MAX_PIXELS`](crate::MAX_PIXELS) or a side longer than [`MAX_SIDE`](crate::MAX_SIDE).
    #[error(
        "This image has {width} x {height} pixels, which is more than the limit of 50 million pixels or 20,000 a side: save a smaller copy and try again."
    )]
    TooManyPixels { width: u32, height: u32 },
    #[error("This image is empty, with {width} x {height} pixels: choose another one.")]
    NoPixels { width: u32, height: u32 },
    /// An image or a document of a format that is recognised but not decoded; holds the format's name with its article.
    #[error("This is {0}, which cannot be read here: save it as JPEG or PNG and try again.")]
    UnsupportedFormat(&'static str),
    /// A file that is not an image; holds the kind of file with its article.
    #[error("This is {0} and not an image: choose a JPEG, PNG, WebP, BMP or GIF file.")]
    NotAnImage(&'static str),
    #[error("This file is of an unknown kind: choose a JPEG, PNG, WebP, BMP or GIF file.")]
    UnknownFormat,
    /// Holds the format's name.
    #[error("This {0} image ends too early: copy or download it once more and try again.")]
    Truncated(&'static str),
    /// Holds the format's name.
    #[error(
        "This {0} image is damaged or of a rare kind: save it again as JPEG or PNG and try once more."
    )]
    Damaged(&'static str),
    /// Far more time or memory than a picture of its size takes. Holds the format's name.
    #[error(
        "This {0} image would take too long or too much memory to read: save it again as JPEG or PNG and try once more."
    )]
    TooComplex(&'static str),
    /// A file of numbers that are not 28x28 images. Holds the format's name.
    #[cfg(feature = "decode")]
    #[error(
        "This {format} file {error}: save images of 28 x 28 greys as npy, IDX or CSV and try again."
    )]
    NotImages {
        format: &'static str,
        error: codecs::ArrayError,
    },
    /// A side shorter than [`MIN_SIDE`].
    #[error(
        "This image has only {width} x {height} pixels: choose one with at least 8 on each side."
    )]
    TooSmall { width: u32, height: u32 },
    /// No garment was found.
    #[error(
        "Nothing stands out from the background: choose or crop an image so that the garment is clearly visible."
    )]
    NothingStandsOut,
}

/// Refuses a picture that something else has decoded, by its size.
///
/// # Errors
/// It has no pixels, or more than the limits.
pub fn check_size(width: u32, height: u32) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(PhotoError::NoPixels { width, height });
    }
    if !is_size_supported(width, height) {
        return Err(PhotoError::TooManyPixels { width, height });
    }
    Ok(())
}
