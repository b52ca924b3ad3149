//! The photo with the garment's outline drawn on it, and everything else made pale.

use photo::{Crop, Mask};
use shared::image::RgbaImage;

use crate::state::image::{Development, Picture};

/// Red within and white without can be seen on any garment and any floor.
const INNER: [u8; 4] = [210, 40, 30, 255];
const OUTER: [u8; 4] = [255, 255, 255, 255];
/// Lets the page's paper through, light or dark.
const PALE: u8 = 105;

/// The photo, shrunk to at most `side` pixels a side; `None` where there is no mask.
pub fn outlined(picture: &Picture, side: u32) -> Option<RgbaImage> {
    let Development { edits, mask, .. } = picture.development.as_ref()?;
    let mut bitmap = picture.thumbnail.clone().downscaled(side);
    let crop = edits.crop.unwrap_or(Crop::WHOLE);
    let held = held(&bitmap, mask, crop);
    let (width, height) = (bitmap.width() as usize, bitmap.height() as usize);
    for (i, pixel) in bitmap.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (i % width, i / width);
        let here = held[i];
        let near = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then(|| i + 1),
            (y > 0).then(|| i - width),
            (y + 1 < height).then(|| i + width),
        ];
        let is_edge = near.into_iter().flatten().any(|j| held[j] != here);
        match (is_edge, here) {
            (true, true) => pixel.copy_from_slice(&INNER),
            (true, false) => pixel.copy_from_slice(&OUTER),
            (false, true) => {}
            (false, false) => pixel[3] = PALE,
        }
    }
    Some(bitmap)
}

/// Which pixels are garment.
fn held(bitmap: &RgbaImage, mask: &Mask, crop: Crop) -> Vec<bool> {
    let (width, height) = (bitmap.width(), bitmap.height());
    let part = |i: u32, edge: u32, start: f32, length: f32| {
        ((i as f32 + 0.5) / edge as f32 - start) / length
    };
    let mut held = Vec::with_capacity(width as usize * height as usize);
    for y in 0..height {
        let v = part(y, height, crop.top, crop.height);
        for x in 0..width {
            let u = part(x, width, crop.left, crop.width);
            let inside = (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v);
            held.push(inside && mask.sample(u, v) >= 0.5);
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::image::Origin;
    use photo::{Edits, Frame, Route};
    use shared::Grey28;

    /// Grey, 40 x 20, of whose right half's left half is garment.
    fn picture() -> Picture {
        let blank = || RgbaImage::from_fn(40, 20, |_, _| [90, 90, 90, 255]);
        Picture {
            number: 1,
            photo: 1,
            origin: Origin::Visitor("coat.jpg".into()),
            grey: Grey28::new([0; 784]),
            frame: Frame {
                x: 0.0,
                y: 0.0,
                side: 40.0,
            },
            width: 40,
            height: 20,
            thumbnail: blank(),
            development: Some(Development {
                edits: Edits {
                    crop: Some(Crop {
                        left: 0.5,
                        width: 0.5,
                        ..Crop::WHOLE
                    }),
                    ..Edits::default()
                },
                route: Route::Scene { inverted: true },
                mask: Mask {
                    width: 2,
                    height: 1,
                    alpha: vec![255, 0],
                },
                quality: 1.0,
                is_white: false,
                cutout: blank(),
                toned: blank(),
            }),
        }
    }

    #[test]
    fn the_outline_lies_where_the_crop_puts_the_mask() {
        let bitmap = outlined(&picture(), 640).unwrap();
        let row = &bitmap.pixels()[10 * 40..11 * 40];
        assert_eq!((row[19], row[20]), (OUTER, INNER));
        assert_eq!((row[29], row[30]), (INNER, OUTER));
        assert_eq!((row[25], row[5]), ([90, 90, 90, 255], [90, 90, 90, PALE]));
    }

    #[test]
    fn a_small_plate_is_drawn_small() {
        let bitmap = outlined(&picture(), 15).unwrap();
        assert_eq!((bitmap.width(), bitmap.height()), (14, 7));
        assert_eq!(bitmap.rgba().len(), 14 * 7 * 4);
    }
}
