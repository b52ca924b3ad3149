//! GIF: the first picture of it.

use gif::{ColorOutput, DecodeOptions, DecodingError};

use crate::orientation::Orientation;
use crate::picture::fit;
use crate::{Fault, Picture};

/// Reads the first picture of a GIF file, at its place on the screen that the file describes.
///
/// # Errors
/// When it is damaged, cut off or too large.
pub fn gif(bytes: &[u8]) -> Result<Picture, Fault> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes).map_err(fault)?;
    let size = fit(decoder.width().into(), decoder.height().into())?;
    let frame = decoder.next_frame_info().map_err(fault)?;
    let frame = frame.ok_or(Fault::Damaged)?;
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    fit(frame.width.into(), frame.height.into()).map_err(|_| Fault::Damaged)?;
    let mut samples = vec![0; decoder.buffer_size()];
    let row = decoder.line_length();
    decoder.read_into_buffer(&mut samples).map_err(fault)?;

    let [width, height] = size.map(|side| side as usize);
    if [left, top, row] != [0, 0, width * 4] || samples.len() != width * height * 4 {
        let mut screen = vec![0; width * height * 4];
        let rows = screen.chunks_exact_mut(width * 4).skip(top);
        for (to, from) in rows.zip(samples.chunks_exact(row)) {
            let to = to.get_mut(left * 4..).unwrap_or_default();
            let shared = to.len().min(row);
            to[..shared].copy_from_slice(&from[..shared]);
        }
        samples = screen;
    }
    Picture::upright(size, 4, &samples, Orientation::UPRIGHT)
}

fn fault(error: DecodingError) -> Fault {
    match error {
        DecodingError::Io(error) => error.into(),
        _ => Fault::Damaged,
    }
}
