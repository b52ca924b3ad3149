//! WebP decoder, for the first frame of an animation.

mod lossless_tables;

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};
use shared::image::RgbaImage;

use crate::error::{DecodeError, check_size};
use crate::upright::{exif_orientation, upright_rgba};
use lossless_tables::check_tables;

/// The most bytes for Huffman tables, apart from as many for each pixel.
const TABLE_BYTES: usize = 40 << 20;
const TABLE_BYTES_OF_PIXEL: usize = 3;

/// Decodes a WebP file, turned upright by its EXIF orientation.
///
/// # Errors
/// The file is damaged or cut off, or the image or what it takes to decode it too large.
pub fn decode_webp(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes))?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    check_lossless_parts(bytes, width, height)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut samples = vec![0; width as usize * height as usize * channels];
    decoder.read_image(&mut samples)?;
    let orientation = exif_orientation(riff_chunk(bytes, b"EXIF"));
    upright_rgba(width, height, channels, samples, orientation)
}

/// Checks the tables of the image or of an animation's first frame, where they are lossless.
fn check_lossless_parts(bytes: &[u8], width: u32, height: u32) -> Result<(), DecodeError> {
    let limit = TABLE_BYTES + TABLE_BYTES_OF_PIXEL * width as usize * height as usize;
    let chunks = bytes.get(12..).unwrap_or_default();
    check_parts(chunks, width, height, limit)?;
    // Its place, its size less one, its duration and how it is drawn, in 16 bytes; then chunks.
    if let Some(
        [
            _,
            _,
            _,
            _,
            _,
            _,
            w0,
            w1,
            w2,
            h0,
            h1,
            h2,
            _,
            _,
            _,
            _,
            frame @ ..,
        ],
    ) = first_chunk(chunks, b"ANMF")
    {
        let width = u32::from_le_bytes([*w0, *w1, *w2, 0]) + 1;
        let height = u32::from_le_bytes([*h0, *h1, *h2, 0]) + 1;
        check_size(width, height).map_err(|_| DecodeError::Damaged)?;
        check_parts(frame, width, height, limit)?;
    }
    Ok(())
}

/// Checks the tables of an image and of its transparency.
fn check_parts(chunks: &[u8], width: u32, height: u32, limit: usize) -> Result<(), DecodeError> {
    // A signature, and the size.
    if let Some([_, s0, s1, s2, s3, image @ ..]) = first_chunk(chunks, b"VP8L") {
        let size = u32::from_le_bytes([*s0, *s1, *s2, *s3]);
        let (width, height) = ((size & 0x3fff) + 1, (size >> 14 & 0x3fff) + 1);
        check_size(width, height)?;
        check_tables(image, width, height, limit)?;
    }
    match first_chunk(chunks, b"ALPH") {
        // The lowest bits tell the compression.
        Some([flags, alpha @ ..]) if flags & 3 == 1 => check_tables(alpha, width, height, limit),
        _ => Ok(()),
    }
}

/// The data of the file's first chunk of this name, if it is complete.
///
/// The decoder would allocate the size that the chunk claims, up to 4 GB; here it is only borrowed.
pub fn riff_chunk<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let (data, is_complete) = find_chunk(bytes.get(12..)?, name)?;
    is_complete.then_some(data)
}

/// The data of the first chunk of this name, as far as there are any.
fn first_chunk<'a>(chunks: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    find_chunk(chunks, name).map(|(data, _)| data)
}

/// The data of the first chunk of this name, and whether all are there.
fn find_chunk<'a>(mut chunks: &'a [u8], name: &[u8; 4]) -> Option<(&'a [u8], bool)> {
    // A name, a size, and data padded to an even length.
    while let Some((&[a, b, c, d, s0, s1, s2, s3], data)) = chunks.split_first_chunk() {
        let size = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
        if &[a, b, c, d] == name {
            return Some((&data[..size.min(data.len())], size <= data.len()));
        }
        chunks = data.get(size.saturating_add(size % 2)..)?;
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
