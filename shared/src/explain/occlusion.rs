//! Occlusion maps: the change of a class's probability when a part of the image is hidden (Zeiler & Fergus 2014,
//! arXiv 1311.2901, section 4.2). They need only the model's predictions.

use alloc::{vec, vec::Vec};

use super::heat_map::HeatMap;
use crate::image::{Grey28, PIXELS, SIDE};

/// The side of the hidden square, in pixels.
const PATCH: usize = 7;
/// The distance between hidden squares, in pixels.
const STRIDE: usize = 3;
/// The loss of probability that is shown at full strength.
pub const FULL: f32 = 0.5;
/// The number of squares along each side of the image.
const STEPS: usize = (SIDE - PATCH) / STRIDE + 1;

/// Fills one square after the other with 0, the data set's background, and computes the probability each time. `probabilities`
/// returns that of each of some images.
///
/// A pixel's value is the mean over all squares that contain it, as in Captum: by how much the probability falls when the
/// pixel is hidden, from -1 to 1. A square that is empty already costs nothing, and is not computed.
///
/// # Shapes
/// The map is `[SIDE, SIDE]`.
pub fn occlusion_map(
    image: &Grey28,
    mut probabilities: impl FnMut(&[Grey28]) -> Vec<f32>,
) -> HeatMap {
    let hidden: Vec<Grey28> = squares().map(|square| without(image, square)).collect();
    let computed = hidden.iter().filter(|hidden| *hidden != image);
    let images: Vec<Grey28> = core::iter::once(image).chain(computed).cloned().collect();
    let mut found = probabilities(&images).into_iter();
    let whole = found.next().unwrap_or_default();
    let mut sums = vec![0.0; PIXELS];
    let mut counts = [0_u8; PIXELS];
    for ([top, left], hidden) in squares().zip(&hidden) {
        let loss = if hidden == image {
            0.0
        } else {
            whole - found.next().unwrap_or(whole)
        };
        for row in top..top + PATCH {
            for at in row * SIDE + left..row * SIDE + left + PATCH {
                sums[at] += loss;
                counts[at] += 1;
            }
        }
    }
    // Every pixel is in a square: they reach from edge to edge.
    let values: Vec<f32> = sums
        .iter()
        .zip(counts)
        .map(|(sum, count)| sum / f32::from(count))
        .collect();
    HeatMap {
        rows: SIDE,
        columns: SIDE,
        values,
    }
}

/// The upper left corners of the squares, row by row.
fn squares() -> impl Iterator<Item = [usize; 2]> {
    (0..STEPS * STEPS).map(|i| [i / STEPS * STRIDE, i % STEPS * STRIDE])
}

/// The image with a square filled.
fn without(image: &Grey28, [top, left]: [usize; 2]) -> Grey28 {
    let mut pixels = *image.pixels();
    for row in pixels.chunks_exact_mut(SIDE).skip(top).take(PATCH) {
        row[left..left + PATCH].fill(0);
    }
    Grey28::new(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image whose only evidence is one pixel, and a model that uses only this pixel.
    fn map_of_one_pixel(row: usize, column: usize) -> HeatMap {
        let at = row * SIDE + column;
        let mut pixels = [10; PIXELS];
        pixels[at] = 255;
        occlusion_map(
            &Grey28::new(pixels),
            each(|p| f32::from(p.pixels()[at]) / 255.0),
        )
    }

    /// A model of one image, for several.
    fn each(mut probability: impl FnMut(&Grey28) -> f32) -> impl FnMut(&[Grey28]) -> Vec<f32> {
        move |images| images.iter().map(&mut probability).collect()
    }

    #[test]
    fn the_map_is_centred_on_the_only_pixel_that_the_model_uses() {
        for (row, column) in [(4, 22), (13, 14), (20, 9)] {
            let map = map_of_one_pixel(row, column);
            let at = |y: usize, x: usize| map.values[y * SIDE + x];
            assert_eq!(
                at(row, column),
                1.0,
                "all squares over the pixel cost everything"
            );
            let (mut mass, mut down, mut across) = (0.0, 0.0, 0.0);
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let apart = y.abs_diff(row).max(x.abs_diff(column));
                    assert!(apart < PATCH || at(y, x) == 0.0, "{y}, {x}");
                    mass += at(y, x);
                    down += at(y, x) * y as f32;
                    across += at(y, x) * x as f32;
                }
            }
            // Squares start at every third pixel, so the centre of the map is within half a step.
            let (down, across) = (down / mass - row as f32, across / mass - column as f32);
            assert!(down.abs() <= 1.5 && across.abs() <= 1.5, "{down}, {across}");
        }
    }

    #[test]
    fn the_map_of_a_centred_pixel_is_symmetric() {
        // The squares at 9, 12 and 15 contain pixel 15; those at 6, 9 and 12 contain pixel 12, its mirror image.
        let (map, mirrored) = (map_of_one_pixel(12, 12), map_of_one_pixel(15, 15));
        for i in 0..PIXELS {
            assert_eq!(map.values[i], mirrored.values[PIXELS - 1 - i]);
        }
    }

    #[test]
    fn regions_that_lower_the_probability_are_negative() {
        let map = occlusion_map(
            &Grey28::new([200; PIXELS]),
            each(|p| 1.0 - f32::from(p.pixels()[0]) / 255.0),
        );
        assert!(map.values[0] < -0.7, "{}", map.values[0]);
        assert!(map.values.iter().all(|&v| v <= 0.0));
    }

    #[test]
    fn empty_regions_are_not_computed() {
        let mut pixels = [0; PIXELS];
        pixels[0] = 9;
        let mut count = 0;
        occlusion_map(
            &Grey28::new(pixels),
            each(|_| {
                count += 1;
                0.5
            }),
        );
        // The whole image, and the only square that contains the corner.
        assert_eq!(count, 2);
    }
}
