//! JPEG.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::orientation::Orientation;
use crate::picture::fit;
use crate::{Fault, MAX_SIDE, Picture};

/// Reads a JPEG file, turned as EXIF says; CMYK becomes RGB as browsers do it, without profiles.
///
/// # Errors
/// When it is damaged, cut off or too large.
pub fn jpeg(bytes: &[u8]) -> Result<Picture, Fault> {
    if !ends(bytes) {
        return Err(Fault::Truncated);
    }
    // The largest that the format can say: what does not fit is refused below, by its size.
    let side = usize::from(u16::MAX).max(MAX_SIDE as usize);
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side)
        .set_max_height(side);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| Fault::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(Fault::Damaged)?;
    let size = fit(width as u32, height as u32)?;
    // Three bytes a pixel rather than four, or one: they are turned before they become RGBA.
    let (colours, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let orientation = decoder.exif().map(|data| Orientation::of_exif(data));
    let mut samples = vec![0; width * height * channels];
    decoder
        .decode_into(&mut samples)
        .map_err(|_| Fault::Damaged)?;
    Picture::upright(
        size,
        channels,
        &samples,
        orientation.unwrap_or(Orientation::UPRIGHT),
    )
}

/// Whether a JPEG has an end-of-image marker behind its first scan.
///
/// The decoder fills what is missing with grey and reports nothing, so a picture cut off would be judged by half a
/// garment. A preview within the metadata has its own marker, hence the walk along the segments before the scan.
fn ends(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            // Any number of fill bytes before a marker; some markers have no length.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, 0x01 | 0xd0..=0xd8, ..] => rest = &rest[2..],
            [0xff, 0xda, scan @ ..] => return scan.windows(2).any(|pair| pair == [0xff, 0xd9]),
            [0xff, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            [] | [0xff] | [0xff, _] | [0xff, _, _] => return false,
            // Not a marker: damaged in another way, which the decoder describes or tolerates.
            _ => return true,
        }
    }
}
