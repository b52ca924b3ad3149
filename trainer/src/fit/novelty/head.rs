//! The small network that weighs a picture's measures up.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shared::model::novelty::{HIDDEN, INPUTS};

use crate::fit::classical::matrix::Matrix;

const EPOCHS: usize = 30;
const BATCH: usize = 200;
/// Adam's, falling to zero.
const LEARNING_RATE: f32 = 2e-3;
/// Pulls the weights to zero: strange things come in more kinds than are shown here.
const PENALTY: f32 = 5e-3;

/// Weights for measures as they come: the scaling that helps learning is in them.
pub struct Head {
    /// `[32, INPUTS]`.
    pub hidden: Vec<f32>,
    pub hidden_bias: Vec<f32>,
    pub output: Vec<f32>,
    pub bias: f32,
}

/// All parameters in one list: hidden, its biases, output, its bias.
const OUTPUT: usize = HIDDEN * INPUTS + HIDDEN;
const PARAMETERS: usize = OUTPUT + HIDDEN + 1;

impl Head {
    /// The logit of being unknown.
    pub fn score(&self, measures: &[f32]) -> f32 {
        let rows = self.hidden.chunks_exact(INPUTS).zip(&self.hidden_bias);
        let units = rows.map(|(row, bias)| (bias + dot(row, measures)).max(0.0));
        self.bias + units.zip(&self.output).map(|(u, w)| u * w).sum::<f32>()
    }
}

/// Fits by Adam on the cross-entropy, both kinds counting as much as they are many.
pub fn fit(known: &Matrix, unknown: &Matrix, seed: u64) -> Head {
    let (mean, deviation) = spread(known);
    let scaled = |row: &[f32]| -> Vec<f32> {
        let of = mean.iter().zip(&deviation);
        row.iter().zip(of).map(|(x, (m, d))| (x - m) / d).collect()
    };
    let all: Vec<(Vec<f32>, f32)> = known
        .rows()
        .map(|row| (scaled(row), 0.0))
        .chain(unknown.rows().map(|row| (scaled(row), 1.0)))
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut place: Vec<f32> = (0..PARAMETERS)
        .map(|i| match i {
            _ if i < HIDDEN * INPUTS => {
                rng.random_range(-1.0..1.0) * (6.0 / (INPUTS + HIDDEN) as f32).sqrt()
            }
            _ if (OUTPUT..PARAMETERS - 1).contains(&i) => {
                rng.random_range(-1.0..1.0) * (6.0 / (HIDDEN + 1) as f32).sqrt()
            }
            _ => 0.0,
        })
        .collect();
    let (mut first, mut second) = (vec![0.0f32; PARAMETERS], vec![0.0f32; PARAMETERS]);
    let mut order: Vec<usize> = (0..all.len()).collect();
    let steps = EPOCHS * all.len().div_ceil(BATCH);
    let mut step = 0;
    for _ in 0..EPOCHS {
        order.shuffle(&mut rng);
        for batch in order.chunks(BATCH) {
            let mut gradient = vec![0.0f32; PARAMETERS];
            for &i in batch {
                learn(&place, &all[i].0, all[i].1, &mut gradient);
            }
            let rate = LEARNING_RATE * (1.0 - step as f32 / steps as f32);
            step += 1;
            let (fade, slow_fade) = (0.9f32, 0.999f32);
            let corrected = |fade: f32| 1.0 - fade.powi(step);
            for i in 0..PARAMETERS {
                let is_weight = !(HIDDEN * INPUTS..OUTPUT).contains(&i);
                let pull = if is_weight { PENALTY * place[i] } else { 0.0 };
                let slope = gradient[i] / batch.len() as f32 + pull;
                first[i] = fade * first[i] + (1.0 - fade) * slope;
                second[i] = slow_fade * second[i] + (1.0 - slow_fade) * slope * slope;
                let spread = (second[i] / corrected(slow_fade)).sqrt();
                place[i] -= rate * first[i] / corrected(fade) / (spread + 1e-8);
            }
        }
    }
    unscaled(&place, &mean, &deviation)
}

/// Adds one picture's gradient.
fn learn(place: &[f32], row: &[f32], target: f32, gradient: &mut [f32]) {
    let (weights, biases) = place[..OUTPUT].split_at(HIDDEN * INPUTS);
    let output = &place[OUTPUT..PARAMETERS - 1];
    let units: Vec<f32> = weights
        .chunks_exact(INPUTS)
        .zip(biases)
        .map(|(weights, bias)| (bias + dot(weights, row)).max(0.0))
        .collect();
    let score = place[PARAMETERS - 1] + dot(&units, output);
    let error = 1.0 / (1.0 + (-score).exp()) - target;
    for (unit, &activation) in units.iter().enumerate() {
        gradient[OUTPUT + unit] += error * activation;
        if activation > 0.0 {
            let back = error * output[unit];
            gradient[HIDDEN * INPUTS + unit] += back;
            let slopes = &mut gradient[unit * INPUTS..(unit + 1) * INPUTS];
            slopes.iter_mut().zip(row).for_each(|(s, x)| *s += back * x);
        }
    }
    gradient[PARAMETERS - 1] += error;
}

/// The same network for measures as they come.
fn unscaled(place: &[f32], mean: &[f32], deviation: &[f32]) -> Head {
    let mut hidden = Vec::with_capacity(HIDDEN * INPUTS);
    let mut hidden_bias = Vec::with_capacity(HIDDEN);
    for unit in 0..HIDDEN {
        let row = &place[unit * INPUTS..(unit + 1) * INPUTS];
        let row: Vec<f32> = row.iter().zip(deviation).map(|(w, d)| w / d).collect();
        hidden_bias.push(place[HIDDEN * INPUTS + unit] - dot(&row, mean));
        hidden.extend(row);
    }
    Head {
        hidden,
        hidden_bias,
        output: place[OUTPUT..PARAMETERS - 1].to_vec(),
        bias: place[PARAMETERS - 1],
    }
}

/// Means and standard deviations of the columns.
fn spread(rows: &Matrix) -> (Vec<f32>, Vec<f32>) {
    let mean = rows.mean();
    let squares = Matrix {
        columns: rows.columns,
        values: rows
            .rows()
            .flat_map(|row| row.iter().zip(&mean).map(|(x, m)| (x - m) * (x - m)))
            .collect(),
    };
    let deviation = squares.mean().iter().map(|v| v.sqrt().max(1e-3)).collect();
    (mean, deviation)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measures around a centre, no two alike.
    fn around(centre: f32, count: usize, seed: u64) -> Matrix {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let values = (0..count * INPUTS).map(|_| 50.0 + centre + rng.random_range(-1.0..1.0));
        Matrix {
            columns: INPUTS,
            values: values.collect(),
        }
    }

    #[test]
    fn what_lies_on_either_side_of_the_known_is_told_from_it() {
        let mut unknown = around(2.0, 300, 1);
        unknown.values.extend(around(-2.0, 300, 2).values);
        let head = fit(&around(0.0, 600, 3), &unknown, 1);
        let right = |rows: &Matrix, is_known: bool| {
            let found = rows.rows().filter(|r| (head.score(r) < 0.0) == is_known);
            found.count()
        };
        assert_eq!(right(&around(0.0, 100, 4), true), 100);
        assert_eq!(right(&around(2.0, 100, 5), false), 100);
        assert_eq!(right(&around(-2.0, 100, 6), false), 100);
    }
}
