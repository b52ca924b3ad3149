//! WebP decoder, for the first frame of an animation.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};
use shared::image::RgbaImage;

use crate::error::{DecodeError, check_size};
use crate::upright::{exif_orientation, upright_rgba};

/// Decodes a WebP file, turned upright by its EXIF orientation.
///
/// # Errors
/// The file is damaged or cut off, or the image too large.
pub fn decode_webp(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes))?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut samples = vec![0; width as usize * height as usize * channels];
    decoder.read_image(&mut samples)?;
    let orientation = exif_orientation(riff_chunk(bytes, b"EXIF"));
    upright_rgba(width, height, channels, &samples, orientation)
}

/// The data of the file's first chunk of this name.
///
/// The decoder would allocate the size that the chunk claims, up to 4 GB; here it is only borrowed.
pub fn riff_chunk<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    // After `RIFF`, a size and `WEBP`: chunks of a name, a size, and data padded to an even length.
    let mut rest = bytes.get(12..)?;
    while let Some((&[a, b, c, d, s0, s1, s2, s3], data)) = rest.split_first_chunk() {
        let size = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
        if &[a, b, c, d] == name {
            return data.get(..size);
        }
        rest = data.get(size.saturating_add(size % 2)..)?;
    }
    None
}

impl From<DecodingError> for DecodeError {
    fn from(error: DecodingError) -> Self {
        match error {
            DecodingError::IoError(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}
