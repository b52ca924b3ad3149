//! The page's gallery: the first six test pictures of each class, as one sprite.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use shared::Garment;
use shared::garment::CLASSES;
use shared::image::SIDE;

use crate::data::Examples;

/// Pictures of each class.
pub const EACH: usize = 6;

/// A column a class in label order, a row an example; PNG.
///
/// # Shapes
/// 280 x 168 pixels, 8-bit grey.
///
/// # Errors
/// The encoder's.
pub fn sprite(test: &Examples) -> image::ImageResult<Vec<u8>> {
    let side = SIDE as u32;
    let mut sprite = GrayImage::new(side * CLASSES as u32, side * EACH as u32);
    for garment in Garment::ALL {
        let mine = test
            .labels
            .iter()
            .zip(&test.images)
            .filter(|(g, _)| **g == garment);
        for (row, (_, picture)) in mine.take(EACH).enumerate() {
            for (i, &value) in picture.pixels().iter().enumerate() {
                let x = garment.index() as u32 * side + (i % SIDE) as u32;
                let y = row as u32 * side + (i / SIDE) as u32;
                sprite.put_pixel(x, y, Luma([value]));
            }
        }
    }
    let mut png = Cursor::new(Vec::new());
    sprite.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}
