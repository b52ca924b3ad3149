//! Occlusion heat maps: the drop of a class's probability when a part of the image is hidden (Zeiler & Fergus 2014,
//! arXiv 1311.2901, section 4.2). They need only the model's predictions.

use alloc::vec::Vec;

use super::heat_map::HeatMap;
use crate::image::{Grey28, SIDE};

/// The side of the hidden square, in pixels.
const PATCH: usize = 7;
/// The distance between hidden squares, in pixels.
const STRIDE: usize = 3;
/// The number of squares along each side of the image.
pub const STEPS: usize = (SIDE - PATCH) / STRIDE + 1;

/// Fills one square after the other with 0, the data set's background, and computes the probability each time.
///
/// # Shapes
/// The map is `[STEPS, STEPS]`, non-negative.
pub fn occlusion_map(image: &Grey28, mut probability: impl FnMut(Grey28) -> f32) -> HeatMap {
    let whole = probability(image.clone());
    let values: Vec<f32> = (0..STEPS * STEPS)
        .map(|i| {
            let (top, left) = (i / STEPS * STRIDE, i % STEPS * STRIDE);
            let mut pixels = *image.pixels();
            for row in pixels.chunks_exact_mut(SIDE).skip(top).take(PATCH) {
                row[left..left + PATCH].fill(0);
            }
            (whole - probability(Grey28::new(pixels))).max(0.0)
        })
        .collect();
    HeatMap {
        rows: STEPS,
        columns: STEPS,
        values,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::PIXELS;

    #[test]
    fn the_map_marks_the_pixel_that_the_model_uses() {
        let mut pixels = [10; PIXELS];
        pixels[4 * SIDE + 22] = 255;
        // A model that uses a single pixel.
        let map = occlusion_map(&Grey28::new(pixels), |p| {
            f32::from(p.pixels()[4 * SIDE + 22]) / 255.0
        });
        for (i, &value) in map.values.iter().enumerate() {
            let (top, left) = (i / STEPS * STRIDE, i % STEPS * STRIDE);
            let hidden = (top..top + PATCH).contains(&4) && (left..left + PATCH).contains(&22);
            assert_eq!(value, if hidden { 1.0 } else { 0.0 }, "{top}, {left}");
        }
    }

    #[test]
    fn regions_that_lower_the_probability_are_zero() {
        let map = occlusion_map(&Grey28::new([200; PIXELS]), |p| {
            1.0 - f32::from(p.pixels()[0]) / 255.0
        });
        assert!(map.values.iter().all(|&v| v == 0.0));
    }
}
