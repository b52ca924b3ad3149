//! PNG.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};

use crate::orientation::Orientation;
use crate::picture::fit;
use crate::{Fault, MAX_PIXELS, Picture};

/// Reads a PNG file, turned as EXIF says; 16 bits become 8.
///
/// # Errors
/// When it is damaged, cut off or too large.
pub fn png(bytes: &[u8]) -> Result<Picture, Fault> {
    // The decoder looks for the pixels before it tells the size.
    if let Some((width, height)) = size(bytes) {
        fit(width, height)?;
    }
    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        // As much as the largest picture with 16 bits a channel.
        Limits {
            bytes: MAX_PIXELS as usize * 8,
        },
    );
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(fault)?;
    let info = reader.info();
    let size = fit(info.width, info.height)?;
    let orientation = info.exif_metadata.as_deref().map(Orientation::of_exif);
    let (colours, depth) = reader.output_color_type();
    let channels = match colours {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
        // Expanded above.
        ColorType::Indexed => return Err(Fault::Damaged),
    };
    let mut samples = vec![0; reader.output_buffer_size().ok_or(Fault::Damaged)?];
    reader.next_frame(&mut samples).map_err(fault)?;
    match depth {
        BitDepth::Eight => {}
        BitDepth::Sixteen => {
            let wide = samples.as_chunks().0.iter().copied();
            let wide = wide.map(|value| u32::from(u16::from_be_bytes(value)));
            samples = wide.map(|value| ((value + 128) / 257) as u8).collect();
        }
        // Expanded above.
        _ => return Err(Fault::Damaged),
    }
    Picture::upright(
        size,
        channels,
        &samples,
        orientation.unwrap_or(Orientation::UPRIGHT),
    )
}

/// Width and height in the first chunk, which must be `IHDR`.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(12..24)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_first_chunk()?;
    Some((
        u32::from_be_bytes(*width),
        u32::from_be_bytes(height.try_into().ok()?),
    ))
}

fn fault(error: DecodingError) -> Fault {
    match error {
        DecodingError::IoError(error) => error.into(),
        _ => Fault::Damaged,
    }
}
