//! The page's gallery: the first six test images of each class, in one sprite image.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use shared::Garment;
use shared::garment::CLASSES;
use shared::image::SIDE;

use crate::data::Examples;

/// Images of each class.
pub const IMAGES_PER_CLASS: usize = fashion_mnist::GALLERY.len();

/// Encodes the gallery as PNG: one column per class in label order, one row per image.
///
/// # Shapes
/// 280 x 168 pixels, 8-bit grey.
///
/// # Errors
/// The encoder fails.
pub fn encode_sprite(test: &Examples) -> image::ImageResult<Vec<u8>> {
    let side = SIDE as u32;
    let mut sprite = GrayImage::new(side * CLASSES as u32, side * IMAGES_PER_CLASS as u32);
    for garment in Garment::ALL {
        let examples = test
            .labels
            .iter()
            .zip(&test.images)
            .filter(|(g, _)| **g == garment);
        for (row, (_, image)) in examples.take(IMAGES_PER_CLASS).enumerate() {
            for (i, &value) in image.pixels().iter().enumerate() {
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
