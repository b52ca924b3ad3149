//! The cheapest cut between garment and background, that likes to run along edges.
//!
//! Minimises, over a share between 0 and 1 a pixel, the costs of what is taken plus the length of the outline, cheaper where
//! colours change: the convex relaxation of a graph's minimal cut, whose half-way line is one (Chan, Esedoglu and
//! Nikolova 2006), by Chambolle and Pock's first-order steps (2011, algorithm 1).

use alloc::vec;
use alloc::vec::Vec;

use super::grid::Grid;

/// What a pixel's edge costs at most, in units of a pixel's own cost.
const LENGTH: f32 = 3.5;
/// What it costs at least, as a share of that.
const CHEAPEST: f32 = 0.08;
/// How quickly it falls with the squared difference of colours, in units of their mean.
const FALL: f32 = 0.4;
const STEPS: usize = 60;
/// Both step sizes: their product times 8, the squared norm of the differences, is below 1.
const STEP: f32 = 0.35;

/// The outline's costs, and the state from which the next cut goes on.
pub(super) struct Cut {
    width: usize,
    /// What an outline costs between a pixel and the next to the right, and below; 0 at the ends.
    right: Vec<f32>,
    below: Vec<f32>,
    share: Vec<f32>,
    /// The dual: how much of each cost is used up. Before the first pixel stand as many zeros as lie between it and the one
    /// before it, so that every pixel has one.
    flow_right: Vec<f32>,
    flow_below: Vec<f32>,
}

impl Cut {
    pub fn new(grid: &Grid) -> Self {
        let (width, height) = (grid.width, grid.height);
        let squared = |a: usize, b: usize| -> f32 {
            let pairs = grid.colours[a].iter().zip(grid.colours[b]);
            pairs.map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let has_right = |i: usize| i % width + 1 < width;
        let has_below = |i: usize| i / width + 1 < height;
        let count = grid.len();
        let mut total = 0.0;
        let mut pairs = 0;
        for i in 0..count {
            if has_right(i) {
                total += squared(i, i + 1);
                pairs += 1;
            }
            if has_below(i) {
                total += squared(i, i + width);
                pairs += 1;
            }
        }
        let mean = total / pairs.max(1) as f32 + 1e-6;
        let cost =
            |a: usize, b: usize| LENGTH * (CHEAPEST + libm::expf(-FALL * squared(a, b) / mean));
        Self {
            width,
            right: (0..count)
                .map(|i| if has_right(i) { cost(i, i + 1) } else { 0.0 })
                .collect(),
            below: (0..count)
                .map(|i| {
                    if has_below(i) {
                        cost(i, i + width)
                    } else {
                        0.0
                    }
                })
                .collect(),
            share: vec![0.5; count],
            flow_right: vec![0.0; count + 1],
            flow_below: vec![0.0; count + width],
        }
    }

    /// Each pixel's share of garment, where taking it costs `cost`; below zero it gains.
    pub fn solve(&mut self, cost: &[f32]) -> Vec<f32> {
        let width = self.width;
        let mut ahead = self.share.clone();
        for _ in 0..STEPS {
            use_up(&mut self.flow_right[1..], &ahead, &ahead[1..], &self.right);
            use_up(
                &mut self.flow_below[width..],
                &ahead,
                &ahead[width..],
                &self.below,
            );
            let across = self.flow_right[1..].iter().zip(&self.flow_right);
            let down = self.flow_below[width..].iter().zip(&self.flow_below);
            let pixels = self.share.iter_mut().zip(&mut ahead).zip(cost);
            for (((share, ahead), cost), ((right, left), (below, above))) in
                pixels.zip(across.zip(down))
            {
                let divergence = right - left + below - above;
                let new = (*share + STEP * (divergence - cost)).clamp(0.0, 1.0);
                *ahead = 2.0 * new - *share;
                *share = new;
            }
        }
        self.share.clone()
    }
}

/// The dual step: flows follow the difference between each place and the one after it, as far as the cost allows.
fn use_up(flows: &mut [f32], here: &[f32], after: &[f32], costs: &[f32]) {
    let pairs = here.iter().zip(after).zip(costs);
    for (flow, ((here, after), cost)) in flows.iter_mut().zip(pairs) {
        *flow = (*flow + STEP * (after - here)).max(-cost).min(*cost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The left half light, the right half dark.
    fn halves() -> Grid {
        Grid {
            width: 20,
            height: 12,
            colours: (0..240)
                .map(|i| [if i % 20 < 10 { 80.0 } else { 20.0 }, 0.0, 0.0])
                .collect(),
        }
    }

    fn taken(cost: impl Fn(usize) -> f32) -> Vec<bool> {
        let costs: Vec<f32> = (0..240).map(cost).collect();
        let mut cut = Cut::new(&halves());
        // The second goes on from the first.
        cut.solve(&costs);
        cut.solve(&costs).iter().map(|&s| s > 0.5).collect()
    }

    #[test]
    fn the_outline_moves_to_the_edge() {
        // Gains up to column 7, losses from column 12 on, nothing between: the edge at 10 is cheapest.
        let found = taken(|i| match i % 20 {
            0..7 => -1.0,
            7..12 => 0.0,
            _ => 1.0,
        });
        for (i, is_taken) in found.into_iter().enumerate() {
            assert_eq!(is_taken, i % 20 < 10, "column {}", i % 20);
        }
    }

    #[test]
    fn a_lone_pixel_follows_its_neighbours() {
        let found = taken(|i| match (i, i % 20) {
            (105, _) => 3.0,
            (_, 0..10) => -1.0,
            _ => 1.0,
        });
        assert!(found[105] && !found[115]);
    }
}
