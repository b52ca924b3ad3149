//! The plot of the first 25 training images, with their classes.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use plot::markup::Anchor;
use shared::Grey28;
use shared::image::SIDE;

use super::canvas::{Canvas, LABEL};
use crate::data::DataSet;
use crate::report::error::ReportError;

/// Rows and columns.
const GRID: usize = 5;
const CELL: (f64, f64) = (124.0, 142.0);
const IMAGE: f64 = 112.0;
const ORIGIN: (f64, f64) = (24.0, 76.0);

/// The plot as SVG. The images are embedded as PNG files: as rectangles, they would take ten times the bytes.
///
/// # Errors
/// An image cannot be encoded.
pub fn draw(data: &DataSet) -> Result<String, ReportError> {
    let size = (
        2.0 * ORIGIN.0 + CELL.0 * GRID as f64 - (CELL.0 - IMAGE),
        ORIGIN.1 + CELL.1 * GRID as f64 + 6.0,
    );
    let mut canvas = Canvas::new(
        "The first 25 training images",
        "28 x 28 grey pixels each, as the models get them.",
        size,
    );
    let first = data.train.first(GRID * GRID);
    for (i, (image, garment)) in first.images.iter().zip(&first.labels).enumerate() {
        let (row, column) = ((i / GRID) as f64, (i % GRID) as f64);
        let (x, y) = (ORIGIN.0 + CELL.0 * column, ORIGIN.1 + CELL.1 * row);
        canvas.png((x, y), IMAGE, &base64(&png(image)?));
        let below = (x + IMAGE / 2.0, y + IMAGE + 12.0);
        canvas.text(below, garment.label(), Anchor::Middle, LABEL);
    }
    Ok(canvas.finish())
}

fn png(image: &Grey28) -> image::ImageResult<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    let side = SIDE as u32;
    PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive)
        .write_image(image.pixels(), side, side, ExtendedColorType::L8)?;
    Ok(png.into_inner())
}

/// Base64 by RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(group);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_matches_the_test_vectors_of_the_rfc() {
        // RFC 4648, section 10.
        let vectors = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        for (length, encoded) in vectors.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), encoded);
        }
    }

    #[test]
    fn an_image_is_unchanged_in_its_png() {
        let pixels: [u8; 784] = std::array::from_fn(|i| (i * 7 % 256) as u8);
        let png = png(&Grey28::new(pixels)).unwrap();
        let back = image::load_from_memory(&png).unwrap().into_luma8();
        assert_eq!(back.as_raw().as_slice(), pixels);
    }
}
