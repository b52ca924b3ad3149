//! The classifier of the novelty detector: a network with one hidden layer that decides by the distance features.

use ndarray::Array2;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shared::model::novelty::{HIDDEN, INPUTS};

use crate::fit::classical::matrix::{column_means, row_slices};

const EPOCHS: usize = 30;
const BATCH: usize = 200;
/// Of Adam; it falls linearly to zero.
const LEARNING_RATE: f32 = 2e-3;
/// The L2 penalty of the weights. It is high because there are more kinds of unknown images than in training.
const WEIGHT_DECAY: f32 = 2e-3;

/// The fitted network. Its inputs are not standardised: the scaling is part of the weights.
pub struct Classifier {
    /// `[HIDDEN, INPUTS]`.
    pub hidden: Vec<f32>,
    pub hidden_bias: Vec<f32>,
    pub output: Vec<f32>,
    pub bias: f32,
}

/// In the list of all parameters, the hidden weights come first, then their biases, the output weights from here, and last
/// the output's bias.
const OUTPUT: usize = HIDDEN * INPUTS + HIDDEN;
const PARAMETERS: usize = OUTPUT + HIDDEN + 1;

impl Classifier {
    /// The logit of the class "unknown".
    pub fn score(&self, inputs: &[f32]) -> f32 {
        let rows = self.hidden.chunks_exact(INPUTS).zip(&self.hidden_bias);
        let units = rows.map(|(row, bias)| (bias + dot(row, inputs)).max(0.0));
        self.bias + units.zip(&self.output).map(|(u, w)| u * w).sum::<f32>()
    }
}

/// Fits the network by Adam on the weighted cross-entropy. `known` are sets of examples, each with the weight of its examples; an
/// unknown example has the weight 1.
///
/// Adam is written out here, with the L2 penalty in the gradient and rounding that the recorded weights depend on.
///
/// # Shapes
/// `unknown` and each set of `known`: `[images, INPUTS]`. The first set is not empty; its mean and deviation standardise all.
pub fn fit(known: &[(Array2<f32>, f32)], unknown: &Array2<f32>, seed: u64) -> Classifier {
    let (mean, deviation) = mean_and_deviation(&known[0].0);
    let standardise = |row: &[f32]| -> Vec<f32> {
        let scaling = mean.iter().zip(&deviation);
        let values = row.iter().zip(scaling);
        values.map(|(x, (m, d))| (x - m) / d).collect()
    };
    let example = |row: &[f32], target: f32, weight: f32| Example {
        inputs: standardise(row),
        target,
        weight,
    };
    let mut examples = Vec::new();
    for (rows, weight) in known {
        let rows = row_slices(rows).into_iter();
        examples.extend(rows.map(|row| example(row, 0.0, *weight)));
    }
    let unknown = row_slices(unknown).into_iter();
    examples.extend(unknown.map(|row| example(row, 1.0, 1.0)));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Uniform, as in Glorot & Bengio 2010.
    let mut parameters: Vec<f32> = (0..PARAMETERS)
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
    let mut first_moment = vec![0.0f32; PARAMETERS];
    let mut second_moment = vec![0.0f32; PARAMETERS];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let steps = EPOCHS * examples.len().div_ceil(BATCH);
    let mut step = 0;
    for _ in 0..EPOCHS {
        order.shuffle(&mut rng);
        for batch in order.chunks(BATCH) {
            let mut sums = vec![0.0f32; PARAMETERS];
            for &i in batch {
                add_gradient(&parameters, &examples[i], &mut sums);
            }
            let learning_rate = LEARNING_RATE * (1.0 - step as f32 / steps as f32);
            step += 1;
            let (beta_1, beta_2) = (0.9f32, 0.999f32);
            let correction = |beta: f32| 1.0 - beta.powi(step);
            for i in 0..PARAMETERS {
                let is_weight = !(HIDDEN * INPUTS..OUTPUT).contains(&i);
                let decay = if is_weight {
                    WEIGHT_DECAY * parameters[i]
                } else {
                    0.0
                };
                let gradient = sums[i] / batch.len() as f32 + decay;
                first_moment[i] = beta_1 * first_moment[i] + (1.0 - beta_1) * gradient;
                second_moment[i] = beta_2 * second_moment[i] + (1.0 - beta_2) * gradient * gradient;
                let root = (second_moment[i] / correction(beta_2)).sqrt();
                parameters[i] -=
                    learning_rate * first_moment[i] / correction(beta_1) / (root + 1e-8);
            }
        }
    }
    fold_standardisation(&parameters, &mean, &deviation)
}

/// An example's standardised inputs, its target (0 is known, 1 unknown) and its weight in the loss.
struct Example {
    inputs: Vec<f32>,
    target: f32,
    weight: f32,
}

/// Adds one example's gradient.
fn add_gradient(parameters: &[f32], example: &Example, gradient: &mut [f32]) {
    let inputs = &example.inputs;
    let (weights, biases) = parameters[..OUTPUT].split_at(HIDDEN * INPUTS);
    let output = &parameters[OUTPUT..PARAMETERS - 1];
    let units: Vec<f32> = weights
        .chunks_exact(INPUTS)
        .zip(biases)
        .map(|(weights, bias)| (bias + dot(weights, inputs)).max(0.0))
        .collect();
    let score = parameters[PARAMETERS - 1] + dot(&units, output);
    let error = example.weight * (1.0 / (1.0 + (-score).exp()) - example.target);
    for (unit, &activation) in units.iter().enumerate() {
        gradient[OUTPUT + unit] += error * activation;
        if activation > 0.0 {
            let unit_gradient = error * output[unit];
            gradient[HIDDEN * INPUTS + unit] += unit_gradient;
            let weights = &mut gradient[unit * INPUTS..(unit + 1) * INPUTS];
            for (weight, x) in weights.iter_mut().zip(inputs) {
                *weight += unit_gradient * x;
            }
        }
    }
    gradient[PARAMETERS - 1] += error;
}

/// The same network for inputs that are not standardised.
fn fold_standardisation(parameters: &[f32], mean: &[f32], deviation: &[f32]) -> Classifier {
    let mut hidden = Vec::with_capacity(HIDDEN * INPUTS);
    let mut hidden_bias = Vec::with_capacity(HIDDEN);
    for unit in 0..HIDDEN {
        let row = &parameters[unit * INPUTS..(unit + 1) * INPUTS];
        let row: Vec<f32> = row.iter().zip(deviation).map(|(w, d)| w / d).collect();
        hidden_bias.push(parameters[HIDDEN * INPUTS + unit] - dot(&row, mean));
        hidden.extend(row);
    }
    Classifier {
        hidden,
        hidden_bias,
        output: parameters[OUTPUT..PARAMETERS - 1].to_vec(),
        bias: parameters[PARAMETERS - 1],
    }
}

/// Mean and standard deviation of each column.
fn mean_and_deviation(rows: &Array2<f32>) -> (Vec<f32>, Vec<f32>) {
    let mean = column_means(rows.view());
    let squares = (rows - &mean).mapv(|x| x * x);
    let deviation = column_means(squares.view()).mapv(|v| v.sqrt().max(1e-3));
    (mean.to_vec(), deviation.to_vec())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::concatenate;

    /// Different inputs around a centre.
    fn around(centre: f32, count: usize, seed: u64) -> Array2<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Array2::from_shape_simple_fn((count, INPUTS), || {
            50.0 + centre + rng.random_range(-1.0..1.0)
        })
    }

    #[test]
    fn separates_unknown_examples_on_both_sides_of_the_known() {
        let unknown = [around(2.0, 300, 1), around(-2.0, 300, 2)];
        let unknown = concatenate![ndarray::Axis(0), unknown[0], unknown[1]];
        let known = [(around(0.0, 400, 3), 1.0), (around(0.0, 100, 7), 2.0)];
        let classifier = fit(&known, &unknown, 1);
        let correct = |rows: &Array2<f32>, is_known: bool| {
            let rows = row_slices(rows).into_iter();
            rows.filter(|r| (classifier.score(r) < 0.0) == is_known)
                .count()
        };
        assert_eq!(correct(&around(0.0, 100, 4), true), 100);
        assert_eq!(correct(&around(2.0, 100, 5), false), 100);
        assert_eq!(correct(&around(-2.0, 100, 6), false), 100);
    }
}
