//! Which pixels are the garment's, where the background is not one plain colour.
//!
//! A first guess is what stands out from the border (`border`). From there garment and background learn each other's colours
//! in turns (`palette`), and a cut that prefers to run along edges decides (`cut`): GrabCut's scheme (Rother et al. 2004)
//! with histograms for its mixtures and a continuous cut for its graph. `shape` then drops what no garment looks like.

mod border;
mod cut;
mod grid;
mod palette;
mod shape;
mod smooth;

use alloc::vec::Vec;

use grid::Grid;

use super::flat::Flat;
use super::mask::{LONGEST, Mask};

/// Rounds of learning colours and cutting.
const ROUNDS: usize = 6;
/// How far one pixel's colour alone can speak, as the logarithm of the odds.
const LOUDEST: f32 = 3.0;
/// Densities below this are guesses.
const FAINT: f32 = 2e-4;
/// How much likelier a garment's the middle is, and a background's the border.
const CENTRED: f32 = 0.8;
const BORDER: f32 = 4.0;
/// Where nothing stands out, the garment is looked for within this share of the picture's sides.
const MIDDLE: f32 = 0.75;
/// Less than this share of the picture is no garment.
const LEAST: f32 = 0.02;

/// Finds the garment, and how surely, 0 to 1; where there is none, the mask is empty.
pub(super) fn segment(flat: &Flat) -> (Mask, f32) {
    let grid = Grid::of(flat, LONGEST);
    let (width, count) = (grid.width, grid.len());
    let reach = grid.reach();
    let is_little = |region: &shape::Region| (region.count() as f32) < LEAST * count as f32;
    let mut first = shape::standing_out(&border::distances(&grid), width);
    if is_little(&first) {
        first = shape::Region::of(width, count, |i| reach[i] < MIDDLE);
    }
    let places = palette::Places::of(&grid);
    let mut cut = cut::Cut::new(&grid);
    let shares = |region: &shape::Region| -> Vec<f32> {
        region.bits.iter().map(|&b| f32::from(b)).collect()
    };
    let mut share = smooth::smoothed(&shares(&first), width);
    let mut region = first;
    for _ in 0..ROUNDS {
        let colours = palette::Palettes::learn(&places, &share, &reach);
        let cost = |i: usize| {
            let spoken = colours.odds(i, FAINT).clamp(-LOUDEST, LOUDEST);
            let squared = reach[i] * reach[i];
            -spoken - CENTRED * (1.0 - BORDER * squared * squared)
        };
        share = cut.solve(&(0..count).map(cost).collect::<Vec<f32>>());
        let found = shape::Region::of(width, count, |i| share[i] > 0.5);
        if is_little(&found) {
            break;
        }
        region = found;
    }
    let region = shape::garment(&region);
    let palettes = palette::Palettes::learn(&places, &shares(&region), &reach);
    let quality = quality(&region, |i| palettes.odds(i, FAINT));
    let soft = smooth::smoothed(&shares(&region), width);
    let mask = Mask {
        width: width as u32,
        height: grid.height as u32,
        shares: soft.iter().map(|s| (s * 255.0 + 0.5) as u8).collect(),
    };
    (mask, quality)
}

/// How well two sets of colours tell the pixels of a region from the others: the mean of both sides' shares that are on the
/// right side, from chance, 0, to all, 1.
fn quality(region: &shape::Region, odds: impl Fn(usize) -> f32) -> f32 {
    let mut right = [0.0f32; 2];
    let mut all = [0.0f32; 2];
    for (i, &inside) in region.bits.iter().enumerate() {
        all[usize::from(inside)] += 1.0;
        right[usize::from(inside)] += f32::from((odds(i) > 0.0) == inside);
    }
    let share = |side: usize| right[side] / all[side].max(1.0);
    (share(0) + share(1) - 1.0).max(0.0)
}
