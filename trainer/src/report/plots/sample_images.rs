//! The first 25 training pictures, under their classes.

use std::fmt::Write;
use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use shared::Grey28;
use shared::image::SIDE;

use super::canvas::{self, LABEL, px};
use crate::data::DataSet;
use crate::report::ReportError;

/// Of rows and of columns.
const GRID: usize = 5;
const CELL: (i32, i32) = (px(124), px(142));
const PICTURE: i32 = px(112);
const ORIGIN: (i32, i32) = (px(24), px(76));

/// As SVG: the pictures are PNG within, for a drawing of their pixels would be ten times as long.
///
/// # Errors
/// See [`canvas::drawn`], or the encoder's.
pub fn drawn(data: &DataSet) -> Result<String, ReportError> {
    let heading = "Twenty-five pictures";
    let across = CELL.0 * GRID as i32;
    let size = (
        2 * ORIGIN.0 + across - (CELL.0 - PICTURE),
        ORIGIN.1 + CELL.1 * GRID as i32 + px(6),
    );
    let place = |i: usize| {
        let (row, column) = ((i / GRID) as i32, (i % GRID) as i32);
        (ORIGIN.0 + CELL.0 * column, ORIGIN.1 + CELL.1 * row)
    };
    let first = data.train.first(GRID * GRID);
    let note = "The training set's first, 28 x 28 pixels of grey each, as the models see them.";
    let svg = canvas::drawn(heading, note, size, |sheet| {
        for (i, garment) in first.labels.iter().enumerate() {
            let (x, y) = place(i);
            let below = (x + PICTURE / 2, y + PICTURE + px(12));
            sheet.text(below, garment.label(), LABEL.centred())?;
        }
        Ok(())
    })?;
    let mut pictures = String::new();
    for (i, picture) in first.pictures.iter().enumerate() {
        let (x, y) = place(i);
        let png = png(picture).map_err(|e| ReportError::Plot {
            plot: heading.into(),
            reason: e.to_string(),
        })?;
        // Writing to a string cannot fail.
        let _ = writeln!(
            pictures,
            "<image x=\"{x}\" y=\"{y}\" width=\"{PICTURE}\" height=\"{PICTURE}\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
            base64(&png)
        );
    }
    Ok(svg.replacen("</svg>", &format!("{pictures}</svg>"), 1))
}

fn png(picture: &Grey28) -> image::ImageResult<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    let side = SIDE as u32;
    PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive)
        .write_image(picture.pixels(), side, side, ExtendedColorType::L8)?;
    Ok(png.into_inner())
}

/// RFC 4648, section 4.
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
    fn base64_is_the_standard_s() {
        // RFC 4648, section 10.
        let vectors = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        for (length, encoded) in vectors.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), encoded);
        }
    }

    #[test]
    fn a_picture_comes_back_from_its_png() {
        let pixels: [u8; 784] = std::array::from_fn(|i| (i * 7 % 256) as u8);
        let png = png(&Grey28::new(pixels)).unwrap();
        let back = image::load_from_memory(&png).unwrap().into_luma8();
        assert_eq!(back.as_raw().as_slice(), pixels);
    }
}
