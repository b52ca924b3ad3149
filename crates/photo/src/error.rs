//! Why a file is no photo, or a photo no picture of a garment: one sentence each, that says what to do next.

use thiserror::Error;

/// What `decode` and `prepare` refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhotoError {
    #[error("This file is empty: choose another picture.")]
    Empty,
    #[error(
        "This file has {megabytes} MB, more than the 50 MB that fit here: save a smaller copy and try again."
    )]
    FileTooLarge { megabytes: u64 },
    #[error(
        "This picture has {width} x {height} pixels, more than the 50 million (or 20,000 a side) that fit here: save a smaller copy and try again."
    )]
    TooManyPixels { width: u32, height: u32 },
    #[error(
        "This picture has {width} x {height} pixels, so there is nothing to see: choose another one."
    )]
    NoPixels { width: u32, height: u32 },
    /// Recognised by its first bytes, and not one of the five formats.
    #[error("This is {0}, which cannot be read here: save it as JPEG or PNG and try again.")]
    Foreign(&'static str),
    #[error("This is {0} and not a picture: choose a JPEG, PNG, WebP, BMP or GIF file.")]
    NotAPicture(&'static str),
    #[error(
        "This file is of no kind that is known here: choose a JPEG, PNG, WebP, BMP or GIF file."
    )]
    Unknown,
    #[error("This {0} picture ends too early: copy or download it once more and try again.")]
    Truncated(&'static str),
    #[error(
        "This {0} picture is damaged or of a rare kind: save it again as JPEG or PNG and try once more."
    )]
    Damaged(&'static str),
    #[error(
        "This picture has only {width} x {height} pixels: choose one with at least 8 on each side."
    )]
    TooSmall { width: u32, height: u32 },
    #[error(
        "Nothing stands out from the background: choose or crop a picture so that the garment is clearly visible."
    )]
    NothingStandsOut,
}
