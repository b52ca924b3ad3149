//! Histograms of oriented gradients (Dalal & Triggs 2005), at three scales.
//!
//! Of the variants measured, what counts most is that a pixel's vote is shared: between the two nearest of 12
//! signed orientations, and between the four nearest cells. A cell is normalised by the energy around it, and
//! the root is taken of what remains, as RootSIFT does (Arandjelović & Zisserman 2012).

use alloc::{vec, vec::Vec};

use crate::image::{Grey28, PIXELS, SIDE};

/// Orientations over the full circle: dark-to-bright and bright-to-dark differ.
pub const ORIENTATIONS: usize = 12;
/// Pixels along a cell's side.
pub const CELLS: [usize; 3] = [2, 4, 7];
/// Added to a neighbourhood's energy, as its square, so that flat regions stay flat.
const FLOOR: f32 = 0.02;
/// Cells around a cell whose energy counts, along each axis: the binomial weights of five.
const NEIGHBOURHOOD: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];

/// All cells' orientations.
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

/// A pixel's vote: for its orientation and the next, and how strong.
#[derive(Clone, Copy, Default)]
struct Vote {
    orientation: usize,
    first: f32,
    next: f32,
}

/// The histograms: the cells of the smallest scale row by row, each with its orientations, then the larger scales.
///
/// # Shapes
/// `[DIMENSIONS]`, each number 0 to 1.7.
pub fn descriptor(picture: &Grey28) -> Vec<f32> {
    let votes = votes(picture);
    let mut all = Vec::with_capacity(DIMENSIONS);
    for cell in CELLS {
        let side = SIDE / cell;
        let mut histogram = collect(&votes, cell);
        normalise(&mut histogram, side);
        all.extend(histogram);
    }
    all
}

/// Central differences of the pixels' square roots (0 to 1); outside the picture all is dark.
fn votes(picture: &Grey28) -> Vec<Vote> {
    const WIDE: usize = SIDE + 2;
    let mut bright = [0.0_f32; WIDE * WIDE];
    for (i, &pixel) in picture.pixels().iter().enumerate() {
        bright[(i / SIDE + 1) * WIDE + i % SIDE + 1] = libm::sqrtf(f32::from(pixel) / 255.0);
    }
    let mut votes = vec![Vote::default(); PIXELS];
    for (i, vote) in votes.iter_mut().enumerate() {
        let at = (i / SIDE + 1) * WIDE + i % SIDE + 1;
        let across = bright[at + 1] - bright[at - 1];
        let down = bright[at + WIDE] - bright[at - WIDE];
        let strength = libm::sqrtf(across * across + down * down);
        if strength == 0.0 {
            continue;
        }
        const TURN: f32 = core::f32::consts::TAU;
        let angle = libm::atan2f(down, across);
        let angle = if angle < 0.0 { angle + TURN } else { angle };
        let place = angle / TURN * ORIENTATIONS as f32;
        let orientation = place as usize;
        let beyond = place - orientation as f32;
        *vote = Vote {
            // A hair below a full turn may round up to one.
            orientation: orientation % ORIENTATIONS,
            first: strength * (1.0 - beyond),
            next: strength * beyond,
        };
    }
    votes
}

/// Each pixel's vote, shared between the cells whose centres are less than a cell away along both axes.
fn collect(votes: &[Vote], cell: usize) -> Vec<f32> {
    let side = SIDE / cell;
    let shares: Vec<[(usize, f32); 2]> = (0..SIDE).map(|p| shares(p, cell, side)).collect();
    let mut histogram = vec![0.0; side * side * ORIENTATIONS];
    for (i, vote) in votes.iter().enumerate() {
        if vote.first == 0.0 && vote.next == 0.0 {
            continue;
        }
        let following = (vote.orientation + 1) % ORIENTATIONS;
        for (row, down) in shares[i / SIDE] {
            for (column, across) in shares[i % SIDE] {
                let share = down * across;
                let bins = &mut histogram[(row * side + column) * ORIENTATIONS..][..ORIENTATIONS];
                bins[vote.orientation] += share * vote.first;
                bins[following] += share * vote.next;
            }
        }
    }
    histogram
}

/// The two cells that a pixel's row or column belongs to, and how much of it; what falls outside is lost.
fn shares(pixel: usize, cell: usize, side: usize) -> [(usize, f32); 2] {
    let place = (pixel as f32 + 0.5) / cell as f32 - 0.5;
    let first = libm::floorf(place);
    let beyond = place - first;
    let scale = 1.0 / cell as f32;
    let within = |cell: f32, share: f32| match cell >= 0.0 && cell < side as f32 {
        true => (cell as usize, share * scale),
        false => (0, 0.0),
    };
    [within(first, 1.0 - beyond), within(first + 1.0, beyond)]
}

/// Divides each cell by the root of the energy around it, and takes the root.
fn normalise(histogram: &mut [f32], side: usize) {
    let energy: Vec<f32> = histogram
        .chunks_exact(ORIENTATIONS)
        .map(|cell| cell.iter().map(|v| v * v).sum())
        .collect();
    let along = |values: &[f32], step: usize, place: fn(usize, usize) -> usize| -> Vec<f32> {
        (0..values.len())
            .map(|i| {
                let here = place(i, side);
                (0..NEIGHBOURHOOD.len())
                    .filter(|k| (2..side + 2).contains(&(here + k)))
                    .map(|k| NEIGHBOURHOOD[k] * values[i + k * step - 2 * step])
                    .sum()
            })
            .collect()
    };
    let across = along(&energy, 1, |i, side| i % side);
    let around = along(&across, side, |i, side| i / side);
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

    fn picture(pixel: impl Fn(usize, usize) -> u8) -> Grey28 {
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
    fn a_black_picture_has_no_edges() {
        let features = descriptor(&picture(|_, _| 0));
        assert_eq!(features.len(), DIMENSIONS);
        assert!(features.iter().all(|&v| v == 0.0));
    }

    #[test]
    fn an_edge_votes_for_where_it_brightens() {
        // Brightens to the right, in the middle; below a bright edge it darkens downwards.
        let upright = descriptor(&picture(|_, x| if x < 14 { 0 } else { 255 }));
        let quarter = ORIENTATIONS / 4;
        let level = descriptor(&picture(|y, _| if y < 14 { 255 } else { 0 }));
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
    fn a_slanted_edge_shares_its_vote_between_its_neighbours() {
        // A ramp whose gradient points 45 degrees down: halfway between bins 1 (30) and 2 (60) of twelve.
        let slanted = picture(|y, x| {
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
    fn a_pixel_is_shared_out_whole_but_at_the_picture_s_edge() {
        for size in CELLS {
            for pixel in 0..SIDE {
                let whole: f32 = shares(pixel, size, SIDE / size).iter().map(|s| s.1).sum();
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
    fn dimming_changes_little() {
        let bright = |y: usize, x: usize| match (y / 5 + x / 5).is_multiple_of(2) {
            true => 40,
            false => 240_u8,
        };
        let one = descriptor(&picture(bright));
        let dim = descriptor(&picture(|y, x| bright(y, x) / 2));
        let apart = one
            .iter()
            .zip(&dim)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(apart < 0.05, "{apart}");
        assert!(one.iter().all(|v| (0.0..=1.7).contains(v)));
    }
}
