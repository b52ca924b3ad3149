//! The photo with the outline of the mask, and a pale background.

use photo::{Crop, Mask};

use crate::state::image::InputImage;
use shared::image::RgbaImage;

/// A red line inside and a white line outside are visible on any garment and any background.
const INNER: [u8; 4] = [210, 40, 30, 255];
const OUTER: [u8; 4] = [255, 255, 255, 255];
/// The opacity outside of the mask: the page's background shows through, light or dark.
pub const PALE: u8 = 105;

/// The photo, shrunk to at most `side` pixels a side; `None` where there is no mask.
pub fn draw_outline(image: &InputImage, side: u32) -> Option<RgbaImage> {
    let preprocessing = image.preprocessing.as_ref()?;
    let segmentation = preprocessing.segmentation.as_ref()?;
    let mut outlined = image.thumbnail.clone().downscaled(side);
    let in_mask = pixels_in_mask(&outlined, &segmentation.mask, preprocessing.crop());
    let (width, height) = (outlined.width() as usize, outlined.height() as usize);
    for (i, pixel) in outlined.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (i % width, i / width);
        let is_inside = in_mask[i];
        let neighbours = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then(|| i + 1),
            (y > 0).then(|| i - width),
            (y + 1 < height).then(|| i + width),
        ];
        let is_edge = neighbours
            .into_iter()
            .flatten()
            .any(|j| in_mask[j] != is_inside);
        match (is_edge, is_inside) {
            (true, true) => pixel.copy_from_slice(&INNER),
            (true, false) => pixel.copy_from_slice(&OUTER),
            (false, true) => {}
            (false, false) => pixel[3] = PALE,
        }
    }
    Some(outlined)
}

/// Whether each pixel is in the mask.
fn pixels_in_mask(photo: &RgbaImage, mask: &Mask, crop: Crop) -> Vec<bool> {
    let (width, height) = (photo.width(), photo.height());
    let share = |i: u32, edge: u32, start: f32, length: f32| {
        ((i as f32 + 0.5) / edge as f32 - start) / length
    };
    let mut in_mask = Vec::with_capacity(width as usize * height as usize);
    for y in 0..height {
        let v = share(y, height, crop.top, crop.height);
        for x in 0..width {
            let u = share(x, width, crop.left, crop.width);
            let inside = (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v);
            in_mask.push(inside && mask.sample(u, v) >= 0.5);
        }
    }
    in_mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::image::{Origin, Preprocessing, Segmentation};
    use photo::{Edits, Frame, Route};
    use shared::Grey28;

    /// Grey, 40 x 20; the mask is the left half of its right half.
    fn image() -> InputImage {
        let blank = || RgbaImage::from_fn(40, 20, |_, _| [90, 90, 90, 255]);
        InputImage {
            number: 1,
            photo: 1,
            origin: Origin::Visitor("coat.jpg".into()),
            test_number: None,
            grey: Grey28::new([0; 784]),
            frame: Frame {
                x: 0.0,
                y: 0.0,
                side: 40.0,
            },
            width: 40,
            height: 20,
            thumbnail: blank(),
            has_other_profile: false,
            is_damaged: false,
            preprocessing: Some(Preprocessing {
                straightened_by: 0.0,
                photo_size: (100, 100),
                edits: Edits {
                    crop: Some(Crop {
                        left: 0.5,
                        width: 0.5,
                        ..Crop::WHOLE
                    }),
                    ..Edits::default()
                },
                route: Route::Scene { inverted: true },
                segmentation: Some(Segmentation {
                    mask: Mask {
                        width: 2,
                        height: 1,
                        alpha: vec![255, 0],
                    },
                    cutout: blank(),
                    toned: blank(),
                }),
                quality: 1.0,
                is_plain: false,
                is_white: false,
                is_cut_off: false,
                inside_frame: None,
                objects: Vec::new(),
            }),
        }
    }

    #[test]
    fn the_outline_is_at_the_edge_of_the_mask_in_the_crop() {
        let outlined = draw_outline(&image(), 640).unwrap();
        let row = &outlined.pixels()[10 * 40..11 * 40];
        assert_eq!((row[19], row[20]), (OUTER, INNER));
        assert_eq!((row[29], row[30]), (INNER, OUTER));
        assert_eq!((row[25], row[5]), ([90, 90, 90, 255], [90, 90, 90, PALE]));
    }

    #[test]
    fn the_photo_is_shrunk() {
        let outlined = draw_outline(&image(), 15).unwrap();
        assert_eq!((outlined.width(), outlined.height()), (14, 7));
        assert_eq!(outlined.rgba().len(), 14 * 7 * 4);
    }
}
