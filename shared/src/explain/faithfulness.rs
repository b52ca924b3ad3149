//! Measures of how faithful a map is to its model: deletion and insertion curves (Petsiuk et al. 2018, arXiv 1806.07421), and the
//! agreement of two maps.

use alloc::{vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::image::{Grey28, PIXELS};

/// Pixels that are changed between two points of a curve.
const STEP: usize = 28;
/// The points of a curve: from no changed pixel to all.
pub const POINTS: usize = PIXELS / STEP + 1;

/// The probability of a class while pixels are changed in the order of a map, the highest value first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// Pixels of the image are set to black.
    ///
    /// # Shapes
    /// `[POINTS]`.
    pub deletion: Vec<f32>,
    /// Pixels of a black image are set to those of the image.
    ///
    /// # Shapes
    /// `[POINTS]`.
    pub insertion: Vec<f32>,
}

impl Curves {
    /// The curves of an order of the pixels. `probabilities` returns the probability of each of some images.
    ///
    /// # Shapes
    /// `order` is `[PIXELS]`, the indices of the pixels.
    pub fn new(
        image: &Grey28,
        order: &[usize],
        mut probabilities: impl FnMut(&[Grey28]) -> Vec<f32>,
    ) -> Self {
        let mut curve = |mut pixels: [u8; PIXELS], goal: &[u8; PIXELS]| -> Vec<f32> {
            // Each image that differs from the one before it, and which of them a point of the curve shows.
            let mut images = vec![Grey28::new(pixels)];
            let mut shown = vec![0];
            for changed in order.chunks(STEP) {
                let before = pixels;
                for &at in changed {
                    pixels[at] = goal[at];
                }
                // Most images have a large empty background.
                if pixels != before {
                    images.push(Grey28::new(pixels));
                }
                shown.push(images.len() - 1);
            }
            let values = probabilities(&images);
            shown.iter().map(|&image| values[image]).collect()
        };
        let black = [0; PIXELS];
        Self {
            deletion: curve(*image.pixels(), &black),
            insertion: curve(black, image.pixels()),
        }
    }

    /// The area under the deletion curve, 0 to 1: small if the map finds what the model uses.
    pub fn deletion_area(&self) -> f32 {
        area(&self.deletion)
    }

    /// The area under the insertion curve, 0 to 1: large if the map finds what the model uses.
    pub fn insertion_area(&self) -> f32 {
        area(&self.insertion)
    }
}

/// The indices of the values, the highest first; equal values in their order.
pub fn descending(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}

/// The area under a curve over the unit interval, by the trapezoidal rule.
fn area(curve: &[f32]) -> f32 {
    let sum: f32 = curve.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).sum();
    sum / (curve.len().max(2) - 1) as f32
}

/// Spearman's rank correlation of two lists of the same length, -1 to 1; equal values share their mean rank. 0 if one of the lists
/// has only one value.
pub fn rank_correlation(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let (mut product, mut squares_a, mut squares_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(&b) {
        product += (a - mean) * (b - mean);
        squares_a += (a - mean) * (a - mean);
        squares_b += (b - mean) * (b - mean);
    }
    if squares_a > 0.0 && squares_b > 0.0 {
        (product / libm::sqrt(squares_a * squares_b)) as f32
    } else {
        0.0
    }
}

/// The rank of each value, from 0.
fn ranks(values: &[f32]) -> Vec<f64> {
    let order = descending(values);
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = start as f64 + (equal.len() as f64 - 1.0) / 2.0;
        for &at in equal {
            ranks[at] = mean;
        }
        start += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of one pixel.
    fn curves(order: &[usize], pixel: usize) -> Curves {
        let probability = |image: &Grey28| f32::from(image.pixels()[pixel]) / 255.0;
        Curves::new(&Grey28::new([255; PIXELS]), order, |images| {
            images.iter().map(probability).collect()
        })
    }

    #[test]
    fn the_earlier_the_pixel_that_counts_the_smaller_the_deletion_area() {
        let order: Vec<usize> = (0..PIXELS).collect();
        let [first, last] = [0, PIXELS - 1].map(|pixel| curves(&order, pixel));
        assert_eq!(first.deletion.len(), POINTS);
        // One half of the first of 28 intervals.
        assert_eq!(first.deletion_area(), 0.5 / 28.0);
        assert_eq!(first.insertion_area(), 1.0 - 0.5 / 28.0);
        assert_eq!(last.deletion_area(), 1.0 - 0.5 / 28.0);
        assert_eq!(last.insertion_area(), 0.5 / 28.0);
    }

    #[test]
    fn rank_correlation_ignores_scale_and_handles_ties() {
        assert_eq!(rank_correlation(&[1.0, 2.0, 9.0], &[10.0, 20.0, 21.0]), 1.0);
        assert_eq!(rank_correlation(&[1.0, 2.0, 9.0], &[3.0, 2.0, 1.0]), -1.0);
        assert_eq!(rank_correlation(&[1.0, 1.0, 1.0], &[3.0, 2.0, 1.0]), 0.0);
        // SciPy's spearmanr([1, 2, 2, 3], [1, 3, 2, 4]).
        let found = rank_correlation(&[1.0, 2.0, 2.0, 3.0], &[1.0, 3.0, 2.0, 4.0]);
        assert!((found - 0.948_683_3).abs() < 1e-6, "{found}");
    }
}
