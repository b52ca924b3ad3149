//! BMP.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::{ImageDecoder, ImageError};

use crate::orientation::Orientation;
use crate::picture::fit;
use crate::{Fault, Picture};

/// Reads a BMP file of any age.
///
/// # Errors
/// When it is damaged, cut off or too large.
pub fn bmp(bytes: &[u8]) -> Result<Picture, Fault> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(fault)?;
    let (width, height) = decoder.dimensions();
    let size = fit(width, height)?;
    let channels = decoder.color_type().channel_count();
    let mut samples = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut samples).map_err(fault)?;
    Picture::upright(size, channels.into(), &samples, Orientation::UPRIGHT)
}

fn fault(error: ImageError) -> Fault {
    match error {
        ImageError::IoError(error) => error.into(),
        _ => Fault::Damaged,
    }
}
