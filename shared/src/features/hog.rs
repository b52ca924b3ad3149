//! Histograms of oriented gradients (HOG, Dalal & Triggs 2005) at three scales.
//!
//! Each pixel's gradient is interpolated between the two nearest of 12 signed orientations and between the four nearest cells;
//! of the variants that were measured, this matters most. A cell is normalised by the energy of its neighbourhood, then the
//! square root is taken, as in RootSIFT (Arandjelović & Zisserman 2012).

use alloc::{vec, vec::Vec};

use crate::image::{Grey28, PIXELS, SIDE};

/// Orientations over the full circle (signed gradients).
pub const ORIENTATIONS: usize = 12;
/// The side of a cell at each scale, in pixels.
pub const CELLS: [usize; 3] = [2, 4, 7];
/// Its square is added to the energy of a neighbourhood, so that noise in flat regions is not amplified.
const FLOOR: f32 = 0.02;
/// The weights of a neighbourhood's cells along each axis: binomial.
const NEIGHBOURHOOD: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];

/// The length of the descriptor.
pub const DIMENSIONS: usize = {
    let mut sum = 0;
    let mut i = 0;
    while i < CELLS.len() {
        let side = SIDE / CELLS[i];
        sum += side * side * ORIENTATIONS;
        i += 1;
    }
    sum
};

/// A pixel's gradient, split between the two nearest orientations.
#[derive(Clone, Copy, Default)]
struct Gradient {
    /// The lower of the two orientations.
    orientation: usize,
    first: f32,
    next: f32,
}

/// The descriptor of an image: for each scale, smallest first, the orientation histograms of the cells, row by row.
///
/// # Shapes
/// `[DIMENSIONS]`, each value 0 to 1.7.
pub fn descriptor(image: &Grey28) -> Vec<f32> {
    let gradients = gradients(image);
    let mut all = Vec::with_capacity(DIMENSIONS);
    for cell in CELLS {
        let side = SIDE / cell;
        let mut histogram = cell_histograms(&gradients, cell);
        normalise(&mut histogram, side);
        all.extend(histogram);
    }
    all
}

/// Lays a value of each of the descriptor's features back on the image: each pixel gets the share that it has in the feature's
/// histogram. Features without any gradient have no pixels to lay their value on.
///
/// # Shapes
/// `[DIMENSIONS]` to `[28 * 28]`, row-major.
pub fn on_pixels(image: &Grey28, values: &[f32]) -> Vec<f32> {
    let gradients = gradients(image);
    let mut sums = vec![0.0; PIXELS];
    let mut values = values;
    for cell in CELLS {
        let side = SIDE / cell;
        let histogram = cell_histograms(&gradients, cell);
        let (own, rest) = values.split_at(histogram.len());
        values = rest;
        let per_gradient: Vec<f32> = own
            .iter()
            .zip(&histogram)
            .map(|(value, sum)| if *sum > 0.0 { value / sum } else { 0.0 })
            .collect();
        let shares: Vec<[(usize, f32); 2]> =
            (0..SIDE).map(|p| cell_shares(p, cell, side)).collect();
        for (i, gradient) in gradients.iter().enumerate() {
            let following = (gradient.orientation + 1) % ORIENTATIONS;
            for (row, down) in shares[i / SIDE] {
                for (column, across) in shares[i % SIDE] {
                    let bins =
                        &per_gradient[(row * side + column) * ORIENTATIONS..][..ORIENTATIONS];
                    let value = bins[gradient.orientation] * gradient.first
                        + bins[following] * gradient.next;
                    sums[i] += down * across * value;
                }
            }
        }
    }
    sums
}

/// Central differences of the pixels' square roots (0 to 1); pixels outside the image are 0.
fn gradients(image: &Grey28) -> Vec<Gradient> {
    const PADDED: usize = SIDE + 2;
    let mut roots = [0.0_f32; PADDED * PADDED];
    for (i, &pixel) in image.pixels().iter().enumerate() {
        roots[(i / SIDE + 1) * PADDED + i % SIDE + 1] = libm::sqrtf(f32::from(pixel) / 255.0);
    }
    let mut gradients = vec![Gradient::default(); PIXELS];
    for (i, gradient) in gradients.iter_mut().enumerate() {
        let at = (i / SIDE + 1) * PADDED + i % SIDE + 1;
        let across = roots[at + 1] - roots[at - 1];
        let down = roots[at + PADDED] - roots[at - PADDED];
        let magnitude = libm::sqrtf(across * across + down * down);
        if magnitude == 0.0 {
            continue;
        }
        const FULL_CIRCLE: f32 = core::f32::consts::TAU;
        let angle = libm::atan2f(down, across);
        let angle = if angle < 0.0 {
            angle + FULL_CIRCLE
        } else {
            angle
        };
        let position = angle / FULL_CIRCLE * ORIENTATIONS as f32;
        let orientation = position as usize;
        let fraction = position - orientation as f32;
        *gradient = Gradient {
            // An angle just below the full circle may round up to it.
            orientation: orientation % ORIENTATIONS,
            first: magnitude * (1.0 - fraction),
            next: magnitude * fraction,
        };
    }
    gradients
}

/// The cells' histograms. Each pixel's gradient is split between the cells whose centres are less than a cell away on both axes.
fn cell_histograms(gradients: &[Gradient], cell: usize) -> Vec<f32> {
    let side = SIDE / cell;
    let shares: Vec<[(usize, f32); 2]> = (0..SIDE).map(|p| cell_shares(p, cell, side)).collect();
    let mut histogram = vec![0.0; side * side * ORIENTATIONS];
    for (i, gradient) in gradients.iter().enumerate() {
        if gradient.first == 0.0 && gradient.next == 0.0 {
            continue;
        }
        let following = (gradient.orientation + 1) % ORIENTATIONS;
        for (row, down) in shares[i / SIDE] {
            for (column, across) in shares[i % SIDE] {
                let share = down * across;
                let bins = &mut histogram[(row * side + column) * ORIENTATIONS..][..ORIENTATIONS];
                bins[gradient.orientation] += share * gradient.first;
                bins[following] += share * gradient.next;
            }
        }
    }
    histogram
}

/// The two cells that a pixel's row or column belongs to, with their shares; a share outside the image is 0.
fn cell_shares(pixel: usize, cell: usize, side: usize) -> [(usize, f32); 2] {
    let position = (pixel as f32 + 0.5) / cell as f32 - 0.5;
    let first = libm::floorf(position);
    let fraction = position - first;
    let scale = 1.0 / cell as f32;
    let clipped = |cell: f32, share: f32| {
        if cell >= 0.0 && cell < side as f32 {
            (cell as usize, share * scale)
        } else {
            (0, 0.0)
        }
    };
    [
        clipped(first, 1.0 - fraction),
        clipped(first + 1.0, fraction),
    ]
}

/// Divides each cell by the root of its neighbourhood's energy, then takes the square root.
fn normalise(histogram: &mut [f32], side: usize) {
    let energy: Vec<f32> = histogram
        .chunks_exact(ORIENTATIONS)
        .map(|cell| cell.iter().map(|v| v * v).sum())
        .collect();
    let smooth = |values: &[f32], step: usize, position: fn(usize, usize) -> usize| -> Vec<f32> {
        (0..values.len())
            .map(|i| {
                let here = position(i, side);
                (0..NEIGHBOURHOOD.len())
                    .filter(|k| (2..side + 2).contains(&(here + k)))
                    .map(|k| NEIGHBOURHOOD[k] * values[i + k * step - 2 * step])
                    .sum()
            })
            .collect()
    };
    let across = smooth(&energy, 1, |i, side| i % side);
    let around = smooth(&across, side, |i, side| i / side);
    for (cell, energy) in histogram.chunks_exact_mut(ORIENTATIONS).zip(around) {
        let scale = 1.0 / libm::sqrtf(energy + FLOOR * FLOOR);
        for value in cell {
            *value = libm::sqrtf(*value * scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(pixel: impl Fn(usize, usize) -> u8) -> Grey28 {
        Grey28::new(core::array::from_fn(|i| pixel(i / SIDE, i % SIDE)))
    }

    /// One cell's orientations.
    fn cell(features: &[f32], scale: usize, row: usize, column: usize) -> &[f32] {
        let before: usize = CELLS[..scale]
            .iter()
            .map(|c| (SIDE / c) * (SIDE / c) * ORIENTATIONS)
            .sum();
        let side = SIDE / CELLS[scale];
        &features[before + (row * side + column) * ORIENTATIONS..][..ORIENTATIONS]
    }

    #[test]
    fn a_black_image_has_an_empty_descriptor() {
        let features = descriptor(&image(|_, _| 0));
        assert_eq!(features.len(), DIMENSIONS);
        assert!(features.iter().all(|&v| v == 0.0));
    }

    #[test]
    fn an_edge_s_orientation_points_to_the_bright_side() {
        // The first edge is bright on the right, the second at the top.
        let upright = descriptor(&image(|_, x| if x < 14 { 0 } else { 255 }));
        let quarter = ORIENTATIONS / 4;
        let level = descriptor(&image(|y, _| if y < 14 { 255 } else { 0 }));
        for (scale, size) in CELLS.into_iter().enumerate() {
            let middle = (SIDE / size) / 2;
            let across = cell(&upright, scale, middle, middle);
            assert!(across[0] > 0.5, "{across:?}");
            assert!(across[1..].iter().all(|&v| v < 1e-3), "{across:?}");
            let down = cell(&level, scale, middle, middle);
            assert!(down[3 * quarter] > 0.5, "{down:?}");
            assert!(down[quarter] < 1e-3, "{down:?}");
        }
    }

    #[test]
    fn a_slanted_edge_is_split_between_adjacent_orientations() {
        // A ramp with a gradient at 45 degrees: halfway between bin 1 (30) and bin 2 (60).
        let slanted = image(|y, x| {
            let root = (x + y) as f32 / 54.0;
            (root * root * 255.0 + 0.5) as u8
        });
        let features = descriptor(&slanted);
        let bins = cell(&features, 2, 1, 1);
        assert!((bins[1] - bins[2]).abs() < 0.05, "{bins:?}");
        assert!(
            bins[1] > 0.5 && bins[5..11].iter().all(|&v| v < 0.2),
            "{bins:?}"
        );
    }

    #[test]
    fn a_pixel_s_shares_add_up_except_at_the_image_s_edge() {
        for size in CELLS {
            for pixel in 0..SIDE {
                let whole: f32 = cell_shares(pixel, size, SIDE / size)
                    .iter()
                    .map(|s| s.1)
                    .sum();
                let is_inside = (size / 2..SIDE - size / 2).contains(&pixel);
                let expected = 1.0 / size as f32;
                assert!(whole <= expected + 1e-6);
                if is_inside {
                    assert!(
                        (whole - expected).abs() < 1e-6,
                        "{pixel} of {size}: {whole}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_descriptor_hardly_depends_on_brightness() {
        let bright = |y: usize, x: usize| {
            if (y / 5 + x / 5).is_multiple_of(2) {
                40
            } else {
                240_u8
            }
        };
        let one = descriptor(&image(bright));
        let dim = descriptor(&image(|y, x| bright(y, x) / 2));
        let apart = one
            .iter()
            .zip(&dim)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(apart < 0.05, "{apart}");
        assert!(one.iter().all(|v| (0.0..=1.7).contains(v)));
    }

    #[test]
    fn values_laid_back_keep_their_sum_and_their_place() {
        let mut pixels = [0; PIXELS];
        for row in 18..23 {
            for column in 3..9 {
                pixels[row * SIDE + column] = 40 + 30 * (row % 3) as u8 + 9 * column as u8;
            }
        }
        let image = Grey28::new(pixels);
        let values = descriptor(&image);
        let sums = on_pixels(&image, &values);
        let (laid, all): (f32, f32) = (sums.iter().sum(), values.iter().sum());
        assert!((laid - all).abs() < 1e-3 * all, "{laid} of {all}");
        for (i, value) in sums.iter().enumerate() {
            // A gradient reaches one pixel beyond the bright part.
            let is_near = (17..24).contains(&(i / SIDE)) && (2..10).contains(&(i % SIDE));
            assert!(is_near || *value == 0.0, "pixel {i}: {value}");
        }
    }
}
