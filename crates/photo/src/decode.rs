//! Decodes image files to upright photos, within fixed limits of size and memory.

use codecs::DecodeError;
pub use codecs::{MAX_PIXELS, MAX_SIDE};
use shared::image::RgbaImage;

use super::error::{MAX_FILE_BYTES, PhotoError};
use super::format::Format;

/// Decodes a JPEG, PNG, WebP or BMP file, or the first frame of a GIF or of an animated WebP.
///
/// JPEG, PNG and WebP are turned upright by their EXIF orientation. 16 bits a channel become 8. CMYK is converted to RGB
/// without profiles, as browsers do.
///
/// # Errors
/// The file is too large, of another kind (which the error names), damaged or cut off, or its image has no pixels or too
/// many. No input panics.
pub fn decode(bytes: &[u8]) -> Result<RgbaImage, PhotoError> {
    if bytes.len() > MAX_FILE_BYTES {
        let megabytes = (bytes.len() as u64).div_ceil(1_000_000);
        return Err(PhotoError::FileTooLarge { megabytes });
    }
    let format = Format::detect(bytes)?;
    let decoded = match format {
        Format::Jpeg => codecs::decode_jpeg(bytes),
        Format::Png => codecs::decode_png(bytes),
        Format::WebP => codecs::decode_webp(bytes),
        Format::Bmp => codecs::decode_bmp(bytes),
        Format::Gif => codecs::decode_gif(bytes),
    };
    decoded.map_err(|error| match error {
        DecodeError::TooLarge { width, height } => PhotoError::TooManyPixels { width, height },
        DecodeError::NoPixels { width, height } => PhotoError::NoPixels { width, height },
        DecodeError::Truncated => PhotoError::Truncated(format.name()),
        DecodeError::Damaged => PhotoError::Damaged(format.name()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fixture;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
