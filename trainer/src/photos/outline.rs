//! Garments' outlines drawn by hand, and how well a mask fits them.

use photo::Mask;
use serde::Deserialize;

/// Of photos that are held out: drawn on the photo, `group/file`.
const OUTLINES: &str = include_str!("../../photos/outlines.json");
/// Places along each side of a photo's pixel where mask and outline are compared.
const LOOKS: u32 = 2;

/// A garment's outline.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Outline {
    pub photo: String,
    pub width: u32,
    pub height: u32,
    /// Polygons in pixels, filled by the even-odd rule.
    pub outlines: Vec<Vec<[f32; 2]>>,
}

/// All that were drawn.
///
/// # Errors
/// The file that they are kept in is damaged.
pub fn all() -> serde_json::Result<Vec<Outline>> {
    serde_json::from_str(OUTLINES)
}

impl Outline {
    /// Whether a place is inside: a line from it to the left crosses an odd number of edges.
    pub fn holds(&self, x: f32, y: f32) -> bool {
        let mut inside = false;
        for polygon in &self.outlines {
            let after = polygon.iter().cycle().skip(1);
            for (&[x0, y0], &[x1, y1]) in polygon.iter().zip(after) {
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
        let place = |i: u32| (i as f32 + 0.5) / LOOKS as f32;
        for row in 0..self.height * LOOKS {
            for column in 0..self.width * LOOKS {
                let (x, y) = (place(column), place(row));
                let drawn = self.holds(x, y);
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
    fn a_polygon_within_another_is_a_hole() {
        let ring = outline(vec![square(1.0, 9.0), square(4.0, 6.0)]);
        assert!(ring.holds(2.0, 5.0) && !ring.holds(5.0, 5.0) && !ring.holds(0.5, 5.0));
    }

    #[test]
    fn a_mask_of_the_left_half_shares_a_third_with_one_of_the_middle() {
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
    fn what_was_drawn_lies_within_its_photo() {
        let all = all().unwrap();
        assert_eq!(all.len(), 24);
        for outline in all {
            assert!(super::super::HELD_OUT.lines().any(|l| l == outline.photo));
            let (width, height) = (outline.width as f32, outline.height as f32);
            for [x, y] in outline.outlines.into_iter().flatten() {
                assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y));
            }
        }
    }
}
