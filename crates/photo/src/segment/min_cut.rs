//! Minimum cut between garment and background, in its continuous form.
//!
//! Each pixel has a label between 0 (background) and 1 (garment). Minimised is the sum of the pixels' costs, each times its
//! label, plus the outline's length, weighted so that it is cheaper where colours change: the convex relaxation of the
//! minimum cut of a graph, of which thresholding at 1/2 gives one (Chan, Esedoglu and Nikolova 2006). Solved by the
//! primal-dual algorithm of Chambolle and Pock (2011, algorithm 1).

use alloc::vec;
use alloc::vec::Vec;

use super::lab_image::LabImage;

/// The weight of the outline's length where colours do not change, in units of a pixel's cost.
const LENGTH_WEIGHT: f32 = 3.5;
/// The smallest weight, as a fraction of that.
const SMALLEST: f32 = 0.08;
/// How quickly the weight falls with the squared difference of colours, in units of the mean squared difference.
const DECAY: f32 = 0.4;
const ITERATIONS: usize = 60;
/// Both step sizes: their product times 8, the squared norm of the gradient operator, is below 1.
const STEP: f32 = 0.35;

/// The weights of the outline, and the solver's state, from which the next solution starts.
pub struct MinCut {
    width: usize,
    /// The outline's weight between a pixel and the next to the right, and below; 0 at the ends.
    right: Vec<f32>,
    below: Vec<f32>,
    labels: Vec<f32>,
    /// The dual variables, one for each weight. Zeros precede the first row and the first column, so that every pixel has
    /// one before it.
    dual_right: Vec<f32>,
    dual_below: Vec<f32>,
}

impl MinCut {
    pub fn new(image: &LabImage) -> Self {
        let (width, height) = (image.width, image.height);
        let squared_difference = |a: usize, b: usize| -> f32 {
            let pairs = image.colours[a].iter().zip(image.colours[b]);
            pairs.map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let has_right = |i: usize| i % width + 1 < width;
        let has_below = |i: usize| i / width + 1 < height;
        let count = image.len();
        let mut total = 0.0;
        let mut pairs = 0;
        for i in 0..count {
            if has_right(i) {
                total += squared_difference(i, i + 1);
                pairs += 1;
            }
            if has_below(i) {
                total += squared_difference(i, i + width);
                pairs += 1;
            }
        }
        let mean = total / pairs.max(1) as f32 + 1e-6;
        let weight = |a: usize, b: usize| {
            LENGTH_WEIGHT * (SMALLEST + libm::expf(-DECAY * squared_difference(a, b) / mean))
        };
        Self {
            width,
            right: (0..count)
                .map(|i| if has_right(i) { weight(i, i + 1) } else { 0.0 })
                .collect(),
            below: (0..count)
                .map(|i| {
                    if has_below(i) {
                        weight(i, i + width)
                    } else {
                        0.0
                    }
                })
                .collect(),
            labels: vec![0.5; count],
            dual_right: vec![0.0; count + 1],
            dual_below: vec![0.0; count + width],
        }
    }

    /// Each pixel's label, where label 1 costs `costs`; negative costs are in favour of the garment.
    ///
    /// # Shapes
    /// `[height, width]`, row-major, the same for the result.
    pub fn solve(&mut self, costs: &[f32]) -> Vec<f32> {
        let width = self.width;
        let mut extrapolated = self.labels.clone();
        for _ in 0..ITERATIONS {
            dual_step(
                &mut self.dual_right[1..],
                &extrapolated,
                &extrapolated[1..],
                &self.right,
            );
            dual_step(
                &mut self.dual_below[width..],
                &extrapolated,
                &extrapolated[width..],
                &self.below,
            );
            let across = self.dual_right[1..].iter().zip(&self.dual_right);
            let down = self.dual_below[width..].iter().zip(&self.dual_below);
            let pixels = self.labels.iter_mut().zip(&mut extrapolated).zip(costs);
            for (((label, extrapolated), cost), ((right, left), (below, above))) in
                pixels.zip(across.zip(down))
            {
                let divergence = right - left + below - above;
                let new = (*label + STEP * (divergence - cost)).clamp(0.0, 1.0);
                *extrapolated = 2.0 * new - *label;
                *label = new;
            }
        }
        self.labels.clone()
    }
}

/// Gradient ascent in the dual variables, projected to the interval that the weights allow.
fn dual_step(duals: &mut [f32], here: &[f32], after: &[f32], weights: &[f32]) {
    let pairs = here.iter().zip(after).zip(weights);
    for (dual, ((here, after), weight)) in duals.iter_mut().zip(pairs) {
        *dual = (*dual + STEP * (after - here)).max(-weight).min(*weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The left half light, the right half dark.
    fn halves() -> LabImage {
        LabImage {
            width: 20,
            height: 12,
            colours: (0..240)
                .map(|i| [if i % 20 < 10 { 80.0 } else { 20.0 }, 0.0, 0.0])
                .collect(),
        }
    }

    fn garment(cost: impl Fn(usize) -> f32) -> Vec<bool> {
        let costs: Vec<f32> = (0..240).map(cost).collect();
        let mut min_cut = MinCut::new(&halves());
        // The second continues from the state of the first.
        min_cut.solve(&costs);
        min_cut
            .solve(&costs)
            .iter()
            .map(|&label| label > 0.5)
            .collect()
    }

    #[test]
    fn the_outline_moves_to_the_edge() {
        // Gains up to column 7, losses from column 12 on, nothing between: the edge at 10 is cheapest.
        let found = garment(|i| match i % 20 {
            0..7 => -1.0,
            7..12 => 0.0,
            _ => 1.0,
        });
        for (i, is_garment) in found.into_iter().enumerate() {
            assert_eq!(is_garment, i % 20 < 10, "column {}", i % 20);
        }
    }

    #[test]
    fn a_single_pixel_follows_its_neighbours() {
        let found = garment(|i| match (i, i % 20) {
            (105, _) => 3.0,
            (_, 0..10) => -1.0,
            _ => 1.0,
        });
        assert!(found[105] && !found[115]);
    }
}
