//! BMP decoder.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::metadata::Orientation;
use image::{ImageDecoder, ImageError};
use shared::image::RgbaImage;

use crate::error::{DecodeError, check_size};
use crate::upright::upright_rgba;

/// Decodes a BMP file of any version.
///
/// # Errors
/// The file is damaged or cut off, or the image too large.
pub fn decode_bmp(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    let decoder = BmpDecoder::new(Cursor::new(bytes))?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let channels = decoder.color_type().channel_count();
    let mut samples = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut samples)?;
    upright_rgba(
        width,
        height,
        channels.into(),
        &samples,
        Orientation::NoTransforms,
    )
}

impl From<ImageError> for DecodeError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::IoError(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}
