//! What a visitor changes about the way from photo to picture.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::mask::Mask;

/// All of it; by default, nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edits {
    /// Degrees by which the photo is turned clockwise.
    pub rotation: f32,
    /// The part of the turned photo that is looked at.
    pub crop: Option<Crop>,
    /// Whether greys are negated, as the data set's were; else the photo decides.
    pub inverted: Option<bool>,
    /// What was painted on the mask, in this order.
    pub strokes: Vec<Stroke>,
}

/// A rectangle, in shares of the turned photo's width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

/// A line painted with a round brush.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stroke {
    /// Whether it takes from the garment instead of adding to it.
    pub erases: bool,
    /// The brush's radius, as a share of the turned photo's longer side.
    pub radius: f32,
    /// Places on the turned photo, in shares of its width and height.
    pub points: Vec<[f32; 2]>,
}

impl Crop {
    /// All of it.
    pub const WHOLE: Self = Self {
        left: 0.0,
        top: 0.0,
        width: 1.0,
        height: 1.0,
    };

    /// The first pixel and their number, of an edge from which `width` is taken at `left`; at least one.
    pub(super) fn pixels(left: f32, width: f32, edge: usize) -> (usize, usize) {
        // A cast saturates, and takes what is no number for 0.
        let at = |share: f32| (share * edge as f32 + 0.5) as usize;
        let first = at(left).min(edge - 1);
        let end = at(left + width).clamp(first + 1, edge);
        (first, end - first)
    }
}

impl Stroke {
    /// Paints on a mask of the crop of a photo that was `size` pixels wide and high once turned.
    pub(super) fn paint(&self, mask: &mut Mask, crop: Crop, size: [f32; 2]) {
        let radius = self.radius * size[0].max(size[1]);
        let corner = [crop.left * size[0], crop.top * size[1]];
        let extent = [crop.width * size[0], crop.height * size[1]];
        let wide = mask.width as usize;
        let cell = [
            extent[0] / mask.width as f32,
            extent[1] / mask.height as f32,
        ];
        let place = |point: &[f32; 2]| [point[0] * size[0], point[1] * size[1]];
        let ends = self.points.iter().skip(1).chain(self.points.last());
        for (from, to) in self.points.iter().zip(ends) {
            let (from, to) = (place(from), place(to));
            for (i, share) in mask.shares.iter_mut().enumerate() {
                let at = [
                    corner[0] + ((i % wide) as f32 + 0.5) * cell[0],
                    corner[1] + ((i / wide) as f32 + 0.5) * cell[1],
                ];
                if is_near(at, from, to, radius) {
                    *share = if self.erases { 0 } else { 255 };
                }
            }
        }
    }
}

/// Whether a place is at most `radius` from the line between two others.
fn is_near(at: [f32; 2], from: [f32; 2], to: [f32; 2], radius: f32) -> bool {
    let way = [to[0] - from[0], to[1] - from[1]];
    let off = [at[0] - from[0], at[1] - from[1]];
    let length = way[0] * way[0] + way[1] * way[1];
    let along = match length > 0.0 {
        true => ((off[0] * way[0] + off[1] * way[1]) / length).clamp(0.0, 1.0),
        false => 0.0,
    };
    let apart = [off[0] - along * way[0], off[1] - along * way[1]];
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
            shares: vec![0; 200],
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
        let painted = |mask: &Mask| mask.shares.iter().filter(|&&s| s == 255).count();
        // Three rows of eleven, less nothing at the round ends: beside them one pixel each.
        assert_eq!(painted(&mask), 3 * 11 + 2);
        stroke.erases = true;
        stroke.points.truncate(1);
        stroke.paint(&mut mask, Crop::WHOLE, [200.0, 100.0]);
        // The pixel itself and its four neighbours.
        assert_eq!(painted(&mask), 3 * 11 + 2 - 5);
    }

    #[test]
    fn a_stroke_stays_where_it_is_when_the_photo_is_cropped() {
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
        assert_eq!(whole.shares[4 * 20 + 10], 255);
        // At the beginning of the right half.
        assert!(part.shares[4 * 20 + 1] == 255 && part.shares[4 * 20 + 10] == 0);
    }

    #[test]
    fn a_crop_of_nonsense_still_leaves_a_pixel() {
        for (left, width) in [(f32::NAN, f32::NAN), (2.0, 1.0), (-1.0, 0.0), (0.5, -3.0)] {
            let (first, count) = Crop::pixels(left, width, 10);
            assert!(count >= 1 && first + count <= 10, "{left} {width}");
        }
        assert_eq!(Crop::pixels(0.25, 0.5, 100), (25, 50));
    }
}
