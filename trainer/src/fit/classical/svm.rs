//! Support vector machine: one-against-one with an RBF kernel, fitted by sequential minimal optimisation (SMO).
//!
//! The steps are LIBSVM's (Fan, Chen & Lin 2005: working set selection by second-order information). It is faster than
//! LIBSVM because rows of the kernel matrix are dense, in 32 bits, and cached while a pair of classes is solved, and because
//! pairs are solved in parallel.

use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;
use shared::garment::CLASSES;
use shared::model::svm::class_pairs;
use shared::simd;

use super::kernel_cache::KernelCache;
use super::matrix::{mean_variance, row_slices};
use crate::fit::recipe::SvmRecipe;

/// LIBSVM's default.
const TOLERANCE: f32 = 1e-3;

/// The hyperparameters.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Settings {
    /// The upper bound of the dual variables.
    pub c: f32,
    /// The kernel is `exp(-gamma * squared distance)`.
    pub gamma: f32,
    /// The largest violation of the optimality conditions that is accepted.
    pub tolerance: f32,
}

impl Settings {
    /// The settings of a recipe for these points: its gamma is relative to their dimensions and variance.
    pub fn from_recipe(recipe: &SvmRecipe, points: &Array2<f32>) -> Self {
        Self {
            c: recipe.c,
            gamma: recipe.gamma / (points.ncols() as f32 * mean_variance(points.view())),
            tolerance: TOLERANCE,
        }
    }
}

/// A fitted model, laid out as in LIBSVM.
#[derive(Clone, Debug, PartialEq)]
pub struct SvmModel {
    /// Indices of the support vectors among the training points, class by class.
    pub support: Vec<usize>,
    /// Support vectors of each class.
    pub counts: [usize; CLASSES],
    /// Dual variables times labels, `[9, support]`.
    pub coefficients: Vec<f32>,
    /// `[45]`, one for each pair of classes.
    pub intercepts: Vec<f32>,
}

/// The iteration limit, as a multiple of a pair's points.
const MAX_ITERATIONS: usize = 200;

/// The size of one pair's kernel cache, in bytes. Each thread solves one pair at a time.
const CACHE: usize = 1 << 30;

/// Solves all pairs of classes in parallel; the result does not depend on the number of threads. `on_pair` is called after
/// each pair.
pub fn fit(
    points: &Array2<f32>,
    labels: &[u8],
    settings: Settings,
    on_pair: &(dyn Fn() + Sync),
) -> SvmModel {
    fit_with_cache(CACHE, points, labels, settings, on_pair)
}

fn fit_with_cache(
    cache_bytes: usize,
    points: &Array2<f32>,
    labels: &[u8],
    settings: Settings,
    on_pair: &(dyn Fn() + Sync),
) -> SvmModel {
    let indices_of_class: Vec<Vec<usize>> = (0..CLASSES as u8)
        .map(|class| (0..labels.len()).filter(|&i| labels[i] == class).collect())
        .collect();
    let points = row_slices(points);
    let squares: Vec<f32> = points.iter().map(|p| simd::dot(p, p)).collect();
    let pairs: Vec<(usize, usize)> = class_pairs().collect();
    let solutions: Vec<PairSolution> = pairs
        .par_iter()
        .with_max_len(1)
        .map(|&(first, second)| {
            let indices = [&indices_of_class[first][..], &indices_of_class[second][..]].concat();
            let positive = indices_of_class[first].len();
            let solver = Solver::new(&points, &squares, indices, positive, settings, cache_bytes);
            let solution = solver.solve();
            on_pair();
            solution
        })
        .collect();
    merge_pairs(&pairs, &indices_of_class, &solutions, labels.len())
}

/// The solution for one pair of classes.
struct PairSolution {
    /// Dual variable times label of each of the pair's points.
    coefficients: Vec<f32>,
    intercept: f32,
}

/// Collects the support vectors of all pairs.
fn merge_pairs(
    pairs: &[(usize, usize)],
    indices_of_class: &[Vec<usize>],
    solutions: &[PairSolution],
    count: usize,
) -> SvmModel {
    // Of each point, a coefficient for each of the nine other classes.
    let mut dense = vec![[0.0_f32; CLASSES - 1]; count];
    for (&(first, second), solution) in pairs.iter().zip(solutions) {
        let (of_first, of_second) = solution
            .coefficients
            .split_at(indices_of_class[first].len());
        for (&index, &c) in indices_of_class[first].iter().zip(of_first) {
            dense[index][second - 1] = c;
        }
        for (&index, &c) in indices_of_class[second].iter().zip(of_second) {
            dense[index][first] = c;
        }
    }
    let is_support = |index: &usize| dense[*index].iter().any(|&c| c != 0.0);
    let support_of_class: Vec<Vec<usize>> = indices_of_class
        .iter()
        .map(|indices| indices.iter().copied().filter(is_support).collect())
        .collect();
    let support = support_of_class.concat();
    let coefficients = (0..CLASSES - 1)
        .flat_map(|other| support.iter().map(move |&index| (index, other)))
        .map(|(index, other)| dense[index][other])
        .collect();
    SvmModel {
        counts: core::array::from_fn(|class| support_of_class[class].len()),
        support,
        coefficients,
        intercepts: solutions.iter().map(|s| s.intercept).collect(),
    }
}

/// The SMO solver of one pair of classes.
struct Solver<'a> {
    /// All training points, and their squared lengths.
    points: &'a [&'a [f32]],
    squares: &'a [f32],
    /// The pair's points among them.
    indices: Vec<usize>,
    /// +1 for the first class, -1 for the second.
    labels: Vec<f32>,
    settings: Settings,
    /// The dual variables, 0 to C.
    alphas: Vec<f32>,
    /// The gradient of the dual objective.
    gradient: Vec<f32>,
    cache: KernelCache,
}

impl<'a> Solver<'a> {
    /// `positive`: how many of the indices, at the start, are of the first class.
    fn new(
        points: &'a [&'a [f32]],
        squares: &'a [f32],
        indices: Vec<usize>,
        positive: usize,
        settings: Settings,
        cache_bytes: usize,
    ) -> Self {
        let count = indices.len();
        Self {
            labels: (0..count)
                .map(|i| if i < positive { 1.0 } else { -1.0 })
                .collect(),
            alphas: vec![0.0; count],
            gradient: vec![-1.0; count],
            cache: KernelCache::new(count, cache_bytes / (4 * count.max(1))),
            points,
            squares,
            indices,
            settings,
        }
    }

    fn solve(mut self) -> PairSolution {
        for _ in 0..MAX_ITERATIONS * self.indices.len() {
            let Some((i, j)) = self.select_working_set() else {
                break;
            };
            self.update(i, j);
        }
        let intercept = self.intercept();
        let coefficients = self.alphas.iter().zip(&self.labels).map(|(a, y)| a * y);
        PairSolution {
            coefficients: coefficients.collect(),
            intercept,
        }
    }

    /// Whether a point is in the set `I_up`: its dual variable times its label can increase.
    fn can_increase(&self, t: usize) -> bool {
        if self.labels[t] > 0.0 {
            self.alphas[t] < self.settings.c
        } else {
            self.alphas[t] > 0.0
        }
    }

    /// Whether a point is in the set `I_low`: its dual variable times its label can decrease.
    fn can_decrease(&self, t: usize) -> bool {
        if self.labels[t] > 0.0 {
            self.alphas[t] > 0.0
        } else {
            self.alphas[t] < self.settings.c
        }
    }

    /// The two points whose update decreases the objective most; `None` if the solution is optimal.
    fn select_working_set(&mut self) -> Option<(usize, usize)> {
        let (mut i, mut highest) = (None, f32::NEG_INFINITY);
        for t in 0..self.indices.len() {
            let value = -self.labels[t] * self.gradient[t];
            if self.can_increase(t) && value > highest {
                (i, highest) = (Some(t), value);
            }
        }
        let i = i?;
        self.cache_row(i);
        let row = self.cache.row(i);
        let (mut j, mut best, mut lowest) = (None, 0.0, f32::INFINITY);
        for (t, &kernel) in row.iter().enumerate() {
            if !self.can_decrease(t) {
                continue;
            }
            let value = -self.labels[t] * self.gradient[t];
            lowest = lowest.min(value);
            let violation = highest - value;
            if violation > 0.0 {
                // The kernel of a point with itself is 1.
                let curvature = (2.0 - 2.0 * kernel).max(1e-6);
                let gain = violation * violation / curvature;
                if gain > best {
                    (j, best) = (Some(t), gain);
                }
            }
        }
        let is_optimal = highest - lowest < self.settings.tolerance;
        j.filter(|_| !is_optimal).map(|j| (i, j))
    }

    /// Minimises the objective over two dual variables, within their bounds.
    fn update(&mut self, i: usize, j: usize) {
        self.cache_row(j);
        // The first row is computed again if the second one has evicted it.
        self.cache_row(i);
        let c = self.settings.c;
        let (yi, yj) = (self.labels[i], self.labels[j]);
        let (row_i, row_j) = (self.cache.row(i), self.cache.row(j));
        let curvature = (2.0 - 2.0 * row_i[j]).max(1e-6);
        // Along this direction the sum of the dual variables times their labels stays constant.
        let slope = -yi * self.gradient[i] + yj * self.gradient[j];
        let room = |alpha: f32, up: bool| if up { c - alpha } else { alpha };
        let limit = room(self.alphas[i], yi > 0.0).min(room(self.alphas[j], yj < 0.0));
        let step = (slope / curvature).min(limit);
        let (old_i, old_j) = (self.alphas[i], self.alphas[j]);
        self.alphas[i] = snap_to_bounds(old_i + yi * step, c);
        self.alphas[j] = snap_to_bounds(old_j - yj * step, c);
        let change_i = yi * (self.alphas[i] - old_i);
        let change_j = yj * (self.alphas[j] - old_j);
        for (((g, y), a), b) in self
            .gradient
            .iter_mut()
            .zip(&self.labels)
            .zip(row_i)
            .zip(row_j)
        {
            *g += y * (change_i * a + change_j * b);
        }
    }

    /// The intercept at which points with a dual variable strictly between the bounds have a margin of one.
    fn intercept(&self) -> f32 {
        let (mut free, mut sum) = (0, 0.0_f64);
        let (mut lower, mut upper) = (f32::NEG_INFINITY, f32::INFINITY);
        for t in 0..self.indices.len() {
            let value = -self.labels[t] * self.gradient[t];
            match (self.can_increase(t), self.can_decrease(t)) {
                (true, true) => {
                    free += 1;
                    sum += f64::from(value);
                }
                (true, false) => lower = lower.max(value),
                (false, _) => upper = upper.min(value),
            }
        }
        match (free, lower.is_finite(), upper.is_finite()) {
            (1.., ..) => (sum / f64::from(free)) as f32,
            (_, true, true) => (lower + upper) / 2.0,
            // One of the classes has no points: the other one is always predicted.
            (_, true, false) => lower,
            (_, false, true) => upper,
            (_, false, false) => 0.0,
        }
    }

    /// Computes a point's row of the kernel matrix, if it is not cached.
    fn cache_row(&mut self, t: usize) {
        let Some(row) = self.cache.insert(t) else {
            return;
        };
        let own = self.indices[t];
        let (point, square) = (self.points[own], self.squares[own]);
        for (value, &other) in row.iter_mut().zip(&self.indices) {
            let product = simd::dot(point, self.points[other]);
            let distance = (square + self.squares[other] - 2.0 * product).max(0.0);
            *value = (-self.settings.gamma * distance).exp();
        }
        row[t] = 1.0;
    }
}

/// Sets a dual variable to a bound that it differs from by a rounding error only.
fn snap_to_bounds(alpha: f32, c: f32) -> f32 {
    let epsilon = 1e-6 * c;
    if alpha < epsilon {
        0.0
    } else if alpha > c - epsilon {
        c
    } else {
        alpha
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const SETTINGS: Settings = Settings {
        c: 2.0,
        gamma: 0.5,
        tolerance: 1e-4,
    };

    /// Three overlapping clouds.
    fn clouds(count: usize) -> (Array2<f32>, Vec<u8>) {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let labels: Vec<u8> = (0..count).map(|i| (i % 3) as u8).collect();
        let values = labels
            .iter()
            .flat_map(|&l| {
                let centre = f32::from(l) * 1.2;
                [
                    centre + rng.random_range(-1.0..1.0),
                    rng.random_range(-1.0..1.0),
                ]
            })
            .collect();
        let points = Array2::from_shape_vec((count, 2), values).unwrap();
        (points, labels)
    }

    fn kernel(a: &[f32], b: &[f32]) -> f32 {
        let distance: f32 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
        (-SETTINGS.gamma * distance).exp()
    }

    #[test]
    fn two_points_have_a_closed_form() {
        let points = array![[0.0], [1.5]];
        let model = fit(&points, &[0, 1], SETTINGS, &|| {});
        // Both margins are one if both dual variables are 1 / (1 - k).
        let alpha = 1.0 / (1.0 - kernel(&[0.0], &[1.5]));
        assert_eq!(model.support, [0, 1]);
        assert!((model.coefficients[0] - alpha).abs() < 1e-3, "{model:?}");
        assert!((model.coefficients[1] + alpha).abs() < 1e-3, "{model:?}");
        assert!(model.intercepts[0].abs() < 1e-3, "{model:?}");
        assert!(model.intercepts.iter().all(|b| b.is_finite()));
    }

    #[test]
    fn with_both_points_at_the_bound_the_boundary_is_halfway() {
        let points = array![[0.0], [1.5]];
        let bounded = Settings { c: 0.1, ..SETTINGS };
        let model = fit(&points, &[0, 1], bounded, &|| {});
        assert_eq!(model.coefficients[..2], [0.1, -0.1]);
        assert!(model.intercepts[0].abs() < 1e-6, "{model:?}");
    }

    #[test]
    fn every_pair_satisfies_the_optimality_conditions() {
        let (points, labels) = clouds(150);
        let rows = row_slices(&points);
        let model = fit(&points, &labels, SETTINGS, &|| {});
        let support = model.support.len();
        for (pair, (first, second)) in class_pairs().enumerate().filter(|(_, p)| p.1 < 3) {
            let coefficient = |index: usize| {
                let position = model.support.iter().position(|&s| s == index);
                let other = if usize::from(labels[index]) == first {
                    second - 1
                } else {
                    first
                };
                position.map_or(0.0, |p| model.coefficients[other * support + p])
            };
            let indices: Vec<usize> = (0..labels.len())
                .filter(|&i| [first, second].contains(&usize::from(labels[i])))
                .collect();
            let mut sum = 0.0;
            for &index in &indices {
                let decision: f32 = indices
                    .iter()
                    .map(|&other| coefficient(other) * kernel(rows[index], rows[other]))
                    .sum::<f32>()
                    + model.intercepts[pair];
                let sign = if usize::from(labels[index]) == first {
                    1.0
                } else {
                    -1.0
                };
                let (margin, alpha) = (sign * decision, sign * coefficient(index));
                sum += sign * alpha;
                // The Karush-Kuhn-Tucker conditions.
                match alpha {
                    0.0 => assert!(margin > 1.0 - 1e-2, "margin {margin} at 0"),
                    a if a >= SETTINGS.c => assert!(margin < 1.0 + 1e-2, "margin {margin} at C"),
                    _ => assert!(
                        (margin - 1.0).abs() < 1e-2,
                        "margin {margin} between the bounds"
                    ),
                }
            }
            assert!(
                sum.abs() < 1e-3,
                "the coefficients of {first} against {second} sum to {sum}"
            );
        }
    }

    #[test]
    fn cache_size_and_threads_do_not_change_the_model() {
        let (points, labels) = clouds(150);
        let reference = fit(&points, &labels, SETTINGS, &|| {});
        assert_eq!(
            fit_with_cache(0, &points, &labels, SETTINGS, &|| {}),
            reference
        );
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            assert_eq!(
                pool.install(|| fit(&points, &labels, SETTINGS, &|| {})),
                reference
            );
        }
    }
}
