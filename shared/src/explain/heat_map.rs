//! Grad-CAM heat maps (Selvaraju et al. 2017, arXiv 1610.02391), as HiResCAM (Draelos and Carin 2020, arXiv 2011.08891).
//!
//! HiResCAM does not average the gradient over the image. Before a global average pooling the two are equal. Before a flattening,
//! as in the CNN, a channel can support a class in one place and oppose it in another; the average left a fifth of the images
//! with an empty map.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::simd::dot;

/// Values on a grid over the 28x28 image, not normalised: Grad-CAM's are not negative, occlusion's can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    pub rows: usize,
    pub columns: usize,
    /// Row-major, `rows * columns`.
    pub values: Vec<f32>,
}

impl HeatMap {
    /// The Grad-CAM heat map: ReLU of the sum over the channels of gradient x activation.
    ///
    /// # Shapes
    /// `activation` and `gradient` are `[rows, columns, channels]`.
    pub fn grad_cam(
        rows: usize,
        columns: usize,
        channels: usize,
        activation: &[f32],
        gradient: &[f32],
    ) -> Self {
        let pixels = activation.chunks_exact(channels);
        let pixels = pixels.zip(gradient.chunks_exact(channels));
        let values = pixels
            .map(|(activation, gradient)| dot(activation, gradient).max(0.0))
            .collect();
        Self {
            rows,
            columns,
            values,
        }
    }

    /// The largest value; 0 if the map is empty.
    pub fn peak(&self) -> f32 {
        self.values.iter().copied().fold(0.0, f32::max)
    }

    /// The map resized and scaled to a peak of 1.
    ///
    /// # Shapes
    /// `[side, side]`, row-major, up to 1.
    pub fn upsample(&self, side: usize) -> Vec<f32> {
        self.upsample_to(side, self.peak())
    }

    /// The map resized and divided by `full`, the value that is shown at full strength.
    ///
    /// # Shapes
    /// `[side, side]`, row-major.
    pub fn upsample_to(&self, side: usize, full: f32) -> Vec<f32> {
        let scale = if full > 0.0 { 1.0 / full } else { 0.0 };
        self.resize(side).into_iter().map(|v| v * scale).collect()
    }

    /// The map resized with bilinear interpolation (cell centres as samples, clamped at the border).
    ///
    /// # Shapes
    /// `[side, side]`, row-major.
    pub fn resize(&self, side: usize) -> Vec<f32> {
        (0..side * side)
            .map(|i| {
                let v = (i / side) as f32 + 0.5;
                let u = (i % side) as f32 + 0.5;
                self.sample(u / side as f32, v / side as f32)
            })
            .collect()
    }

    /// The value at a point of the unit square, with bilinear interpolation.
    pub fn sample(&self, u: f32, v: f32) -> f32 {
        let (left, right, across) = neighbours(u, self.columns);
        let (top, bottom, down) = neighbours(v, self.rows);
        let at = |row: usize, column: usize| self.values[row * self.columns + column];
        let upper = at(top, left) + (at(top, right) - at(top, left)) * across;
        let lower = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * across;
        upper + (lower - upper) * down
    }
}

/// The two cells whose centres enclose a point of the unit interval, and the weight of the second.
fn neighbours(point: f32, cells: usize) -> (usize, usize, f32) {
    let position = (point * cells as f32 - 0.5).clamp(0.0, (cells - 1) as f32);
    let first = position as usize;
    (first, (first + 1).min(cells - 1), position - first as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn grad_cam_is_the_rectified_sum_over_the_channels() {
        // One row, two columns, two channels. The first channel's gradients cancel each other out on average.
        let map = HeatMap::grad_cam(1, 2, 2, &[3.0, 1.0, 1.0, 4.0], &[2.0, -2.0, -2.0, 0.0]);
        assert_eq!(map.values, [3.0 * 2.0 - 2.0, 0.0]);
        assert_eq!(map.peak(), 4.0);
    }

    #[test]
    fn upsampling_interpolates_and_clamps_at_the_border() {
        let map = HeatMap {
            rows: 1,
            columns: 2,
            values: vec![0.0, 2.0],
        };
        assert_eq!(map.sample(0.0, 0.5), 0.0);
        assert_eq!(map.sample(0.25, 0.0), 0.0);
        assert_eq!(map.sample(0.5, 1.0), 1.0);
        assert_eq!(map.sample(1.0, 0.5), 2.0);
        assert_eq!(map.upsample(2), [0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn an_empty_map_stays_empty() {
        let map = HeatMap {
            rows: 2,
            columns: 2,
            values: vec![0.0; 4],
        };
        assert!(map.upsample(28).iter().all(|&v| v == 0.0));
    }
}
