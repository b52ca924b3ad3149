//! Training images as people have them: drawn as product photos, tilted, small or cut out, and prepared by the photo pipeline.

use photo::{Edits, Pipeline};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use shared::image::{RgbaImage, SIDE};
use shared::{Garment, Grey28};

/// The largest tilt of a garment, in degrees.
const MAX_TILT: f32 = 20.0;
/// The side of the garment in a product photo, in pixels, and the margin around it.
const GARMENT_SIDE: std::ops::RangeInclusive<u32> = 84..=196;
const MARGIN: u32 = 12;
/// The side of a garment that is small within a 28x28 image.
const SMALL_SIDE: std::ops::RangeInclusive<u32> = 14..=25;
/// The side of a JPEG block, in pixels.
const BLOCK: usize = 8;
/// Greys of the paper.
const PAPER: std::ops::RangeInclusive<u8> = 215..=255;

/// A view of a garment that people may have; `None` where the pipeline finds nothing.
pub fn garment_view(image: &Grey28, rng: &mut ChaCha8Rng) -> Option<Grey28> {
    match rng.random_range(0..12) {
        0 | 1 => small(image, rng),
        2 => white_cut_out(image, rng),
        3 | 4 => product_photo(image, 0.0, rng),
        5 => Some(compressed(image, rng)),
        6 => Some(tilted(image, rng.random_range(-MAX_TILT..=MAX_TILT))),
        _ => {
            let tilt = rng.random_range(-MAX_TILT..=MAX_TILT);
            product_photo(image, tilt, rng)
        }
    }
}

/// A garment that lies on its side or upside down, so that it looks like none of its class; `None` for trousers and bags,
/// which look much the same.
pub fn lying_view(image: &Grey28, class: Garment, rng: &mut ChaCha8Rng) -> Option<Grey28> {
    if matches!(class, Garment::Trouser | Garment::Bag) {
        return None;
    }
    let quarters = rng.random_range(1..=3);
    let tilt = rng.random_range(-5.0..=5.0);
    product_photo(image, 90.0 * quarters as f32 + tilt, rng)
}

/// A dark garment on light paper, tilted clockwise by `tilt` degrees; `None` where the pipeline finds nothing.
pub fn product_photo(image: &Grey28, tilt: f32, rng: &mut ChaCha8Rng) -> Option<Grey28> {
    let side = rng.random_range(GARMENT_SIDE);
    let paper = rng.random_range(PAPER);
    let page = side + 2 * MARGIN;
    let photo = RgbaImage::from_fn(page, page, |x, y| {
        let value = |at: u32| (at as f32 - MARGIN as f32 + 0.5) * SIDE as f32 / side as f32 - 0.5;
        let grey = 255.0 - bilinear(image, value(x), value(y));
        let grey = (grey * f32::from(paper) / 255.0 + 0.5) as u8;
        [grey, grey, grey, 255]
    });
    prepare(&photo, tilt)
}

/// A garment that is small within a 28x28 image, and not in its middle.
fn small(image: &Grey28, rng: &mut ChaCha8Rng) -> Option<Grey28> {
    let size = rng.random_range(SMALL_SIDE);
    let mut start = || rng.random_range(0..=SIDE as u32 - size);
    let (left, top) = (start(), start());
    let photo = RgbaImage::from_fn(SIDE as u32, SIDE as u32, |x, y| {
        let value = |at: u32, start: u32| {
            (at as f32 - start as f32 + 0.5) * SIDE as f32 / size as f32 - 0.5
        };
        let grey = (bilinear(image, value(x, left), value(y, top)) + 0.5) as u8;
        [grey, grey, grey, 255]
    });
    prepare(&photo, 0.0)
}

/// A 28x28 image with the noise that JPEG leaves in those of its blocks that are not empty.
fn compressed(image: &Grey28, rng: &mut ChaCha8Rng) -> Grey28 {
    let noise = rng.random_range(2..=12i16);
    let block = |i: usize| i / SIDE / BLOCK * SIDE + i % SIDE / BLOCK;
    let mut is_filled = [false; SIDE * SIDE];
    for (i, &pixel) in image.pixels().iter().enumerate() {
        is_filled[block(i)] |= pixel > 0;
    }
    Grey28::new(core::array::from_fn(|i| {
        let change = if is_filled[block(i)] {
            rng.random_range(-noise..=noise)
        } else {
            0
        };
        (i16::from(image.pixels()[i]) + change).clamp(0, 255) as u8
    }))
}

/// A 28x28 image that was tilted within its frame, clockwise by `degrees`.
pub fn tilted(image: &Grey28, degrees: f32) -> Grey28 {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let centre = SIDE as f32 / 2.0 - 0.5;
    Grey28::new(core::array::from_fn(|i| {
        let (x, y) = ((i % SIDE) as f32 - centre, (i / SIDE) as f32 - centre);
        let (x, y) = (x * cos + y * sin + centre, y * cos - x * sin + centre);
        (bilinear(image, x, y) + 0.5) as u8
    }))
}

/// A nearly white garment with transparent surroundings.
fn white_cut_out(image: &Grey28, rng: &mut ChaCha8Rng) -> Option<Grey28> {
    let side = rng.random_range(GARMENT_SIDE);
    let contrast = rng.random_range(0.02..0.12);
    let photo = RgbaImage::from_fn(side, side, |x, y| {
        let value = |at: u32| (at as f32 + 0.5) * SIDE as f32 / side as f32 - 0.5;
        let grey = bilinear(image, value(x), value(y));
        let shade = (255.0 - contrast * grey + 0.5) as u8;
        let alpha = ((grey - 10.0) * 12.0).clamp(0.0, 255.0) as u8;
        [shade, shade, shade, alpha]
    });
    prepare(&photo, 0.0)
}

fn prepare(photo: &RgbaImage, rotation: f32) -> Option<Grey28> {
    let edits = Edits {
        rotation,
        ..Edits::default()
    };
    let prepared = Pipeline::new(photo).ok()?.prepare(&edits).ok()?;
    Some(prepared.grey)
}

/// The grey at a point of an image, 0 outside of it.
fn bilinear(image: &Grey28, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let value = |column: f32, row: f32| {
        let inside = |at: f32| (0.0..SIDE as f32).contains(&at);
        if inside(column) && inside(row) {
            f32::from(image.pixels()[row as usize * SIDE + column as usize])
        } else {
            0.0
        }
    };
    let across = |row: f32| {
        let first = value(left, row);
        first + (x - left) * (value(left + 1.0, row) - first)
    };
    let first = across(top);
    first + (y - top) * (across(top + 1.0) - first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// A T-shirt: a body with two sleeves.
    fn shirt() -> Grey28 {
        Grey28::new(core::array::from_fn(|i| {
            let (x, y) = (i % SIDE, i / SIDE);
            let body = (8..20).contains(&x);
            let sleeves = (2..10).contains(&y);
            if body || sleeves { 180 } else { 0 }
        }))
    }

    fn difference(one: &Grey28, other: &Grey28) -> u32 {
        let pairs = one.pixels().iter().zip(other.pixels());
        pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
    }

    #[test]
    fn views_look_like_the_garment_and_lying_ones_do_not() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let upright = product_photo(&shirt(), 0.0, &mut rng).unwrap();
        let lying = lying_view(&shirt(), Garment::TShirt, &mut rng).unwrap();
        let total: u32 = shirt().pixels().iter().map(|&p| u32::from(p)).sum();
        assert!(6 * difference(&shirt(), &upright) < total);
        assert!(2 * difference(&shirt(), &lying) > total);
        let small = small(&shirt(), &mut rng).unwrap();
        assert!(5 * difference(&shirt(), &small) < total);
        assert!(lying_view(&shirt(), Garment::Bag, &mut rng).is_none());
    }

    #[test]
    fn a_white_cut_out_has_the_garments_outline() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let cut_out = white_cut_out(&shirt(), &mut rng).unwrap();
        let pixels = cut_out.pixels();
        assert!(pixels[20 * SIDE + 2] == 0 && pixels[20 * SIDE + 14] > 10);
    }
}
