//! Fits the support vector machine: one against one by sequential minimal optimisation.
//!
//! The steps are LIBSVM's (Fan, Chen & Lin 2005, working set selection by second-order information). What is faster
//! than LIBSVM is that rows of the kernel matrix are dense, in 32 bits, and kept for as long as a pair is solved, and
//! that pairs are solved side by side; see ARCHITECTURE.md for figures.

use rayon::prelude::*;
use serde::Serialize;
use shared::garment::CLASSES;
use shared::model::svm::class_pairs;
use shared::simd;

use super::kept_rows::KeptRows;
use super::matrix::Matrix;
use super::places::variance;
use crate::fit::recipe;

/// LIBSVM's default.
const TOLERANCE: f32 = 1e-3;

/// What a support vector machine is fitted with.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Settings {
    /// The most that a picture may pull.
    pub c: f32,
    pub gamma: f32,
    /// Optimality is violated by at most this.
    pub tolerance: f32,
}

impl Settings {
    /// What a recipe comes to for these points: its gamma is relative to their dimensions and variance.
    pub fn of(recipe: &recipe::SvmRecipe, points: &Matrix) -> Self {
        Self {
            c: recipe.c,
            gamma: recipe.gamma / (points.columns as f32 * variance(points)),
            tolerance: TOLERANCE,
        }
    }
}

/// A fitted machine: LIBSVM's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Rows of the training matrix, class by class, in their order.
    pub support: Vec<usize>,
    pub counts: [usize; CLASSES],
    /// `[9, support]`.
    pub coefficients: Vec<f32>,
    /// `[45]`: what is added to a pair's sum.
    pub intercepts: Vec<f32>,
}

/// Steps after which a pair counts as solved all the same, a multiple of its pictures.
const MOST_STEPS: usize = 200;

/// Bytes of kernel rows kept for one pair, one of which each thread solves; where more are needed the oldest are made
/// again.
const CACHE: usize = 1 << 30;

/// Solves all pairs of classes, on all of rayon's threads; the result does not depend on how many there are.
/// `solved_one` is called after each.
pub fn fit(
    points: &Matrix,
    labels: &[u8],
    settings: Settings,
    solved_one: &(dyn Fn() + Sync),
) -> Machine {
    fit_within(CACHE, points, labels, settings, solved_one)
}

fn fit_within(
    cache: usize,
    points: &Matrix,
    labels: &[u8],
    settings: Settings,
    solved_one: &(dyn Fn() + Sync),
) -> Machine {
    let of_class: Vec<Vec<usize>> = (0..CLASSES as u8)
        .map(|class| (0..labels.len()).filter(|&i| labels[i] == class).collect())
        .collect();
    let squares: Vec<f32> = points.rows().map(|p| simd::dot(p, p)).collect();
    let all: Vec<(usize, usize)> = class_pairs().collect();
    let solved: Vec<Pair> = all
        .par_iter()
        .with_max_len(1)
        .map(|&(first, second)| {
            let rows: Vec<usize> = [&of_class[first][..], &of_class[second][..]].concat();
            let firsts = of_class[first].len();
            let pair = Solver::new(points, &squares, rows, firsts, settings, cache).solve();
            solved_one();
            pair
        })
        .collect();
    gather(&all, &of_class, &solved, labels.len())
}

/// A pair's solution: the pull of each of its pictures, signed, and what is added to the sum.
struct Pair {
    coefficients: Vec<f32>,
    intercept: f32,
}

fn gather(
    all: &[(usize, usize)],
    of_class: &[Vec<usize>],
    solved: &[Pair],
    pictures: usize,
) -> Machine {
    let mut wide = vec![[0.0_f32; CLASSES - 1]; pictures];
    for (&(first, second), pair) in all.iter().zip(solved) {
        let (one, other) = pair.coefficients.split_at(of_class[first].len());
        for (&row, &c) in of_class[first].iter().zip(one) {
            wide[row][second - 1] = c;
        }
        for (&row, &c) in of_class[second].iter().zip(other) {
            wide[row][first] = c;
        }
    }
    let pulls = |row: &usize| wide[*row].iter().any(|&c| c != 0.0);
    let by_class: Vec<Vec<usize>> = of_class
        .iter()
        .map(|rows| rows.iter().copied().filter(pulls).collect())
        .collect();
    let support = by_class.concat();
    let coefficients = (0..CLASSES - 1)
        .flat_map(|other| support.iter().map(move |&row| (row, other)))
        .map(|(row, other)| wide[row][other])
        .collect();
    Machine {
        counts: core::array::from_fn(|class| by_class[class].len()),
        support,
        coefficients,
        intercepts: solved.iter().map(|pair| pair.intercept).collect(),
    }
}

/// One pair of classes on its way to optimality.
struct Solver<'a> {
    points: &'a Matrix,
    squares: &'a [f32],
    rows: Vec<usize>,
    /// +1 for the first class, -1 for the second.
    signs: Vec<f32>,
    settings: Settings,
    /// How hard each picture pulls, 0 to C.
    pulls: Vec<f32>,
    /// The objective's gradient.
    gradient: Vec<f32>,
    cache: KeptRows,
}

impl<'a> Solver<'a> {
    fn new(
        points: &'a Matrix,
        squares: &'a [f32],
        rows: Vec<usize>,
        firsts: usize,
        settings: Settings,
        cache: usize,
    ) -> Self {
        let many = rows.len();
        Self {
            signs: (0..many)
                .map(|i| if i < firsts { 1.0 } else { -1.0 })
                .collect(),
            pulls: vec![0.0; many],
            gradient: vec![-1.0; many],
            cache: KeptRows::new(many, cache / (4 * many.max(1))),
            points,
            squares,
            rows,
            settings,
        }
    }

    fn solve(mut self) -> Pair {
        for _ in 0..MOST_STEPS * self.rows.len() {
            let Some((i, j)) = self.select() else { break };
            self.step(i, j);
        }
        let intercept = self.intercept();
        let signed = self.pulls.iter().zip(&self.signs).map(|(p, s)| p * s);
        Pair {
            coefficients: signed.collect(),
            intercept,
        }
    }

    /// Whether a pull may still move the way that its sign asks for.
    fn may_rise(&self, t: usize) -> bool {
        match self.signs[t] > 0.0 {
            true => self.pulls[t] < self.settings.c,
            false => self.pulls[t] > 0.0,
        }
    }

    fn may_fall(&self, t: usize) -> bool {
        match self.signs[t] > 0.0 {
            true => self.pulls[t] > 0.0,
            false => self.pulls[t] < self.settings.c,
        }
    }

    /// The two pulls that gain most when moved against each other; `None` once nothing is left to gain.
    fn select(&mut self) -> Option<(usize, usize)> {
        let (mut i, mut highest) = (None, f32::NEG_INFINITY);
        for t in 0..self.rows.len() {
            let value = -self.signs[t] * self.gradient[t];
            if self.may_rise(t) && value > highest {
                (i, highest) = (Some(t), value);
            }
        }
        let i = i?;
        self.fill(i);
        let row = self.cache.row(i);
        let (mut j, mut best, mut lowest) = (None, 0.0, f32::INFINITY);
        for (t, &alike) in row.iter().enumerate() {
            if !self.may_fall(t) {
                continue;
            }
            let value = -self.signs[t] * self.gradient[t];
            lowest = lowest.min(value);
            let apart = highest - value;
            if apart > 0.0 {
                // The kernel of a picture with itself is 1.
                let curvature = (2.0 - 2.0 * alike).max(1e-6);
                let gain = apart * apart / curvature;
                if gain > best {
                    (j, best) = (Some(t), gain);
                }
            }
        }
        let is_solved = highest - lowest < self.settings.tolerance;
        j.filter(|_| !is_solved).map(|j| (i, j))
    }

    /// Moves two pulls against each other, as far as they gain and may go.
    fn step(&mut self, i: usize, j: usize) {
        self.fill(j);
        // Made again where making the other's took its place.
        self.fill(i);
        let c = self.settings.c;
        let (si, sj) = (self.signs[i], self.signs[j]);
        let (row_i, row_j) = (self.cache.row(i), self.cache.row(j));
        let curvature = (2.0 - 2.0 * row_i[j]).max(1e-6);
        // Along the direction in which the sum of signed pulls stays what it is.
        let slope = -si * self.gradient[i] + sj * self.gradient[j];
        let room = |pull: f32, up: bool| if up { c - pull } else { pull };
        let reach = room(self.pulls[i], si > 0.0).min(room(self.pulls[j], sj < 0.0));
        let far = (slope / curvature).min(reach);
        let (old_i, old_j) = (self.pulls[i], self.pulls[j]);
        self.pulls[i] = settle(old_i + si * far, c);
        self.pulls[j] = settle(old_j - sj * far, c);
        let (moved_i, moved_j) = (si * (self.pulls[i] - old_i), sj * (self.pulls[j] - old_j));
        for (((g, s), a), b) in self
            .gradient
            .iter_mut()
            .zip(&self.signs)
            .zip(row_i)
            .zip(row_j)
        {
            *g += s * (moved_i * a + moved_j * b);
        }
    }

    /// What is added to the sum so that pulls strictly between their limits have a margin of one.
    fn intercept(&self) -> f32 {
        let (mut free, mut sum) = (0, 0.0_f64);
        let (mut lower, mut upper) = (f32::NEG_INFINITY, f32::INFINITY);
        for t in 0..self.rows.len() {
            let value = -self.signs[t] * self.gradient[t];
            match (self.may_rise(t), self.may_fall(t)) {
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
            // One of the two classes has no pictures: the other one is always right.
            (_, true, false) => lower,
            (_, false, true) => upper,
            (_, false, false) => 0.0,
        }
    }

    /// Has the kernel's row of one picture in the cache.
    fn fill(&mut self, t: usize) {
        let Some(row) = self.cache.make(t) else {
            return;
        };
        let own = self.rows[t];
        let (point, square) = (self.points.row(own), self.squares[own]);
        for (value, &other) in row.iter_mut().zip(&self.rows) {
            let product = simd::dot(point, self.points.row(other));
            let distance = (square + self.squares[other] - 2.0 * product).max(0.0);
            *value = (-self.settings.gamma * distance).exp();
        }
        row[t] = 1.0;
    }
}

/// A pull a hair from its limit is at it.
fn settle(pull: f32, c: f32) -> f32 {
    let hair = 1e-6 * c;
    if pull < hair {
        0.0
    } else if pull > c - hair {
        c
    } else {
        pull
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const SETTINGS: Settings = Settings {
        c: 2.0,
        gamma: 0.5,
        tolerance: 1e-4,
    };

    /// Three overlapping clouds.
    fn clouds(many: usize) -> (Matrix, Vec<u8>) {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let labels: Vec<u8> = (0..many).map(|i| (i % 3) as u8).collect();
        let points = Matrix {
            columns: 2,
            values: labels
                .iter()
                .flat_map(|&l| {
                    let centre = f32::from(l) * 1.2;
                    [
                        centre + rng.random_range(-1.0..1.0),
                        rng.random_range(-1.0..1.0),
                    ]
                })
                .collect(),
        };
        (points, labels)
    }

    fn kernel(a: &[f32], b: &[f32]) -> f32 {
        let distance: f32 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
        (-SETTINGS.gamma * distance).exp()
    }

    #[test]
    fn two_points_are_solved_in_closed_form() {
        let points = Matrix {
            columns: 1,
            values: vec![0.0, 1.5],
        };
        let machine = fit(&points, &[0, 1], SETTINGS, &|| {});
        // Both margins are one where each pulls by 1 / (1 - k).
        let pull = 1.0 / (1.0 - kernel(&[0.0], &[1.5]));
        assert_eq!(machine.support, [0, 1]);
        assert!((machine.coefficients[0] - pull).abs() < 1e-3, "{machine:?}");
        assert!((machine.coefficients[1] + pull).abs() < 1e-3, "{machine:?}");
        assert!(machine.intercepts[0].abs() < 1e-3, "{machine:?}");
        assert!(machine.intercepts.iter().all(|b| b.is_finite()));
    }

    #[test]
    fn points_at_their_limit_are_told_apart_halfway() {
        let points = Matrix {
            columns: 1,
            values: vec![0.0, 1.5],
        };
        let held = Settings { c: 0.1, ..SETTINGS };
        let machine = fit(&points, &[0, 1], held, &|| {});
        assert_eq!(machine.coefficients[..2], [0.1, -0.1]);
        assert!(machine.intercepts[0].abs() < 1e-6, "{machine:?}");
    }

    #[test]
    fn every_pair_is_optimal() {
        let (points, labels) = clouds(150);
        let machine = fit(&points, &labels, SETTINGS, &|| {});
        let many = machine.support.len();
        for (pair, (first, second)) in class_pairs().enumerate().filter(|(_, p)| p.1 < 3) {
            let pull = |row: usize| {
                let place = machine.support.iter().position(|&s| s == row);
                let other = if usize::from(labels[row]) == first {
                    second - 1
                } else {
                    first
                };
                place.map_or(0.0, |p| machine.coefficients[other * many + p])
            };
            let rows: Vec<usize> = (0..labels.len())
                .filter(|&i| [first, second].contains(&usize::from(labels[i])))
                .collect();
            let mut sum = 0.0;
            for &row in &rows {
                let decision: f32 = rows
                    .iter()
                    .map(|&other| pull(other) * kernel(points.row(row), points.row(other)))
                    .sum::<f32>()
                    + machine.intercepts[pair];
                let sign = if usize::from(labels[row]) == first {
                    1.0
                } else {
                    -1.0
                };
                let (margin, pull) = (sign * decision, sign * pull(row));
                sum += sign * pull;
                // Karush, Kuhn and Tucker's conditions.
                match pull {
                    0.0 => assert!(margin > 1.0 - 1e-2, "{margin} without a pull"),
                    p if p >= SETTINGS.c => assert!(margin < 1.0 + 1e-2, "{margin} at the limit"),
                    _ => assert!((margin - 1.0).abs() < 1e-2, "{margin} between the limits"),
                }
            }
            assert!(
                sum.abs() < 1e-3,
                "the pulls of {first} against {second} sum to {sum}"
            );
        }
    }

    #[test]
    fn a_small_cache_and_other_threads_change_nothing() {
        let (points, labels) = clouds(150);
        let whole = fit(&points, &labels, SETTINGS, &|| {});
        assert_eq!(fit_within(0, &points, &labels, SETTINGS, &|| {}), whole);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            assert_eq!(
                pool.install(|| fit(&points, &labels, SETTINGS, &|| {})),
                whole
            );
        }
    }
}
