//! PNG decoder.

use std::io::Cursor;

use png::{
    BitDepth, ColorType, Decoder, DecodingError, InterlaceInfo, Limits, Transformations,
    expand_interlaced_row,
};
use shared::image::RgbaImage;

use crate::error::{DecodeError, check_size};
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
        // Without the image: rows, and what the decoder keeps of other chunks.
        Limits { bytes: 16 << 20 },
    );
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info()?;
    let info = reader.info();
    let (width, height) = (info.width, info.height);
    check_size(width, height)?;
    let is_interlaced = info.interlaced;
    let orientation = exif_orientation(info.exif_metadata.as_deref());
    let layout = reader.output_color_type();
    let stride = width as usize * 4;
    // Row by row: at 16 bits a channel, all samples take twice the memory of the image.
    let mut rgba = vec![0; stride * height as usize];
    if is_interlaced {
        let mut converted = vec![0; stride];
        while let Some(row) = reader.next_interlaced_row()? {
            let InterlaceInfo::Adam7(pass) = row.interlace() else {
                return Err(DecodeError::Damaged);
            };
            let pixels = to_rgba(layout, row.data(), &mut converted)?;
            expand_interlaced_row(&mut rgba, stride, &converted[..pixels * 4], pass, 32);
        }
    } else {
        for converted in rgba.chunks_exact_mut(stride) {
            let row = reader.next_row()?.ok_or(DecodeError::Truncated)?;
            to_rgba(layout, row.data(), converted)?;
        }
    }
    upright_rgba(width, height, 4, rgba, orientation)
}

/// Converts a row to RGBA with 8 bits a channel. Returns how many pixels it has.
fn to_rgba(
    layout: (ColorType, BitDepth),
    row: &[u8],
    converted: &mut [u8],
) -> Result<usize, DecodeError> {
    let pixels = converted.as_chunks_mut().0;
    let wide = |high, low| ((u32::from(u16::from_be_bytes([high, low])) + 128) / 257) as u8;
    Ok(match layout {
        (ColorType::Grayscale, BitDepth::Eight) => {
            convert(row, pixels, |[grey]| [grey, grey, grey, 255])
        }
        (ColorType::GrayscaleAlpha, BitDepth::Eight) => {
            convert(row, pixels, |[grey, alpha]| [grey, grey, grey, alpha])
        }
        (ColorType::Rgb, BitDepth::Eight) => {
            convert(row, pixels, |[red, green, blue]| [red, green, blue, 255])
        }
        (ColorType::Rgba, BitDepth::Eight) => convert(row, pixels, |rgba: [u8; 4]| rgba),
        (ColorType::Grayscale, BitDepth::Sixteen) => convert(row, pixels, |[g0, g1]| {
            let grey = wide(g0, g1);
            [grey, grey, grey, 255]
        }),
        (ColorType::GrayscaleAlpha, BitDepth::Sixteen) => {
            convert(row, pixels, |[g0, g1, a0, a1]| {
                let grey = wide(g0, g1);
                [grey, grey, grey, wide(a0, a1)]
            })
        }
        (ColorType::Rgb, BitDepth::Sixteen) => convert(row, pixels, |[r0, r1, g0, g1, b0, b1]| {
            [wide(r0, r1), wide(g0, g1), wide(b0, b1), 255]
        }),
        (ColorType::Rgba, BitDepth::Sixteen) => {
            convert(row, pixels, |[r0, r1, g0, g1, b0, b1, a0, a1]| {
                [wide(r0, r1), wide(g0, g1), wide(b0, b1), wide(a0, a1)]
            })
        }
        // Expanded above.
        _ => return Err(DecodeError::Damaged),
    })
}

fn convert<const BYTES: usize>(
    row: &[u8],
    pixels: &mut [[u8; 4]],
    to_rgba: impl Fn([u8; BYTES]) -> [u8; 4],
) -> usize {
    let samples = row.as_chunks::<BYTES>().0;
    for (pixel, &sample) in pixels.iter_mut().zip(samples) {
        *pixel = to_rgba(sample);
    }
    samples.len().min(pixels.len())
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
