//! What a garment's outline can be: no specks, no pinholes, few pieces.

use alloc::vec;
use alloc::vec::Vec;

/// Pieces smaller than this share of the largest are dropped; a shoe is not much smaller than the other.
const PIECE: f32 = 0.2;
/// Holes smaller than this share of the picture are filled: prints and buttons, not what lies between sleeve and body.
const HOLE: f32 = 0.06;
/// What stands out counts from this share of Otsu's threshold on: he divides evenly, and backgrounds vary more.
const EAGER: f32 = 0.8;
/// Bins of the histogram that is divided.
const BINS: usize = 64;

/// A set of pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Region {
    pub width: usize,
    pub bits: Vec<bool>,
}

impl Region {
    pub fn of(width: usize, count: usize, holds: impl Fn(usize) -> bool) -> Self {
        Self {
            width,
            bits: (0..count).map(holds).collect(),
        }
    }

    pub fn count(&self) -> usize {
        self.bits.iter().filter(|&&b| b).count()
    }

    /// With all pixels that touch it, or without all that touch what is not in it; beyond the border lies more of the same.
    fn moved(&self, outward: bool) -> Self {
        let height = self.bits.len() / self.width;
        let near = |i: usize| {
            let (x, y) = (i % self.width, i / self.width);
            let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
            let columns = x.saturating_sub(1)..=(x + 1).min(self.width - 1);
            rows.flat_map(move |y| columns.clone().map(move |x| (x, y)))
                .any(|(x, y)| self.bits[y * self.width + x] == outward)
        };
        Self::of(self.width, self.bits.len(), |i| near(i) == outward)
    }

    fn grown(&self) -> Self {
        self.moved(true)
    }

    fn shrunk(&self) -> Self {
        self.moved(false)
    }

    /// Without what is less than three pixels wide: hangers' hooks, straps of light.
    fn opened(&self) -> Self {
        self.shrunk().grown()
    }

    /// Drops small pieces and fills small holes.
    fn tidied(&self, hole: f32) -> Self {
        let mut tidy = self.clone();
        let pieces = pieces(self, true);
        let largest = pieces.iter().map(|p| p.pixels.len()).max().unwrap_or(0);
        for piece in pieces {
            if (piece.pixels.len() as f32) < PIECE * largest as f32 {
                piece.pixels.iter().for_each(|&i| tidy.bits[i] = false);
            }
        }
        let smallest = hole * self.bits.len() as f32;
        for gap in self::pieces(&tidy, false) {
            if !gap.is_open && (gap.pixels.len() as f32) < smallest {
                gap.pixels.iter().for_each(|&i| tidy.bits[i] = true);
            }
        }
        tidy
    }
}

/// Pixels that hang together by their sides.
struct Piece {
    pixels: Vec<usize>,
    /// Whether it touches the picture's border.
    is_open: bool,
}

fn pieces(region: &Region, inside: bool) -> Vec<Piece> {
    let (width, count) = (region.width, region.bits.len());
    let mut seen = vec![false; count];
    let mut pieces = Vec::new();
    for start in 0..count {
        if seen[start] || region.bits[start] != inside {
            continue;
        }
        seen[start] = true;
        let mut piece = Piece {
            pixels: vec![start],
            is_open: false,
        };
        let mut next = 0;
        while let Some(&i) = piece.pixels.get(next) {
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
                    None => piece.is_open = true,
                    Some(n) if !seen[n] && region.bits[n] == inside => {
                        seen[n] = true;
                        piece.pixels.push(n);
                    }
                    Some(_) => {}
                }
            }
        }
        pieces.push(piece);
    }
    pieces
}

/// What stands out, before any colour is known: distances above a threshold (Otsu 1979), closed and filled.
pub(super) fn standing_out(distances: &[f32], width: usize) -> Region {
    let threshold = EAGER * otsu(distances);
    let far = Region::of(width, distances.len(), |i| distances[i] > threshold);
    let closed = far.grown().grown().shrunk().shrunk();
    closed.opened().tidied(1.0)
}

/// A garment's shape.
pub(super) fn garment(cut: &Region) -> Region {
    cut.opened().tidied(HOLE)
}

/// The threshold that divides values into two kinds that differ most.
fn otsu(values: &[f32]) -> f32 {
    let most = values.iter().copied().fold(0.0, f32::max).max(1e-6);
    let bin = |value: f32| ((value / most * BINS as f32) as usize).min(BINS - 1);
    let mut counts = [0.0f32; BINS];
    values.iter().for_each(|&v| counts[bin(v)] += 1.0);
    let middle = |bin: usize| (bin as f32 + 0.5) / BINS as f32 * most;
    let all: f32 = counts.iter().sum();
    let total: f32 = (0..BINS).map(|b| counts[b] * middle(b)).sum();
    let (mut below, mut sum) = (0.0, 0.0);
    let mut best = (0.0, 0.0);
    for (b, count) in counts.iter().enumerate() {
        below += count;
        sum += count * middle(b);
        if below == 0.0 || below == all {
            continue;
        }
        let apart = total * below / all - sum;
        let variance = apart * apart / (below * (all - below));
        if variance > best.0 {
            best = (variance, middle(b));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(holds: impl Fn(usize, usize) -> bool) -> Region {
        Region::of(60, 3600, |i| holds(i % 60, i / 60))
    }

    fn holds(region: &Region, x: usize, y: usize) -> bool {
        region.bits[y * 60 + x]
    }

    #[test]
    fn a_hangers_hook_is_opened_away_and_the_body_stays() {
        let body = |x: usize, y: usize| (15..45).contains(&x) && (20..50).contains(&y);
        let hook = |x: usize, y: usize| (29..31).contains(&x) && y < 20;
        let found = garment(&region(|x, y| body(x, y) || hook(x, y)));
        assert_eq!(found, region(body));
    }

    #[test]
    fn small_holes_are_filled_and_large_ones_are_not() {
        let hole = |x: usize, y: usize, side: usize| {
            (20..20 + side).contains(&x) && (20..20 + side).contains(&y)
        };
        // 100 of 3,600 pixels, and 400.
        for (side, filled) in [(10, true), (20, false)] {
            let found = garment(&region(|x, y| {
                (5..55).contains(&x) && (5..55).contains(&y) && !hole(x, y, side)
            }));
            assert_eq!(holds(&found, 25, 25), filled);
        }
    }

    #[test]
    fn the_second_shoe_stays_and_a_crumb_goes() {
        let within = |x: usize, y: usize, left: usize, width: usize| {
            (left..left + width).contains(&x) && (10..10 + 2 * width).contains(&y)
        };
        let found = garment(&region(|x, y| {
            within(x, y, 5, 15) || within(x, y, 25, 12) || within(x, y, 50, 4)
        }));
        assert!(holds(&found, 10, 20) && holds(&found, 30, 20));
        assert!(!holds(&found, 51, 12));
    }

    #[test]
    fn two_kinds_are_divided_between_them() {
        let values: Vec<f32> = (0..1000)
            .map(|i| if i < 700 { 5.0 } else { 40.0 } + (i % 7) as f32)
            .collect();
        let threshold = otsu(&values);
        assert!((11.0..40.0).contains(&threshold), "{threshold}");
    }
}
