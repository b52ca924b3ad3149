//! GIF decoder, for the first frame.

use gif::{ColorOutput, DecodeOptions, DecodingError};
use image::metadata::Orientation;
use shared::image::RgbaImage;

use crate::error::{DecodeError, check_size};
use crate::upright::upright_rgba;

/// Decodes the first frame of a GIF file, at its position on the logical screen; the rest is transparent.
///
/// # Errors
/// The file is damaged or cut off, or the image too large.
pub fn decode_gif(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes)?;
    let (screen_width, screen_height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    check_size(screen_width, screen_height)?;
    let frame = decoder.next_frame_info()?.ok_or(DecodeError::Damaged)?;
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    check_size(frame.width.into(), frame.height.into()).map_err(|_| DecodeError::Damaged)?;
    let mut samples = vec![0; decoder.buffer_size()];
    let row_bytes = decoder.line_length();
    decoder.read_into_buffer(&mut samples)?;

    let (width, height) = (screen_width as usize, screen_height as usize);
    if [left, top, row_bytes] != [0, 0, width * 4] || samples.len() != width * height * 4 {
        let mut screen = vec![0; width * height * 4];
        let rows = screen.chunks_exact_mut(width * 4).skip(top);
        for (to, from) in rows.zip(samples.chunks_exact(row_bytes)) {
            // A frame may reach beyond the screen.
            let Some(to) = to.get_mut(left * 4..) else {
                continue;
            };
            let visible = to.len().min(row_bytes);
            to[..visible].copy_from_slice(&from[..visible]);
        }
        samples = screen;
    }
    upright_rgba(
        screen_width,
        screen_height,
        4,
        &samples,
        Orientation::NoTransforms,
    )
}

impl From<DecodingError> for DecodeError {
    fn from(error: DecodingError) -> Self {
        match error {
            DecodingError::Io(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}
