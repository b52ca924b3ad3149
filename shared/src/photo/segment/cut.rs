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
const STEPS: usize = 80;
/// Both step sizes: their product times 8, the squared norm of the differences, is below 1.
const STEP: f32 = 0.35;

/// The outline's costs, and the state from which the next cut goes on.
pub(super) struct Cut {
    width: usize,
    /// What an outline costs between a pixel and the next to the right, and below; 0 at the ends.
    right: Vec<f32>,
    below: Vec<f32>,
    share: Vec<f32>,
    /// The dual: how much of each cost is used up.
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
            flow_right: vec![0.0; count],
            flow_below: vec![0.0; count],
        }
    }

    /// Each pixel's share of garment, where taking it costs `cost`; below zero it gains.
    pub fn solve(&mut self, cost: &[f32]) -> Vec<f32> {
        let width = self.width;
        let mut ahead = self.share.clone();
        for _ in 0..STEPS {
            let rows = ahead.chunks_exact(width);
            let costs = self.right.chunks_exact(width);
            for ((row, cost), flow) in rows.zip(costs).zip(self.flow_right.chunks_exact_mut(width))
            {
                let pairs = row.windows(2).zip(cost);
                for (flow, (pair, cost)) in flow.iter_mut().zip(pairs) {
                    *flow = (*flow + STEP * (pair[1] - pair[0])).clamp(-cost, *cost);
                }
            }
            let pairs = ahead.iter().zip(&ahead[width..]).zip(&self.below);
            for (flow, ((here, below), cost)) in self.flow_below.iter_mut().zip(pairs) {
                *flow = (*flow + STEP * (below - here)).clamp(-cost, *cost);
            }
            self.descend(cost, &mut ahead);
        }
        self.share.clone()
    }

    /// The primal step, and where it points.
    fn descend(&mut self, cost: &[f32], ahead: &mut [f32]) {
        let width = self.width;
        let nothing = vec![0.0; width];
        for start in (0..cost.len()).step_by(width) {
            let line = start..start + width;
            let above = match start.checked_sub(width) {
                Some(before) => &self.flow_below[before..start],
                None => &nothing,
            };
            let below = &self.flow_below[line.clone()];
            let right = &self.flow_right[line.clone()];
            let share = &mut self.share[line.clone()];
            let (cost, ahead) = (&cost[line.clone()], &mut ahead[line]);
            let mut left = 0.0;
            for x in 0..width {
                let divergence = right[x] - left + below[x] - above[x];
                left = right[x];
                let old = share[x];
                let new = (old + STEP * (divergence - cost[x])).clamp(0.0, 1.0);
                share[x] = new;
                ahead[x] = 2.0 * new - old;
            }
        }
    }
}
