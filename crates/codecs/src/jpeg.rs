//! JPEG decoder.

mod completeness;
pub(crate) mod markers;
mod separate_scans;

use shared::image::RgbaImage;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::error::{DecodeError, MAX_SIDE, check_size};
use crate::upright::{exif_orientation, upright_rgba};
use completeness::end_of_complete_image;
use markers::{END_OF_IMAGE, START_OF_SCAN, Segments};
use separate_scans::{decode_separate_scans, frame_of_separate_scans};

/// Decodes a JPEG file, turned upright by its EXIF orientation; CMYK is converted to RGB without profiles, as browsers do.
///
/// # Errors
/// The file is damaged or cut off, or the image too large.
pub fn decode_jpeg(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    let mut segments = Segments::new(bytes);
    let first_scan = segments.find(|segment| segment.marker == START_OF_SCAN);
    if first_scan.is_none() && segments.is_at_end_of_file() {
        return Err(DecodeError::Truncated);
    }
    // Refuses what is too large before its scans are read.
    read_headers(bytes)?;
    // The decoder fills missing parts with grey and reports nothing, so that half a garment would be classified. A preview
    // within the metadata has its own end marker, hence only what follows the first scan counts.
    let lacks_end = first_scan.is_some_and(|scan| {
        let scans = &bytes[scan.scan_start..];
        !scans.windows(2).any(|pair| pair == END_OF_IMAGE)
    });
    if !lacks_end {
        return decode_with_end(bytes);
    }
    let end = end_of_complete_image(bytes).ok_or(DecodeError::Truncated)?;
    decode_with_end(&[&bytes[..end], &END_OF_IMAGE].concat())
}

fn decode_with_end(bytes: &[u8]) -> Result<RgbaImage, DecodeError> {
    let Headers {
        mut decoder,
        options,
        width,
        height,
    } = read_headers(bytes)?;
    let orientation = exif_orientation(decoder.exif().map(|block| block.as_slice()));
    let colours = decoder.input_colorspace().ok_or(DecodeError::Damaged)?;
    let upright = |channels, samples: &[u8]| {
        upright_rgba(width as u32, height as u32, channels, samples, orientation)
    };
    if let Some(frame) = frame_of_separate_scans(bytes) {
        return upright(3, &decode_separate_scans(bytes, &frame, colours)?);
    }
    // One or three bytes a pixel rather than four: less memory until the image is upright.
    let (colours, channels) = match colours {
        ColorSpace::Luma => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let mut samples = vec![0; width * height * channels];
    decoder
        .decode_into(&mut samples)
        .map_err(|_| DecodeError::Damaged)?;
    upright(channels, &samples)
}

/// A decoder that has read a file's headers, and the image's size.
struct Headers<'a> {
    decoder: JpegDecoder<ZCursor<&'a [u8]>>,
    options: DecoderOptions,
    width: usize,
    height: usize,
}

/// # Errors
/// The headers are damaged, or the image too large.
fn read_headers(bytes: &[u8]) -> Result<Headers<'_>, DecodeError> {
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
    Ok(Headers {
        decoder,
        options,
        width,
        height,
    })
}
