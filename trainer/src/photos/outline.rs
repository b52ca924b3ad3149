//! Outlines of garments drawn by hand, and their overlap with a segmentation mask.

use photo::Mask;
use serde::Deserialize;

/// The outlines, of held-out photos.
const OUTLINES: &str = include_str!("../../photos/outlines.json");
/// Points per side of a pixel at which mask and outline are compared.
const SAMPLES_PER_SIDE: u32 = 2;

/// A garment's outline.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Outline {
    /// `group/file`.
    pub photo: String,
    /// The size of the photo in pixels.
    pub width: u32,
    pub height: u32,
    /// Polygons in pixels, filled by the even-odd rule.
    pub outlines: Vec<Vec<[f32; 2]>>,
}

/// All outlines.
pub fn load_all() -> Vec<Outline> {
    serde_json::from_str(OUTLINES).expect("invariant: a test parses this file")
}

impl Outline {
    /// Whether a point is inside: a line from it to the left crosses an odd number of edges.
    fn contains(&self, x: f32, y: f32) -> bool {
        let mut inside = false;
        for polygon in &self.outlines {
            let next = polygon.iter().cycle().skip(1);
            for (&[x0, y0], &[x1, y1]) in polygon.iter().zip(next) {
                if (y0 > y) != (y1 > y) && x0 + (y - y0) / (y1 - y0) * (x1 - x0) < x {
                    inside = !inside;
                }
            }
        }
        inside
    }

    /// Intersection over union with a mask.
    pub fn overlap(&self, mask: &Mask) -> f64 {
        let (mut both, mut either) = (0u32, 0u32);
        let position = |i: u32| (i as f32 + 0.5) / SAMPLES_PER_SIDE as f32;
        for row in 0..self.height * SAMPLES_PER_SIDE {
            for column in 0..self.width * SAMPLES_PER_SIDE {
                let (x, y) = (position(column), position(row));
                let drawn = self.contains(x, y);
                let found = mask.sample(x / self.width as f32, y / self.height as f32) > 0.5;
                both += u32::from(drawn && found);
                either += u32::from(drawn || found);
            }
        }
        f64::from(both) / f64::from(either.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(from: f32, to: f32) -> Vec<[f32; 2]> {
        vec![[from, from], [to, from], [to, to], [from, to]]
    }

    fn outline(outlines: Vec<Vec<[f32; 2]>>) -> Outline {
        Outline {
            photo: "dress/a.jpg".into(),
            width: 10,
            height: 10,
            outlines,
        }
    }

    #[test]
    fn a_polygon_inside_another_is_a_hole() {
        let ring = outline(vec![square(1.0, 9.0), square(4.0, 6.0)]);
        assert!(ring.contains(2.0, 5.0) && !ring.contains(5.0, 5.0) && !ring.contains(0.5, 5.0));
    }

    #[test]
    fn half_overlapping_shapes_have_an_overlap_of_a_third() {
        let mask = Mask {
            width: 10,
            height: 10,
            alpha: (0..100).map(|i| if i % 10 < 5 { 255 } else { 0 }).collect(),
        };
        let left = outline(vec![vec![[0.0, 0.0], [5.0, 0.0], [5.0, 10.0], [0.0, 10.0]]]);
        assert!((left.overlap(&mask) - 1.0).abs() < 1e-9);
        let middle = vec![[2.5, 0.0], [7.5, 0.0], [7.5, 10.0], [2.5, 10.0]];
        let overlap = outline(vec![middle]).overlap(&mask);
        assert!((overlap - 1.0 / 3.0).abs() < 1e-9, "{overlap}");
    }

    #[test]
    fn outlines_lie_inside_their_held_out_photos() {
        let all = load_all();
        assert_eq!(all.len(), 24);
        for outline in all {
            assert!(
                crate::photos::listing::HELD_OUT
                    .lines()
                    .any(|l| l == outline.photo)
            );
            let (width, height) = (outline.width as f32, outline.height as f32);
            for [x, y] in outline.outlines.into_iter().flatten() {
                assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y));
            }
        }
    }
}
