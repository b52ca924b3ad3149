//! The visitor's edits, which change the pipeline: rotation, crop, polarity and the mask.

use alloc::vec::Vec;
use core::ops::Range;

use serde::{Deserialize, Serialize};

use super::mask::Mask;

/// All changes; by default, none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edits {
    /// Degrees by which the photo is rotated clockwise, before everything else.
    pub rotation: f32,
    /// The part of the rotated photo that is used; by default, all of it.
    pub crop: Option<Crop>,
    /// Whether greys are negated, as in the data set; by default, the pipeline decides.
    pub inverted: Option<bool>,
    /// Brush strokes on the mask, in this order.
    pub strokes: Vec<Stroke>,
}

/// A rectangle, as fractions of the rotated photo's width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

/// A polyline painted with a round brush.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stroke {
    /// Whether it removes from the garment instead of adding to it.
    pub erases: bool,
    /// The brush's radius, as a fraction of the rotated photo's longer side.
    pub radius: f32,
    /// Points on the rotated photo, as fractions of its width and height.
    pub points: Vec<[f32; 2]>,
}

impl Crop {
    /// The whole photo.
    pub const WHOLE: Self = Self {
        left: 0.0,
        top: 0.0,
        width: 1.0,
        height: 1.0,
    };

    /// A part of this crop, given as shares of the crop, as shares of the photo.
    pub(crate) fn part(self, part: Self) -> Self {
        Self {
            left: self.left + part.left * self.width,
            top: self.top + part.top * self.height,
            width: part.width * self.width,
            height: part.height * self.height,
        }
    }

    /// The pixels, of `length` along an edge, from the fraction `start` on over the fraction `extent`; at least one.
    pub(crate) fn pixels(start: f32, extent: f32, length: usize) -> Range<usize> {
        // A cast saturates, and NaN becomes 0.
        let pixel = |fraction: f32| (fraction * length as f32 + 0.5) as usize;
        let first = pixel(start).min(length - 1);
        first..pixel(start + extent).clamp(first + 1, length)
    }
}

impl Stroke {
    /// Paints on the mask of a crop of a photo; `size` is the rotated photo's width and height in pixels.
    pub(crate) fn paint(&self, mask: &mut Mask, crop: Crop, size: [f32; 2]) {
        let radius = self.radius * size[0].max(size[1]);
        let corner = [crop.left * size[0], crop.top * size[1]];
        let extent = [crop.width * size[0], crop.height * size[1]];
        let mask_width = mask.width as usize;
        let cell = [
            extent[0] / mask.width as f32,
            extent[1] / mask.height as f32,
        ];
        let to_pixels = |point: &[f32; 2]| [point[0] * size[0], point[1] * size[1]];
        let ends = self.points.iter().skip(1).chain(self.points.last());
        for (from, to) in self.points.iter().zip(ends) {
            let (from, to) = (to_pixels(from), to_pixels(to));
            for (i, alpha) in mask.alpha.iter_mut().enumerate() {
                let centre = [
                    corner[0] + ((i % mask_width) as f32 + 0.5) * cell[0],
                    corner[1] + ((i / mask_width) as f32 + 0.5) * cell[1],
                ];
                if is_near_segment(centre, from, to, radius) {
                    *alpha = if self.erases { 0 } else { 255 };
                }
            }
        }
    }
}

/// Whether a point is at most `radius` away from the line segment between two others.
fn is_near_segment(point: [f32; 2], from: [f32; 2], to: [f32; 2], radius: f32) -> bool {
    let direction = [to[0] - from[0], to[1] - from[1]];
    let offset = [point[0] - from[0], point[1] - from[1]];
    let squared_length = direction[0] * direction[0] + direction[1] * direction[1];
    let along = if squared_length > 0.0 {
        ((offset[0] * direction[0] + offset[1] * direction[1]) / squared_length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let apart = [
        offset[0] - along * direction[0],
        offset[1] - along * direction[1],
    ];
    apart[0] * apart[0] + apart[1] * apart[1] <= radius * radius
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn mask() -> Mask {
        Mask {
            width: 20,
            height: 10,
            alpha: vec![0; 200],
        }
    }

    #[test]
    fn a_stroke_paints_what_its_brush_covers() {
        let mut mask = mask();
        // From the middle of pixel 2 to that of pixel 12 of row 5, one pixel to either side.
        let mut stroke = Stroke {
            erases: false,
            radius: 0.052,
            points: vec![[0.125, 0.55], [0.625, 0.55]],
        };
        stroke.paint(&mut mask, Crop::WHOLE, [200.0, 100.0]);
        let painted = |mask: &Mask| mask.alpha.iter().filter(|&&a| a == 255).count();
        // Three rows of eleven, less nothing at the round ends: beside them one pixel each.
        assert_eq!(painted(&mask), 3 * 11 + 2);
        stroke.erases = true;
        stroke.points.truncate(1);
        stroke.paint(&mut mask, Crop::WHOLE, [200.0, 100.0]);
        // The pixel itself and its four neighbours.
        assert_eq!(painted(&mask), 3 * 11 + 2 - 5);
    }

    #[test]
    fn cropping_does_not_move_a_stroke_on_the_photo() {
        let (mut whole, mut part) = (mask(), mask());
        let stroke = Stroke {
            erases: false,
            radius: 0.03,
            points: vec![[0.525, 0.45]],
        };
        stroke.paint(&mut whole, Crop::WHOLE, [200.0, 100.0]);
        let right = Crop {
            left: 0.5,
            width: 0.5,
            ..Crop::WHOLE
        };
        stroke.paint(&mut part, right, [200.0, 100.0]);
        assert_eq!(whole.alpha[4 * 20 + 10], 255);
        // At the beginning of the right half.
        assert!(part.alpha[4 * 20 + 1] == 255 && part.alpha[4 * 20 + 10] == 0);
    }

    #[test]
    fn an_invalid_crop_leaves_at_least_a_pixel() {
        for (left, width) in [(f32::NAN, f32::NAN), (2.0, 1.0), (-1.0, 0.0), (0.5, -3.0)] {
            let pixels = Crop::pixels(left, width, 10);
            assert!(!pixels.is_empty() && pixels.end <= 10, "{left} {width}");
        }
        assert_eq!(Crop::pixels(0.25, 0.5, 100), 25..75);
    }
}
