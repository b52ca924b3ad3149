//! BMP decoder.

use std::borrow::Cow;
use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::metadata::Orientation;
use image::{ImageDecoder, ImageError};
use shared::image::RgbaImage;

use crate::error::{DecodeError, check_size};
use crate::upright::upright_rgba;

/// Bytes of the file header, before the header of the bitmap.
const FILE_HEADER: usize = 14;
/// Bytes of Windows' first bitmap header.
const INFO_HEADER: usize = 40;

/// Decodes a BMP file of any version. If its alpha is 0 everywhere, it means nothing: the image is opaque, as Windows shows it.
///
/// # Errors
/// The file is damaged or cut off, or the image too large.
pub fn decode_bmp(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    let bytes = with_windows_header(bytes)?;
    let decoder = BmpDecoder::new(Cursor::new(bytes))?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let channels = decoder.color_type().channel_count();
    let mut samples = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut samples)?;
    if channels == 4 {
        let pixels = samples.as_chunks_mut::<4>().0;
        if pixels.iter().all(|pixel| pixel[3] == 0) {
            pixels.iter_mut().for_each(|pixel| pixel[3] = 255);
        }
    }
    upright_rgba(
        width,
        height,
        channels.into(),
        samples,
        Orientation::NoTransforms,
    )
}

/// The file with Windows' header in place of the one of OS/2 2, which begins with the same fields and may be shorter or longer.
///
/// # Errors
/// The image is compressed in a way that only OS/2 knows.
fn with_windows_header(bytes: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    let word = |start: usize| {
        let word = bytes.get(start..).and_then(|rest| rest.first_chunk());
        word.map(|word| u32::from_le_bytes(*word))
    };
    let length = match word(FILE_HEADER) {
        Some(length @ (16 | 64)) => length as usize,
        _ => return Ok(bytes.into()),
    };
    let (Some(pixels), Some((headers, rest))) =
        (word(10), bytes.split_at_checked(FILE_HEADER + length))
    else {
        return Err(DecodeError::Truncated);
    };
    let mut windows = headers.to_vec();
    windows.resize(FILE_HEADER + INFO_HEADER, 0);
    if windows[FILE_HEADER + 16] > 2 {
        return Err(DecodeError::Damaged);
    }
    let pixels = (pixels as usize + INFO_HEADER).saturating_sub(length) as u32;
    windows[10..14].copy_from_slice(&pixels.to_le_bytes());
    windows[FILE_HEADER..FILE_HEADER + 4].copy_from_slice(&(INFO_HEADER as u32).to_le_bytes());
    windows.extend_from_slice(rest);
    Ok(windows.into())
}

impl From<ImageError> for DecodeError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::IoError(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}
