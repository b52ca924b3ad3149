//! Binary morphology and connected components: turns a set of pixels into a plausible garment.

use alloc::vec;
use alloc::vec::Vec;

/// Components smaller than this fraction of the largest are dropped. The second shoe of a pair is larger.
const MIN_COMPONENT: f32 = 0.2;
/// Holes smaller than this fraction of the image are filled: prints and buttons, but not the gap between sleeve and body.
const MAX_FILLED_HOLE: f32 = 0.06;
/// The fraction of Otsu's threshold that is used: Otsu assumes equal variances, and backgrounds vary more.
const THRESHOLD_SCALE: f32 = 0.8;
/// Bins of the histogram for Otsu's threshold.
const BINS: usize = 64;

/// A binary image.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    pub width: usize,
    /// `[height, width]`, row-major.
    pub pixels: Vec<bool>,
}

impl Region {
    /// The pixels, of `count`, whose index satisfies `contains`.
    pub fn from_fn(width: usize, count: usize, contains: impl Fn(usize) -> bool) -> Self {
        Self {
            width,
            pixels: (0..count).map(contains).collect(),
        }
    }

    /// The number of pixels in the region.
    pub fn area(&self) -> usize {
        self.pixels.iter().filter(|&&inside| inside).count()
    }

    /// Pixels that have a neighbour, in the 3x3 around them, which is in the region (or, for `false`, outside it).
    fn has_neighbour(&self, inside: bool) -> impl Fn(usize) -> bool + '_ {
        let height = self.pixels.len() / self.width;
        move |i| {
            let (x, y) = (i % self.width, i / self.width);
            let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
            let columns = x.saturating_sub(1)..=(x + 1).min(self.width - 1);
            rows.flat_map(|y| columns.clone().map(move |x| (x, y)))
                .any(|(x, y)| self.pixels[y * self.width + x] == inside)
        }
    }

    /// Dilation with a 3x3 square.
    fn dilated(&self) -> Self {
        Self::from_fn(self.width, self.pixels.len(), self.has_neighbour(true))
    }

    /// Erosion with a 3x3 square; the image's border erodes nothing.
    fn eroded(&self) -> Self {
        let has_outside = self.has_neighbour(false);
        Self::from_fn(self.width, self.pixels.len(), |i| !has_outside(i))
    }

    /// Opening: removes what is less than three pixels wide, such as the hooks of hangers.
    fn opened(&self) -> Self {
        self.eroded().dilated()
    }

    /// Closing with a 5x5 square.
    fn closed(&self) -> Self {
        self.dilated().dilated().eroded().eroded()
    }

    /// Without small components, and with holes filled that are smaller than a fraction of the image.
    fn cleaned(&self, max_hole: f32) -> Self {
        let mut cleaned = self.clone();
        let components = components(self, true);
        let sizes = components.iter().map(|c| c.pixels.len());
        let largest = sizes.max().unwrap_or(0);
        for component in components {
            if (component.pixels.len() as f32) < MIN_COMPONENT * largest as f32 {
                component
                    .pixels
                    .iter()
                    .for_each(|&i| cleaned.pixels[i] = false);
            }
        }
        let max_pixels = max_hole * self.pixels.len() as f32;
        for gap in self::components(&cleaned, false) {
            if !gap.touches_border && (gap.pixels.len() as f32) < max_pixels {
                gap.pixels.iter().for_each(|&i| cleaned.pixels[i] = true);
            }
        }
        cleaned
    }
}

/// A 4-connected component.
struct Component {
    /// Indices of its pixels.
    pixels: Vec<usize>,
    touches_border: bool,
}

/// The components of the region, or of what is outside it.
fn components(region: &Region, inside: bool) -> Vec<Component> {
    let (width, count) = (region.width, region.pixels.len());
    let mut visited = vec![false; count];
    let mut components = Vec::new();
    for start in 0..count {
        if visited[start] || region.pixels[start] != inside {
            continue;
        }
        visited[start] = true;
        let mut component = Component {
            pixels: vec![start],
            touches_border: false,
        };
        let mut next = 0;
        while let Some(&i) = component.pixels.get(next) {
            next += 1;
            let (x, y) = (i % width, i / width);
            let neighbours = [
                (x > 0).then(|| i - 1),
                (x + 1 < width).then(|| i + 1),
                (y > 0).then(|| i - width),
                (i + width < count).then(|| i + width),
            ];
            for neighbour in neighbours {
                match neighbour {
                    None => component.touches_border = true,
                    Some(n) if !visited[n] && region.pixels[n] == inside => {
                        visited[n] = true;
                        component.pixels.push(n);
                    }
                    Some(_) => {}
                }
            }
        }
        components.push(component);
    }
    components
}

/// The first guess of the garment: pixels far from the border's colours, above Otsu's threshold, closed and filled.
pub fn distant_region(distances: &[f32], width: usize) -> Region {
    let threshold = THRESHOLD_SCALE * otsu_threshold(distances);
    let distant = Region::from_fn(width, distances.len(), |i| distances[i] > threshold);
    distant.closed().opened().cleaned(1.0)
}

/// The garment's region without thin parts, small components and small holes.
pub fn garment_region(segmented: &Region) -> Region {
    segmented.opened().cleaned(MAX_FILLED_HOLE)
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
