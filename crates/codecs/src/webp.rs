//! WebP, or the first picture of an animated one.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use crate::orientation::Orientation;
use crate::picture::fit;
use crate::{Fault, Picture};

/// Reads a WebP file, turned as EXIF says.
///
/// # Errors
/// When it is damaged, cut off or too large.
pub fn webp(bytes: &[u8]) -> Result<Picture, Fault> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(fault)?;
    let (width, height) = decoder.dimensions();
    let size = fit(width, height)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut samples = vec![0; width as usize * height as usize * channels];
    decoder.read_image(&mut samples).map_err(fault)?;
    Picture::upright(size, channels, &samples, orientation(bytes))
}

/// The orientation in the file's `EXIF` chunk.
///
/// The decoder believes the size that the chunk claims, up to 4 GB, and allocates it; here it is only looked at.
fn orientation(bytes: &[u8]) -> Orientation {
    // Behind `RIFF`, a size and `WEBP`: chunks of a name, a size, and data padded to an even length.
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((&[a, b, c, d, s0, s1, s2, s3], data)) = rest.split_first_chunk() {
        let size = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
        if &[a, b, c, d] == b"EXIF" {
            let chunk = data.get(..size);
            return chunk.map_or(Orientation::UPRIGHT, Orientation::of_exif);
        }
        rest = data
            .get(size.saturating_add(size % 2)..)
            .unwrap_or_default();
    }
    Orientation::UPRIGHT
}

fn fault(error: DecodingError) -> Fault {
    match error {
        DecodingError::IoError(error) => error.into(),
        _ => Fault::Damaged,
    }
}
