//! JPEG decoder.

mod huffman;
pub(crate) mod markers;
mod scans;
mod separate_scans;

use shared::image::RgbaImage;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::error::{DecodeError, check_size};
use crate::upright::{exif_orientation, upright_rgba};
use markers::{END_OF_IMAGE, EXIF_OR_XMP, Frame, START_OF_SCAN, Segments};
use scans::Scans;
use separate_scans::{decode_separate_scans, frame_of_separate_scans};

/// A decoded JPEG file.
pub struct JpegImage {
    pub image: RgbaImage,
    /// Whether some of its data are missing or damaged: parts of it may be grey, coarse, or of another picture.
    pub is_damaged: bool,
}

/// Decodes a JPEG file, turned upright by its EXIF orientation; CMYK is converted to RGB without profiles, as browsers do.
///
/// # Errors
/// The file is damaged so that it shows nothing, or cut off, or the image too large, or decoding would take too long.
pub fn decode_jpeg(bytes: &[u8]) -> Result<JpegImage, DecodeError> {
    let mut segments = Segments::new(bytes);
    let first_scan = segments.find(|segment| segment.marker == START_OF_SCAN);
    if first_scan.is_none() && segments.is_at_end_of_file() {
        return Err(DecodeError::Truncated);
    }
    let scans = &bytes[first_scan.ok_or(DecodeError::Damaged)?.scan_start..];
    let frame = Frame::find(bytes).ok_or(DecodeError::Damaged)?;
    check_size(frame.width as u32, frame.height as u32)?;
    // A preview within the metadata has its own end marker, hence only what follows the first scan counts.
    let has_end = scans.windows(2).any(|pair| pair == END_OF_IMAGE);
    let Scans { file, is_damaged } = Scans::read(bytes, &frame, has_end)?;
    let mut exif = Segments::new(bytes).filter(|segment| segment.marker == EXIF_OR_XMP);
    let exif = exif.find_map(|segment| segment.data.strip_prefix(b"Exif\0\0"));
    let (samples, channels) = decode_samples(&file, &frame)?;
    drop(file);
    let orientation = exif_orientation(exif);
    let (width, height) = (frame.width as u32, frame.height as u32);
    let image = upright_rgba(width, height, channels, samples, orientation)?;
    Ok(JpegImage { image, is_damaged })
}

/// The samples of all pixels, and how many each has.
fn decode_samples(file: &[u8], frame: &Frame) -> Result<(Vec<u8>, usize), DecodeError> {
    // The largest size that the format can express: it is checked above.
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side)
        .set_max_height(side);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(|_| DecodeError::Damaged)?;
    let size = decoder.dimensions().ok_or(DecodeError::Damaged)?;
    if size != (frame.width, frame.height) {
        return Err(DecodeError::Damaged);
    }
    let colours = decoder.input_colorspace().ok_or(DecodeError::Damaged)?;
    if let Some(frame) = frame_of_separate_scans(file) {
        return Ok((decode_separate_scans(file, &frame, colours)?, 3));
    }
    // One or three bytes a pixel rather than four: less memory until the image is upright.
    let (colours, channels) = match colours {
        ColorSpace::Luma => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let mut samples = vec![0; frame.width * frame.height * channels];
    decoder
        .decode_into(&mut samples)
        .map_err(|_| DecodeError::Damaged)?;
    Ok((samples, channels))
}
