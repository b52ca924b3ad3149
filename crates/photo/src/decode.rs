//! Decodes image files to upright photos, within fixed limits of size and memory.

use alloc::vec::Vec;

pub use codecs::MAX_IMAGES;
use codecs::{ArrayError, DecodeError, GzipError, ImageArray};
use shared::image::RgbaImage;

use super::error::{MAX_FILE_BYTES, PhotoError};
use super::format::Format;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// At least one; several only where the file holds 28x28 images as numbers, and then the first [`MAX_IMAGES`].
    pub images: Vec<RgbaImage>,
    /// How many images the file holds.
    pub count: usize,
    /// Whether the file has a colour profile other than sRGB. It is not applied, so colours may be slightly off.
    pub has_other_profile: bool,
    /// Whether parts of the picture are damaged or missing.
    pub is_damaged: bool,
}

/// Decodes a JPEG, PNG, WebP or BMP file, or a GIF or an animated WebP: its first frame, or where a GIF begins blank, the first
/// that shows something. A file of 28x28 images as numbers gives its first image.
///
/// JPEG, PNG and WebP are turned upright by their EXIF orientation. 16 bits a channel become 8. CMYK is converted to RGB
/// without profiles, as browsers do.
///
/// # Errors
/// The file is too large, of another kind (which the error names), damaged or cut off, or its image has no pixels or too
/// many. No input panics.
pub fn decode(bytes: &[u8]) -> Result<RgbaImage, PhotoError> {
    let mut decoded = decode_all(bytes)?;
    Ok(decoded.images.swap_remove(0))
}

/// Decodes a file as [`decode`] does, with all images of a file of numbers: npy, IDX, CSV, and these packed by gzip.
///
/// # Errors
/// As of [`decode`], or the numbers are not 28x28 images.
pub fn decode_all(bytes: &[u8]) -> Result<Decoded, PhotoError> {
    let format = detect(bytes)?;
    let mut is_damaged = false;
    let decoded = match format {
        Format::Jpeg => codecs::decode_jpeg(bytes).map(|jpeg| {
            is_damaged = jpeg.is_damaged;
            jpeg.image
        }),
        Format::Png => codecs::decode_png(bytes),
        Format::WebP => codecs::decode_webp(bytes),
        Format::Bmp => codecs::decode_bmp(bytes),
        Format::Gif => codecs::decode_gif(bytes),
        Format::Npy | Format::Idx | Format::Csv | Format::Gzip => {
            let array = image_array(format, bytes)?;
            return Ok(Decoded {
                images: array.images.iter().map(RgbaImage::from).collect(),
                count: array.count,
                has_other_profile: false,
                is_damaged: false,
            });
        }
    };
    let image = decoded.map_err(|error| photo_error(format.name(), error))?;
    Ok(Decoded {
        images: [image].into(),
        count: 1,
        has_other_profile: codecs::has_other_profile(bytes),
        is_damaged,
    })
}

/// The images of a file of numbers; `None` for a picture, which is not decoded.
///
/// # Errors
/// As of [`decode_all`].
pub fn decode_array(bytes: &[u8]) -> Result<Option<ImageArray>, PhotoError> {
    let format = detect(bytes)?;
    let is_array = matches!(
        format,
        Format::Npy | Format::Idx | Format::Csv | Format::Gzip
    );
    is_array.then(|| image_array(format, bytes)).transpose()
}

fn photo_error(format: &'static str, error: DecodeError) -> PhotoError {
    match error {
        DecodeError::TooLarge { width, height } => PhotoError::TooManyPixels { width, height },
        DecodeError::NoPixels { width, height } => PhotoError::NoPixels { width, height },
        DecodeError::Truncated => PhotoError::Truncated(format),
        DecodeError::TooComplex => PhotoError::TooComplex(format),
        DecodeError::Damaged => PhotoError::Damaged(format),
    }
}

fn detect(bytes: &[u8]) -> Result<Format, PhotoError> {
    if bytes.len() > MAX_FILE_BYTES {
        let megabytes = (bytes.len() as u64).div_ceil(1_000_000);
        return Err(PhotoError::FileTooLarge { megabytes });
    }
    Format::detect(bytes)
}

fn image_array(format: Format, bytes: &[u8]) -> Result<ImageArray, PhotoError> {
    let unpacked;
    let (format, bytes) = if format == Format::Gzip {
        unpacked = codecs::unpack(bytes, MAX_FILE_BYTES).map_err(|error| match error {
            GzipError::TooLarge => not_images(format)(ArrayError::TooLarge),
            GzipError::Damaged => not_images(format)(ArrayError::Damaged),
        })?;
        (Format::detect(&unpacked)?, unpacked.as_slice())
    } else {
        (format, bytes)
    };
    match format {
        Format::Npy => codecs::decode_npy(bytes),
        Format::Idx => codecs::decode_idx(bytes),
        Format::Csv => codecs::decode_csv(bytes),
        _ => return Err(PhotoError::NotAnImage("a gzip archive")),
    }
    .map_err(not_images(format))
}

fn not_images(format: Format) -> impl Fn(ArrayError) -> PhotoError {
    move |error| PhotoError::NotImages {
        format: format.name(),
        error,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fixture;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
