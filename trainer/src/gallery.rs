//! The page's gallery: the first six test images of each class, in one sprite image; and the card that represents the page where a
//! link to it is shared.

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
    encode_png(&sprite(test))
}

fn sprite(test: &Examples) -> GrayImage {
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
    sprite
}

/// Size of the card, as the Open Graph protocol's readers expect it.
const CARD: (u32, u32) = (1200, 630);
/// Rows of test images on the card, and how much they are enlarged.
const CARD_ROWS: u32 = 5;
const CARD_SCALE: u32 = 4;

/// Encodes the card as PNG: the first rows of the gallery, enlarged.
///
/// # Errors
/// The encoder fails.
pub fn encode_card(test: &Examples) -> image::ImageResult<Vec<u8>> {
    let sprite = sprite(test);
    let (width, height) = (
        sprite.width() * CARD_SCALE,
        SIDE as u32 * CARD_ROWS * CARD_SCALE,
    );
    let (left, top) = ((CARD.0 - width) / 2, (CARD.1 - height) / 2);
    let mut card = GrayImage::new(CARD.0, CARD.1);
    for y in 0..height {
        for x in 0..width {
            let pixel = sprite.get_pixel(x / CARD_SCALE, y / CARD_SCALE);
            card.put_pixel(left + x, top + y, *pixel);
        }
    }
    encode_png(&card)
}

fn encode_png(image: &GrayImage) -> image::ImageResult<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}
