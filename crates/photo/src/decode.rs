//! Picture files to photos the right way up, within fixed bounds of size and memory.

use codecs::{Fault, Picture};
pub use codecs::{MAX_PIXELS, MAX_SIDE};

use super::format::Format;
use super::{MAX_FILE_BYTES, Photo, PhotoError};

/// Reads JPEG, PNG, WebP, BMP, or the first picture of a GIF or of an animated WebP.
///
/// Turned as EXIF says in JPEG, PNG and WebP; 16 bits become 8; CMYK becomes RGB as browsers do it, without profiles.
///
/// # Errors
/// When the file is too large, of another kind (named by its sentence), damaged or cut off, or its picture is empty
/// or too large; never a panic, whatever the bytes.
pub fn decode(bytes: &[u8]) -> Result<Photo, PhotoError> {
    if bytes.len() > MAX_FILE_BYTES {
        let megabytes = (bytes.len() as u64).div_ceil(1_000_000);
        return Err(PhotoError::FileTooLarge { megabytes });
    }
    let format = Format::sniff(bytes)?;
    let picture = match format {
        Format::Jpeg => codecs::jpeg(bytes),
        Format::Png => codecs::png(bytes),
        Format::WebP => codecs::webp(bytes),
        Format::Bmp => codecs::bmp(bytes),
        Format::Gif => codecs::gif(bytes),
    };
    let Picture {
        width,
        height,
        rgba,
    } = picture.map_err(|fault| match fault {
        Fault::TooLarge { width, height } => PhotoError::TooManyPixels { width, height },
        Fault::Blank { width, height } => PhotoError::NoPixels { width, height },
        Fault::Truncated => PhotoError::Truncated(format.name()),
        Fault::Damaged => PhotoError::Damaged(format.name()),
    })?;
    Ok(Photo {
        width,
        height,
        rgba,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fixture;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
