//! PNG decoder.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};
use shared::image::RgbaImage;

use crate::error::{DecodeError, MAX_PIXELS, check_size};
use crate::upright::{exif_orientation, upright_rgba};

/// Decodes a PNG file, turned upright by its EXIF orientation; 16 bits a channel become 8.
///
/// # Errors
/// The file is damaged or cut off, or the image too large.
pub fn decode_png(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    // The decoder searches for the pixel data before it reports the size.
    if let Some((width, height)) = header_size(bytes) {
        check_size(width, height)?;
    }
    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        // As much as the largest image with 16 bits a channel.
        Limits {
            bytes: MAX_PIXELS as usize * 8,
        },
    );
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info()?;
    let info = reader.info();
    let (width, height) = (info.width, info.height);
    check_size(width, height)?;
    let orientation = exif_orientation(info.exif_metadata.as_deref());
    let (colours, depth) = reader.output_color_type();
    let channels = match colours {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
        // Expanded above.
        ColorType::Indexed => return Err(DecodeError::Damaged),
    };
    let mut samples = vec![0; reader.output_buffer_size().ok_or(DecodeError::Damaged)?];
    reader.next_frame(&mut samples)?;
    match depth {
        BitDepth::Eight => {}
        BitDepth::Sixteen => {
            let wide = samples.as_chunks().0.iter().copied();
            let wide = wide.map(|value| u32::from(u16::from_be_bytes(value)));
            samples = wide.map(|value| ((value + 128) / 257) as u8).collect();
        }
        // Expanded above.
        _ => return Err(DecodeError::Damaged),
    }
    upright_rgba(width, height, channels, &samples, orientation)
}

/// Width and height in the first chunk, which must be `IHDR`.
fn header_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(12..24)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_first_chunk()?;
    Some((
        u32::from_be_bytes(*width),
        u32::from_be_bytes(height.try_into().ok()?),
    ))
}

impl From<DecodingError> for DecodeError {
    fn from(error: DecodingError) -> Self {
        match error {
            DecodingError::IoError(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}
