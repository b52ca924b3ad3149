//! A network on the CPU: shards of a batch go through its steps side by side, and their gradients are added up.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::Layer;

use super::chain::{Chain, Step};
use super::each;
use super::norm::{Backward, Moments, Sums};
use super::shard::Shard;
use crate::fit::backend::{Batch, Lesson, Objective};

/// Parts that a batch is cut into, each with gradients of its own: as many threads find work, and however many there
/// are, the sums are added up in the same order.
const SHARDS: usize = 4;

/// A network ready to be trained: its geometry, not its weights.
pub struct Graph {
    pub chain: Chain,
    dropout: f32,
    shards: Vec<Shard>,
    /// How many of them the last batch was cut into.
    used: usize,
}

/// What a way forward is for.
enum Mode<'a> {
    /// Batch norms take the batch's statistics, and the running ones follow; dropout drops.
    Training {
        statistics: &'a mut [f32],
        seed: u64,
    },
    Inference {
        statistics: &'a [f32],
    },
}

impl Mode<'_> {
    /// What decides on a shard's dropout.
    fn dice(&self, shard: usize) -> Option<ChaCha8Rng> {
        let Self::Training { seed, .. } = self else {
            return None;
        };
        let mut dice = ChaCha8Rng::seed_from_u64(*seed);
        dice.set_stream(shard as u64);
        Some(dice)
    }
}

/// How many of a batch's pictures a shard has.
fn share(count: usize) -> usize {
    count.div_ceil(SHARDS).max(1)
}

impl Graph {
    /// The steps of a table. With `normalise`, a batch norm stands before each ReLU that has none in the table.
    pub fn new(layers: &[Layer], normalise: bool, dropout: f64) -> Self {
        Self {
            chain: Chain::new(layers, normalise),
            dropout: dropout as f32,
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            used: 0,
        }
    }

    /// Tensors' values, one for each field, as the flat lists of parameters and of statistics.
    pub fn lists<'a>(&self, values: impl Iterator<Item = &'a [f32]>) -> (Vec<f32>, Vec<f32>) {
        let (mut parameters, mut statistics) = (
            vec![0.0; self.chain.learned],
            vec![0.0; self.chain.statistics],
        );
        for (field, values) in self.chain.fields.iter().zip(values) {
            let list = if field.is_statistic {
                &mut statistics
            } else {
                &mut parameters
            };
            field.layout.write(values, field.slot.of_mut(list));
        }
        (parameters, statistics)
    }

    /// One batch forward and back: the mean loss's gradients are written to `gradients`, and a batch norm's running
    /// statistics follow the batch.
    pub fn learn(
        &mut self,
        parameters: &[f32],
        statistics: &mut [f32],
        batch: &Batch,
        objective: Objective,
        seed: u64,
        gradients: &mut [f32],
    ) -> Lesson {
        let moments = self.forward(
            parameters,
            &batch.pixels,
            Mode::Training { statistics, seed },
        );
        let transposed = self.transposed(parameters);
        let size = share(batch.len());
        let Self {
            chain,
            shards,
            used,
            ..
        } = self;
        let (steps, widths) = (chain.steps.as_slice(), chain.widths.as_slice());
        let shards = &mut shards[..*used];
        shards.par_iter_mut().enumerate().for_each(|(s, shard)| {
            shard.judge(batch, s * size, objective, widths[steps.len()]);
        });
        let mut moments = moments.into_iter().rev();
        for (number, step) in steps.iter().enumerate().rev() {
            if let Step::Norm {
                channels,
                gamma,
                beta,
                relu,
                ..
            } = step
            {
                let Some(batch_moments) = moments.next() else {
                    continue;
                };
                shards.par_iter_mut().for_each(|shard| {
                    shard.take_waiting(number + 1);
                    if *relu {
                        each::mask(&shard.activations[number + 1], &mut shard.gradient);
                    }
                    let input = &shard.activations[number];
                    shard.sums = Sums::of_gradient(input, &batch_moments, &shard.gradient);
                });
                let rows = batch.len() * widths[number + 1] / channels;
                let sums = shards.iter().map(|s| &s.sums);
                let back = Backward::of(sums, rows, &batch_moments, gamma.of(parameters));
                shards.par_iter_mut().for_each(|shard| {
                    back.apply(&shard.activations[number], &mut shard.gradient);
                });
                gamma
                    .of_mut(&mut shards[0].gradients)
                    .copy_from_slice(&back.gamma);
                beta.of_mut(&mut shards[0].gradients)
                    .copy_from_slice(&back.beta);
            } else {
                shards.par_iter_mut().for_each(|shard| {
                    shard.backward(step, number, widths[number], &transposed);
                });
            }
        }
        let mut lesson = Lesson::default();
        for shard in shards.iter() {
            lesson.loss += shard.lesson.loss;
            lesson.right += shard.lesson.right;
        }
        let shards: &[Shard] = shards;
        let part = gradients.len().div_ceil(8).max(1);
        gradients
            .par_chunks_mut(part)
            .enumerate()
            .for_each(|(i, sums)| {
                sums.fill(0.0);
                for shard in shards {
                    let from = &shard.gradients[i * part..][..sums.len()];
                    each::add(from, sums);
                }
            });
        lesson
    }

    /// The logits of standardised pictures, with the running statistics and nothing dropped.
    ///
    /// # Shapes
    /// `pixels` holds `batch * 784` numbers.
    pub fn answer(
        &mut self,
        parameters: &[f32],
        statistics: &[f32],
        pixels: &[f32],
    ) -> Vec<[f32; CLASSES]> {
        self.forward(parameters, pixels, Mode::Inference { statistics });
        let width = self.chain.widths[self.chain.steps.len()];
        let shards = self.shards[..self.used].iter();
        let logits =
            shards.flat_map(|shard| shard.activations[self.chain.steps.len()].chunks_exact(width));
        logits
            .map(|logits| core::array::from_fn(|c| logits[c]))
            .collect()
    }

    /// Every step over every shard; gives the moments that each batch norm used.
    fn forward(&mut self, parameters: &[f32], pixels: &[f32], mut mode: Mode) -> Vec<Moments> {
        let count = pixels.len() / PIXELS;
        let size = share(count);
        self.used = count.div_ceil(size);
        let Self {
            chain,
            shards,
            dropout,
            used,
        } = self;
        let (steps, widths) = (chain.steps.as_slice(), chain.widths.as_slice());
        let shards = &mut shards[..*used];
        for (s, shard) in shards.iter_mut().enumerate() {
            let pictures = s * size..((s + 1) * size).min(count);
            shard.begin(steps.len(), chain.learned);
            shard.count = pictures.len();
            shard.dice = mode.dice(s);
            let place = pictures.start * PIXELS..pictures.end * PIXELS;
            shard.activations[0].clear();
            shard.activations[0].extend_from_slice(&pixels[place]);
        }
        let mut used = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let width = widths[number + 1];
            if let Step::Norm {
                channels,
                gamma,
                beta,
                statistics: place,
                relu,
            } = step
            {
                let place = *place..place + 2 * channels;
                let moments = match &mut mode {
                    Mode::Training { statistics, .. } => {
                        shards.par_iter_mut().for_each(|shard| {
                            shard.sums = Sums::of_values(&shard.activations[number], *channels);
                        });
                        let rows = count * width / channels;
                        let batch = Moments::of(shards.iter().map(|s| &s.sums), rows, *channels);
                        let (mean, variance) = statistics[place].split_at_mut(*channels);
                        follow(mean, &batch.mean);
                        follow(variance, &batch.variance);
                        batch
                    }
                    Mode::Inference { statistics } => {
                        let (mean, variance) = statistics[place].split_at(*channels);
                        Moments::new(mean.to_vec(), variance.to_vec())
                    }
                };
                shards.par_iter_mut().for_each(|shard| {
                    let (input, result) = shard.ends(number, width);
                    moments.apply(
                        input,
                        gamma.of(parameters),
                        beta.of(parameters),
                        *relu,
                        result,
                    );
                });
                used.push(moments);
            } else {
                shards.par_iter_mut().for_each(|shard| {
                    shard.forward(step, number, width, parameters, *dropout);
                });
            }
        }
        used
    }

    /// Every weight that the way back to an input needs, turned; empty where none is.
    fn transposed(&self, parameters: &[f32]) -> Vec<Vec<f32>> {
        let turned = self
            .chain
            .steps
            .par_iter()
            .enumerate()
            .map(|(number, step)| match step {
                _ if number == 0 => Vec::new(),
                Step::Conv { conv, weight, .. } => turn(
                    weight.of(parameters),
                    conv.input.channels,
                    conv.output.channels,
                ),
                Step::Dense { dense, weight, .. } => {
                    turn(weight.of(parameters), dense.input, dense.columns)
                }
                _ => Vec::new(),
            });
        turned.collect()
    }
}

/// Each of the `[rows, columns]` matrices as `[columns, rows]`.
fn turn(matrices: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    /// A square of this many rows and columns stays in the first cache.
    const SQUARE: usize = 16;
    let mut turned = vec![0.0; matrices.len()];
    let pairs = matrices
        .chunks_exact(rows * columns)
        .zip(turned.chunks_exact_mut(rows * columns));
    for (matrix, turned) in pairs {
        for top in (0..rows).step_by(SQUARE) {
            for left in (0..columns).step_by(SQUARE) {
                for column in left..(left + SQUARE).min(columns) {
                    for row in top..(top + SQUARE).min(rows) {
                        turned[column * rows + row] = matrix[row * columns + column];
                    }
                }
            }
        }
    }
    turned
}

/// burn's and PyTorch's default.
const MOMENTUM: f32 = 0.1;

/// A running statistic takes a step towards a batch's.
fn follow(running: &mut [f32], batch: &[f32]) {
    for (r, b) in running.iter_mut().zip(batch) {
        *r += MOMENTUM * (b - *r);
    }
}
