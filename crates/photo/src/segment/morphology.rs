//! Morphology of the segmented region: turns a set of pixels into a plausible garment.

use crate::region::{Region, components};

/// Components smaller than this fraction of the largest are dropped. The second shoe of a pair is larger.
const MIN_COMPONENT: f32 = 0.2;
/// Holes smaller than this fraction of the image are filled: prints and buttons, but not the gap between sleeve and body.
const MAX_FILLED_HOLE: f32 = 0.06;
/// The fraction of Otsu's threshold that is used: Otsu assumes equal variances, and backgrounds vary more.
const THRESHOLD_SCALE: f32 = 0.8;
/// Bins of the histogram for Otsu's threshold.
const BINS: usize = 64;

/// The first guess of the garment: pixels far from the border's colours, above Otsu's threshold, closed and filled.
pub fn distant_region(distances: &[f32], width: usize) -> Region {
    let threshold = THRESHOLD_SCALE * otsu_threshold(distances);
    let distant = Region::from_fn(width, distances.len(), |i| distances[i] > threshold);
    cleaned(&distant.closed().opened(), 1.0)
}

/// The garment's region without thin parts, small components and small holes.
pub fn garment_region(segmented: &Region) -> Region {
    cleaned(&segmented.opened(), MAX_FILLED_HOLE)
}

/// Without small components, and with holes filled that are smaller than a fraction of the image.
fn cleaned(region: &Region, max_hole: f32) -> Region {
    let mut cleaned = region.clone();
    let parts = components(region, true);
    let sizes = parts.iter().map(|c| c.pixels.len());
    let largest = sizes.max().unwrap_or(0);
    for component in parts {
        if (component.pixels.len() as f32) < MIN_COMPONENT * largest as f32 {
            component
                .pixels
                .iter()
                .for_each(|&i| cleaned.pixels[i] = false);
        }
    }
    let max_pixels = max_hole * region.pixels.len() as f32;
    for gap in components(&cleaned, false) {
        if !gap.touches_border && (gap.pixels.len() as f32) < max_pixels {
            gap.pixels.iter().for_each(|&i| cleaned.pixels[i] = true);
        }
    }
    cleaned
}

/// The threshold with the largest variance between the two classes that it makes (Otsu 1979).
fn otsu_threshold(values: &[f32]) -> f32 {
    let largest = values.iter().copied().fold(0.0, f32::max).max(1e-6);
    let bin = |value: f32| ((value / largest * BINS as f32) as usize).min(BINS - 1);
    let mut counts = [0.0f32; BINS];
    values.iter().for_each(|&v| counts[bin(v)] += 1.0);
    let middle = |bin: usize| (bin as f32 + 0.5) / BINS as f32 * largest;
    let all: f32 = counts.iter().sum();
    let total: f32 = (0..BINS).map(|b| counts[b] * middle(b)).sum();
    let (mut below, mut sum) = (0.0, 0.0);
    let (mut best_variance, mut threshold) = (0.0, 0.0);
    for (b, count) in counts.iter().enumerate() {
        below += count;
        sum += count * middle(b);
        if below == 0.0 || below == all {
            continue;
        }
        let difference = total * below / all - sum;
        let variance = difference * difference / (below * (all - below));
        if variance > best_variance {
            (best_variance, threshold) = (variance, middle(b));
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn region(contains: impl Fn(usize, usize) -> bool) -> Region {
        Region::from_fn(60, 3600, |i| contains(i % 60, i / 60))
    }

    fn contains(region: &Region, x: usize, y: usize) -> bool {
        region.pixels[y * 60 + x]
    }

    #[test]
    fn opening_removes_a_hangers_hook_and_keeps_the_body() {
        let body = |x: usize, y: usize| (15..45).contains(&x) && (20..50).contains(&y);
        let hook = |x: usize, y: usize| (29..31).contains(&x) && y < 20;
        let found = garment_region(&region(|x, y| body(x, y) || hook(x, y)));
        assert_eq!(found, region(body));
    }

    #[test]
    fn small_holes_are_filled_and_large_ones_are_not() {
        let hole = |x: usize, y: usize, side: usize| {
            (20..20 + side).contains(&x) && (20..20 + side).contains(&y)
        };
        // 100 of 3,600 pixels, and 400.
        for (side, filled) in [(10, true), (20, false)] {
            let found = garment_region(&region(|x, y| {
                (5..55).contains(&x) && (5..55).contains(&y) && !hole(x, y, side)
            }));
            assert_eq!(contains(&found, 25, 25), filled);
        }
    }

    #[test]
    fn the_second_shoe_is_kept_and_a_speck_is_dropped() {
        let within = |x: usize, y: usize, left: usize, width: usize| {
            (left..left + width).contains(&x) && (10..10 + 2 * width).contains(&y)
        };
        let found = garment_region(&region(|x, y| {
            within(x, y, 5, 15) || within(x, y, 25, 12) || within(x, y, 50, 4)
        }));
        assert!(contains(&found, 10, 20) && contains(&found, 30, 20));
        assert!(!contains(&found, 51, 12));
    }

    #[test]
    fn otsus_threshold_lies_between_two_classes() {
        let values: Vec<f32> = (0..1000)
            .map(|i| if i < 700 { 5.0 } else { 40.0 } + (i % 7) as f32)
            .collect();
        let threshold = otsu_threshold(&values);
        assert!((11.0..40.0).contains(&threshold), "{threshold}");
    }
}
