//! JPEG decoder.

use shared::image::RgbaImage;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::error::{DecodeError, MAX_SIDE, check_size};
use crate::upright::{exif_orientation, upright_rgba};

/// Decodes a JPEG file, turned upright by its EXIF orientation; CMYK is converted to RGB without profiles, as browsers do.
///
/// # Errors
/// The file is damaged or cut off, or the image too large.
pub fn decode_jpeg(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    if !has_end_marker(bytes) {
        return Err(DecodeError::Truncated);
    }
    // The largest size that the format can express, so that `check_size` refuses what is too large.
    let side = usize::from(u16::MAX).max(MAX_SIDE as usize);
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side)
        .set_max_height(side);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| DecodeError::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(DecodeError::Damaged)?;
    check_size(width as u32, height as u32)?;
    // One or three bytes a pixel rather than four: less memory until the image is upright.
    let (colours, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let orientation = exif_orientation(decoder.exif().map(|block| block.as_slice()));
    let mut samples = vec![0; width * height * channels];
    decoder
        .decode_into(&mut samples)
        .map_err(|_| DecodeError::Damaged)?;
    upright_rgba(width as u32, height as u32, channels, &samples, orientation)
}

/// Whether an end-of-image marker follows the first scan.
///
/// The decoder fills missing parts with grey and reports nothing, so that half a garment would be classified. A preview
/// within the metadata has its own end marker, hence the walk along the segments before the scan.
fn has_end_marker(bytes: &[u8]) -> bool {
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
            // Not a marker, so damaged in another way: the decoder reports or tolerates it.
            _ => return true,
        }
    }
}
