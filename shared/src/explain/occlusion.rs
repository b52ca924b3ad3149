//! Occlusion: what a class's probability loses when a part of the picture is hidden (Zeiler & Fergus 2014,
//! arXiv 1311.2901, section 4.2). It asks nothing of the model but answers.

use alloc::vec::Vec;

use super::HeatMap;
use crate::image::{Grey28, SIDE};

/// Pixels along the hidden square.
const PATCH: usize = 7;
/// Pixels from one hidden square to the next.
const STRIDE: usize = 3;
/// Squares along each side: the outermost ones are flush with the picture's edge.
pub const STEPS: usize = (SIDE - PATCH) / STRIDE + 1;

/// Hides one square after the other behind the data set's background, and asks for the probability each time.
///
/// # Shapes
/// The map is `[STEPS, STEPS]`; none of its values is below zero.
pub fn occlusion_map(picture: &Grey28, mut probability: impl FnMut(Grey28) -> f32) -> HeatMap {
    let whole = probability(picture.clone());
    let values: Vec<f32> = (0..STEPS * STEPS)
        .map(|i| {
            let (top, left) = (i / STEPS * STRIDE, i % STEPS * STRIDE);
            let mut pixels = *picture.pixels();
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
    fn what_the_answer_hangs_on_is_what_lights_up() {
        let mut pixels = [10; PIXELS];
        pixels[4 * SIDE + 22] = 255;
        // A model that looks at one pixel.
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
    fn what_speaks_against_a_class_is_not_shown() {
        let map = occlusion_map(&Grey28::new([200; PIXELS]), |p| {
            1.0 - f32::from(p.pixels()[0]) / 255.0
        });
        assert!(map.values.iter().all(|&v| v == 0.0));
    }
}
