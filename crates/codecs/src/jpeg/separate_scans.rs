//! Sequential JPEG files with a scan for each component, which the decoder does not support at all sampling factors.
//!
//! Such a scan is coded like that of a grey image of the component's size. So each becomes a file of its own; the decoded
//! components are then brought to the image's size and converted to RGB.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::markers::{
    Component, END_OF_IMAGE, Frame, HUFFMAN_TABLES, QUANTISATION_TABLES, RESTART_INTERVAL,
    START_OF_SCAN, Scan, Segments,
};
use crate::error::DecodeError;

/// The frame header of a sequential file whose first scan does not hold all components.
pub fn frame_of_separate_scans(file: &[u8]) -> Option<Frame> {
    let frame = Frame::find(file).filter(|frame| !frame.is_progressive())?;
    let first = Segments::new(file).find(|segment| segment.marker == START_OF_SCAN)?;
    let scan = Scan::parse(&frame, first.data)?;
    (scan.components.len() < frame.components.len()).then_some(frame)
}

/// Decodes the components and converts them to RGB.
///
/// # Shapes
/// `[height, width, 3]`, row-major.
///
/// # Errors
/// A component has no scan, shares one with another component, or is damaged.
pub fn decode_separate_scans(
    file: &[u8],
    frame: &Frame,
    colours: ColorSpace,
) -> Result<Vec<u8>, DecodeError> {
    let mut planes: Vec<Option<Plane>> = frame.components.iter().map(|_| None).collect();
    // Tables apply to all scans behind them.
    let mut tables = Vec::new();
    for segment in Segments::new(file) {
        match segment.marker {
            HUFFMAN_TABLES | QUANTISATION_TABLES | RESTART_INTERVAL => {
                tables.extend_from_slice(segment.bytes);
            }
            START_OF_SCAN => {
                let scan = Scan::parse(frame, segment.data).ok_or(DecodeError::Damaged)?;
                let [selected] = scan.components.as_slice() else {
                    return Err(DecodeError::Damaged);
                };
                let plane = &mut planes[selected.index];
                if plane.is_none() {
                    let component = &frame.components[selected.index];
                    let file = grey_file(frame, component, &tables, segment.bytes, segment.scan);
                    *plane = Some(Plane::decode(frame, component, &file)?);
                }
            }
            _ => {}
        }
    }
    let planes: Option<Vec<Plane>> = planes.into_iter().collect();
    to_rgb(frame, &planes.ok_or(DecodeError::Truncated)?, colours)
}

/// A component's scan as a grey image.
fn grey_file(
    frame: &Frame,
    component: &Component,
    tables: &[u8],
    scan_header: &[u8],
    scan: &[u8],
) -> Vec<u8> {
    let (width, height) = frame.component_size(component);
    let [h1, h0] = (height as u16).to_be_bytes();
    let [w1, w0] = (width as u16).to_be_bytes();
    let Component {
        id,
        quantisation_table,
        ..
    } = *component;
    #[rustfmt::skip]
    let header = [
        0xff, frame.marker, 0, 11, 8, h1, h0, w1, w0, 1, id, 0x11, quantisation_table,
    ];
    [
        &[0xff, 0xd8],
        tables,
        &header,
        scan_header,
        scan,
        &END_OF_IMAGE,
    ]
    .concat()
}

/// The samples of a component.
struct Plane {
    width: usize,
    samples: Vec<u8>,
    /// Its sampling factors.
    horizontal: usize,
    vertical: usize,
}

impl Plane {
    fn decode(frame: &Frame, component: &Component, file: &[u8]) -> Result<Self, DecodeError> {
        let (width, height) = frame.component_size(component);
        let side = usize::from(u16::MAX);
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(side)
            .set_max_height(side)
            .jpeg_set_out_colorspace(ColorSpace::Luma);
        let mut samples = vec![0; width * height];
        JpegDecoder::new_with_options(ZCursor::new(file), options)
            .decode_into(&mut samples)
            .map_err(|_| DecodeError::Damaged)?;
        Ok(Self {
            width,
            samples,
            horizontal: component.horizontal,
            vertical: component.vertical,
        })
    }

    /// The sample at a pixel of the image.
    fn at(&self, frame: &Frame, x: usize, y: usize) -> u8 {
        let (x, y) = (
            x * self.horizontal / frame.horizontal,
            y * self.vertical / frame.vertical,
        );
        self.samples[y * self.width + x]
    }
}

fn to_rgb(frame: &Frame, planes: &[Plane], colours: ColorSpace) -> Result<Vec<u8>, DecodeError> {
    let mut rgb = vec![0; frame.width * frame.height * 3];
    let pixels = rgb.as_chunks_mut().0.iter_mut().enumerate();
    let at =
        |pixel: usize, plane: &Plane| plane.at(frame, pixel % frame.width, pixel / frame.width);
    match (colours, planes) {
        (ColorSpace::YCbCr, [luma, blue, red]) => {
            for (i, pixel) in pixels {
                *pixel = ycbcr_to_rgb(at(i, luma), at(i, blue), at(i, red));
            }
        }
        (ColorSpace::RGB, [red, green, blue]) => {
            for (i, pixel) in pixels {
                *pixel = [at(i, red), at(i, green), at(i, blue)];
            }
        }
        // Adobe's programs store inks inverted: 255 is none.
        (ColorSpace::CMYK, [cyan, magenta, yellow, black]) => {
            for (i, pixel) in pixels {
                let inks = [at(i, cyan), at(i, magenta), at(i, yellow)];
                *pixel = inks.map(|ink| product(ink, at(i, black)));
            }
        }
        (ColorSpace::YCCK, [luma, blue, red, black]) => {
            for (i, pixel) in pixels {
                let inks = ycbcr_to_rgb(at(i, luma), at(i, blue), at(i, red));
                *pixel = inks.map(|ink| product(255 - ink, at(i, black)));
            }
        }
        _ => return Err(DecodeError::Damaged),
    }
    Ok(rgb)
}

/// The product of two fractions of 255.
fn product(a: u8, b: u8) -> u8 {
    ((u32::from(a) * u32::from(b) + 127) / 255) as u8
}

/// Source: ITU-T T.871 (JFIF), section 7, in units of 1/65536.
fn ycbcr_to_rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let luma = (i32::from(luma) << 16) + (1 << 15);
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    [
        luma + 91_881 * red,
        luma - 22_554 * blue - 46_802 * red,
        luma + 116_130 * blue,
    ]
    .map(|value| (value >> 16).clamp(0, 255) as u8)
}
