//! Picture files to photos the right way up, within fixed bounds of size and memory.

use std::io::{Cursor, ErrorKind};

use ::image::codecs::{
    bmp::BmpDecoder, gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder,
};
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageDecoder, ImageError, Limits};

use super::exif;
use super::format::Format;
use super::{MAX_FILE_BYTES, Photo, PhotoError};

/// Larger pictures are refused before they are decoded.
pub const MAX_PIXELS: u64 = 50_000_000;
/// Pictures with a longer side are refused before they are decoded.
pub const MAX_SIDE: u32 = 20_000;

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
    let name = format.name();
    let failed = |error| explain(error, name);
    let cursor = Cursor::new(bytes);
    match format {
        Format::Jpeg => {
            if !jpeg_ends(bytes) {
                return Err(PhotoError::Truncated(name));
            }
            let mut decoder = JpegDecoder::new(cursor).map_err(failed)?;
            let orientation = exif::orientation(&mut decoder);
            read(decoder, orientation, name)
        }
        Format::Png => {
            // The decoder looks for the pixels before it tells the size.
            if let Some((width, height)) = png_size(bytes) {
                check_size(width, height)?;
            }
            let mut decoder = PngDecoder::with_limits(cursor, limits()).map_err(failed)?;
            let orientation = exif::orientation(&mut decoder);
            read(decoder, orientation, name)
        }
        Format::WebP => {
            let decoder = WebPDecoder::new(cursor).map_err(failed)?;
            read(decoder, exif::webp_orientation(bytes), name)
        }
        Format::Bmp => read(
            BmpDecoder::new(cursor).map_err(failed)?,
            Orientation::NoTransforms,
            name,
        ),
        Format::Gif => read(
            GifDecoder::new(cursor).map_err(failed)?,
            Orientation::NoTransforms,
            name,
        ),
    }
}

fn read(
    mut decoder: impl ImageDecoder,
    orientation: Orientation,
    name: &'static str,
) -> Result<Photo, PhotoError> {
    let failed = |error| explain(error, name);
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits()).map_err(failed)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    // Turned before it becomes RGBA: most pictures have fewer bytes a pixel until then.
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    Ok(Photo {
        width,
        height,
        rgba: picture.into_rgba8().into_raw(),
    })
}

/// Refuses a picture by its size alone.
fn check_size(width: u32, height: u32) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(PhotoError::NoPixels { width, height });
    }
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PhotoError::TooManyPixels { width, height });
    }
    Ok(())
}

/// What decoders may allocate besides their result: as much as the largest picture with 16 bits a channel.
fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_PIXELS * 8);
    limits
}

fn explain(error: ImageError, name: &'static str) -> PhotoError {
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            PhotoError::Truncated(name)
        }
        _ => PhotoError::Damaged(name),
    }
}

/// Width and height in a PNG's first chunk, which must be `IHDR`.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(12..24)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_first_chunk()?;
    Some((
        u32::from_be_bytes(*width),
        u32::from_be_bytes(height.try_into().ok()?),
    ))
}

/// Whether a JPEG has an end-of-image marker behind its first scan.
///
/// The decoder fills what is missing with grey and reports nothing, so a picture cut off would be judged by half a
/// garment. A preview within the metadata has its own marker, hence the walk along the segments before the scan.
fn jpeg_ends(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            // Any number of fill bytes before a marker; some markers have no length.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, 0x01 | 0xd0..=0xd8, ..] => rest = &rest[2..],
            [0xff, 0xda, scan @ ..] => return scan.windows(2).any(|pair| pair == [0xff, 0xd9]),
            [0xff, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            [] | [0xff] | [0xff, _] | [0xff, _, _] => return false,
            // Not a marker: damaged in another way, which the decoder describes or tolerates.
            _ => return true,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fixture;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
