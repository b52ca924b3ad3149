//! Which colours are the garment's, and which the background's.

use alloc::vec;
use alloc::vec::Vec;

use super::grid::Grid;

/// Bins along lightness and along the two colour axes.
const BINS: [usize; 3] = [12, 16, 16];
const LOWEST: [f32; 3] = [0.0, -64.0, -64.0];
const HIGHEST: [f32; 3] = [100.0, 64.0, 64.0];
const ALL: usize = BINS[0] * BINS[1] * BINS[2];
/// How much more a background pixel at the border counts than another.
const SURE: f32 = 3.0;

/// Where each pixel lies between the bins' middles: the eight around it, and how much it belongs to each.
pub(super) struct Places(Vec<([u16; 8], [f32; 8])>);

impl Places {
    pub fn of(grid: &Grid) -> Self {
        Self(grid.colours.iter().map(place).collect())
    }
}

fn place(colour: &[f32; 3]) -> ([u16; 8], [f32; 8]) {
    let mut lower = [0; 3];
    let mut above = [0.0; 3];
    for axis in 0..3 {
        let share = (colour[axis] - LOWEST[axis]) / (HIGHEST[axis] - LOWEST[axis]);
        let last = BINS[axis] - 1;
        let at = share.clamp(0.0, 1.0) * last as f32;
        lower[axis] = (at as usize).min(last - 1);
        above[axis] = at - lower[axis] as f32;
    }
    let bins = core::array::from_fn(|corner| {
        let at = |axis: usize| lower[axis] + (corner >> axis & 1);
        ((at(0) * BINS[1] + at(1)) * BINS[2] + at(2)) as u16
    });
    let shares = core::array::from_fn(|corner| {
        let share = |axis: usize| match corner >> axis & 1 {
            1 => above[axis],
            _ => 1.0 - above[axis],
        };
        share(0) * share(1) * share(2)
    });
    (bins, shares)
}

/// The colours of both, as densities over the bins.
pub(super) struct Palettes<'a> {
    places: &'a Places,
    garment: Vec<f32>,
    background: Vec<f32>,
}

impl<'a> Palettes<'a> {
    /// Counts each pixel for the garment by its share, and else for the background.
    pub fn learn(places: &'a Places, share: &[f32], reach: &[f32]) -> Self {
        let count = |weight: &dyn Fn(usize) -> f32, total: f32| {
            let mut bins = vec![0.0f32; ALL];
            for (i, (at, shares)) in places.0.iter().enumerate() {
                let weight = weight(i) / total.max(1.0);
                for (&bin, share) in at.iter().zip(shares) {
                    bins[bin as usize] += weight * share;
                }
            }
            blurred(bins)
        };
        let garment: f32 = share.iter().sum();
        let sure = |i: usize| match reach[i] > 0.9 {
            true => SURE,
            false => 1.0,
        };
        Self {
            places,
            garment: count(&|i| share[i], garment),
            background: count(
                &|i| (1.0 - share[i]) * sure(i),
                share.len() as f32 - garment,
            ),
        }
    }

    /// The logarithm of the odds that a pixel's colour is the garment's; densities under `faint` say nothing.
    pub fn odds(&self, i: usize, faint: f32) -> f32 {
        let (bins, shares) = &self.places.0[i];
        let density = |of: &[f32]| -> f32 {
            let parts = bins.iter().zip(shares);
            parts.map(|(&bin, share)| of[bin as usize] * share).sum()
        };
        libm::logf((density(&self.garment) + faint) / (density(&self.background) + faint))
    }
}

/// Spreads each bin over its neighbours along all three axes: 1 2 1.
fn blurred(mut bins: Vec<f32>) -> Vec<f32> {
    for (axis, stride) in [(0, BINS[1] * BINS[2]), (1, BINS[2]), (2, 1)] {
        let old = bins.clone();
        for (i, bin) in bins.iter_mut().enumerate() {
            let at = i / stride % BINS[axis];
            let before = if at == 0 { i } else { i - stride };
            let after = if at + 1 == BINS[axis] { i } else { i + stride };
            *bin = 0.25 * (old[before] + old[after]) + 0.5 * old[i];
        }
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_speak_for_the_side_that_wears_them() {
        // Red on blue, and a grey that both have.
        let colours = [[50.0, 60.0, 40.0], [40.0, 10.0, -60.0], [60.0, 0.0, 0.0]];
        let grid = Grid {
            width: 30,
            height: 20,
            colours: (0..600)
                .map(|i| match (i % 5, i < 300) {
                    (0, _) => colours[2],
                    (_, true) => colours[0],
                    (_, false) => colours[1],
                })
                .collect(),
        };
        let places = Places::of(&grid);
        let share: Vec<f32> = (0..600).map(|i| f32::from(i < 300)).collect();
        let palettes = Palettes::learn(&places, &share, &vec![0.0; 600]);
        assert!(palettes.odds(1, 1e-4) > 3.0 && palettes.odds(599, 1e-4) < -3.0);
        assert!(palettes.odds(0, 1e-4).abs() < 0.1);
    }

    #[test]
    fn a_colour_is_shared_by_the_bins_around_it() {
        for colour in [[0.0; 3], [100.0, 64.0, -64.0], [33.3, -200.0, 12.0]] {
            let (bins, shares) = place(&colour);
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(bins.iter().all(|&bin| usize::from(bin) < ALL));
        }
    }
}
