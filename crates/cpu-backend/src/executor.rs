//! Runs a program on a batch: the shards of the batch in parallel, then the sum of their gradients.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::Layer;

use super::batch_norm::{Backward, ChannelSums, Moments};
use super::elementwise;
use super::loss::{Batch, Loss, StepResult};
use super::program::{Program, Step};
use super::shard::Shard;

/// The shards of a batch, which is also the largest number of threads with work. It is fixed, and the shards' gradients are added up
/// in order, so that the result does not depend on the number of threads.
const SHARDS: usize = 4;

/// A network without its weights: its program, and the buffers of the shards.
pub struct Executor {
    pub program: Program,
    dropout: f32,
    shards: Vec<Shard>,
    /// The number of shards of the last batch.
    used: usize,
}

/// The purpose of a forward pass.
enum Mode<'a> {
    /// Batch norms use the statistics of the batch and update the running ones; dropout is on.
    Training {
        statistics: &'a mut [f32],
        seed: u64,
    },
    /// Batch norms use the running statistics; dropout is off.
    Inference { statistics: &'a [f32] },
}

impl Mode<'_> {
    /// The generator of a shard's dropout masks.
    fn dropout_rng(&self, shard: usize) -> Option<ChaCha8Rng> {
        let Self::Training { seed, .. } = self else {
            return None;
        };
        let mut rng = ChaCha8Rng::seed_from_u64(*seed);
        rng.set_stream(shard as u64);
        Some(rng)
    }
}

/// The images of a shard, of a batch of `count`.
fn shard_size(count: usize) -> usize {
    count.div_ceil(SHARDS).max(1)
}

impl Executor {
    /// For a table of layers; see [`Program::new`].
    pub fn new(layers: &[Layer], batch_norm: bool, dropout: f64) -> Self {
        Self {
            program: Program::new(layers, batch_norm),
            dropout: dropout as f32,
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            used: 0,
        }
    }

    /// The flat lists of parameters and of running statistics from the values of the table's training parameters, in their order.
    pub fn flatten<'a>(&self, values: impl Iterator<Item = &'a [f32]>) -> (Vec<f32>, Vec<f32>) {
        let (mut parameters, mut statistics) = (
            vec![0.0; self.program.parameter_count],
            vec![0.0; self.program.statistic_count],
        );
        for (tensor, values) in self.program.tensors.iter().zip(values) {
            let list = if tensor.is_statistic {
                &mut statistics
            } else {
                &mut parameters
            };
            tensor.layout.write(values, tensor.slot.slice_mut(list));
        }
        (parameters, statistics)
    }

    /// Forward and backward pass of a batch: writes the gradients of the mean loss to `gradients`, and updates the running statistics.
    pub fn compute_gradients(
        &mut self,
        parameters: &[f32],
        statistics: &mut [f32],
        batch: &Batch,
        loss: Loss,
        seed: u64,
        gradients: &mut [f32],
    ) -> StepResult {
        let moments = self.forward(
            parameters,
            &batch.pixels,
            Mode::Training { statistics, seed },
        );
        let transposed = self.transposed(parameters);
        let size = shard_size(batch.len());
        let Self {
            program,
            shards,
            used,
            ..
        } = self;
        let (steps, widths) = (program.steps.as_slice(), program.widths.as_slice());
        let shards = &mut shards[..*used];
        shards.par_iter_mut().enumerate().for_each(|(s, shard)| {
            shard.compute_loss(batch, s * size, loss, widths[steps.len()]);
        });
        let mut moments = moments.into_iter().rev();
        for (number, step) in steps.iter().enumerate().rev() {
            if let Step::BatchNorm {
                channels,
                gamma,
                beta,
                relu,
                ..
            } = step
            {
                let batch_moments = moments
                    .next()
                    .expect("invariant: the forward pass returns moments for each batch norm");
                shards.par_iter_mut().for_each(|shard| {
                    shard.add_skip_gradient(number + 1);
                    if *relu {
                        elementwise::relu_backward(
                            &shard.activations[number + 1],
                            &mut shard.gradient,
                        );
                    }
                    let input = &shard.activations[number];
                    shard.sums = ChannelSums::from_gradient(input, &batch_moments, &shard.gradient);
                });
                let rows = batch.len() * widths[number + 1] / channels;
                let sums = shards.iter().map(|s| &s.sums);
                let backward =
                    Backward::from_sums(sums, rows, &batch_moments, gamma.slice(parameters));
                shards.par_iter_mut().for_each(|shard| {
                    backward.apply(&shard.activations[number], &mut shard.gradient);
                });
                gamma
                    .slice_mut(&mut shards[0].parameter_gradients)
                    .copy_from_slice(&backward.gamma);
                beta.slice_mut(&mut shards[0].parameter_gradients)
                    .copy_from_slice(&backward.beta);
            } else {
                shards.par_iter_mut().for_each(|shard| {
                    shard.backward(step, number, widths[number], &transposed);
                });
            }
        }
        let mut result = StepResult::default();
        for shard in shards.iter() {
            result.loss += shard.result.loss;
            result.correct += shard.result.correct;
        }
        let shards: &[Shard] = shards;
        let part = gradients.len().div_ceil(8).max(1);
        gradients
            .par_chunks_mut(part)
            .enumerate()
            .for_each(|(i, sums)| {
                sums.fill(0.0);
                for shard in shards {
                    let from = &shard.parameter_gradients[i * part..][..sums.len()];
                    elementwise::add(from, sums);
                }
            });
        result
    }

    /// The logits of standardised images, in inference mode.
    ///
    /// # Shapes
    /// `pixels`: `[batch, 28, 28]`.
    pub fn logits(
        &mut self,
        parameters: &[f32],
        statistics: &[f32],
        pixels: &[f32],
    ) -> Vec<[f32; CLASSES]> {
        self.forward(parameters, pixels, Mode::Inference { statistics });
        let width = self.program.widths[self.program.steps.len()];
        let shards = self.shards[..self.used].iter();
        let logits = shards
            .flat_map(|shard| shard.activations[self.program.steps.len()].chunks_exact(width));
        logits
            .map(|logits| core::array::from_fn(|c| logits[c]))
            .collect()
    }

    /// The forward pass; returns the moments that each batch norm used.
    fn forward(&mut self, parameters: &[f32], pixels: &[f32], mut mode: Mode) -> Vec<Moments> {
        let count = pixels.len() / PIXELS;
        let size = shard_size(count);
        self.used = count.div_ceil(size);
        let Self {
            program,
            shards,
            dropout,
            used,
        } = self;
        let (steps, widths) = (program.steps.as_slice(), program.widths.as_slice());
        let shards = &mut shards[..*used];
        for (s, shard) in shards.iter_mut().enumerate() {
            let images = s * size..((s + 1) * size).min(count);
            shard.reset(steps.len(), program.parameter_count);
            shard.count = images.len();
            shard.rng = mode.dropout_rng(s);
            let range = images.start * PIXELS..images.end * PIXELS;
            shard.activations[0].clear();
            shard.activations[0].extend_from_slice(&pixels[range]);
        }
        let mut used_moments = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let width = widths[number + 1];
            if let Step::BatchNorm {
                channels,
                gamma,
                beta,
                statistics: start,
                relu,
            } = step
            {
                let range = *start..start + 2 * channels;
                let moments = match &mut mode {
                    Mode::Training { statistics, .. } => {
                        shards.par_iter_mut().for_each(|shard| {
                            shard.sums =
                                ChannelSums::from_values(&shard.activations[number], *channels);
                        });
                        let rows = count * width / channels;
                        let batch =
                            Moments::from_sums(shards.iter().map(|s| &s.sums), rows, *channels);
                        let (mean, variance) = statistics[range].split_at_mut(*channels);
                        update_running(mean, &batch.mean);
                        update_running(variance, &batch.variance);
                        batch
                    }
                    Mode::Inference { statistics } => {
                        let (mean, variance) = statistics[range].split_at(*channels);
                        Moments::new(mean.to_vec(), variance.to_vec())
                    }
                };
                shards.par_iter_mut().for_each(|shard| {
                    let (input, result) = shard.input_and_output(number, width);
                    moments.apply(
                        input,
                        gamma.slice(parameters),
                        beta.slice(parameters),
                        *relu,
                        result,
                    );
                });
                used_moments.push(moments);
            } else {
                shards.par_iter_mut().for_each(|shard| {
                    shard.forward(step, number, width, parameters, *dropout);
                });
            }
        }
        used_moments
    }

    /// The transposed weight of each step, which the gradient of the step's input needs; empty where there is none.
    fn transposed(&self, parameters: &[f32]) -> Vec<Vec<f32>> {
        let transposed =
            self.program
                .steps
                .par_iter()
                .enumerate()
                .map(|(number, step)| match step {
                    _ if number == 0 => Vec::new(),
                    Step::Conv { conv, weight, .. } => transpose(
                        weight.slice(parameters),
                        conv.input.channels,
                        conv.output.channels,
                    ),
                    Step::Dense { dense, weight, .. } => {
                        transpose(weight.slice(parameters), dense.input, dense.columns)
                    }
                    _ => Vec::new(),
                });
        transposed.collect()
    }
}

/// Transposes each of the `[rows, columns]` matrices.
fn transpose(matrices: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    /// Rows and columns of a block that stays in the first-level cache.
    const BLOCK: usize = 16;
    let mut transposed = vec![0.0; matrices.len()];
    let pairs = matrices
        .chunks_exact(rows * columns)
        .zip(transposed.chunks_exact_mut(rows * columns));
    for (matrix, transposed) in pairs {
        for top in (0..rows).step_by(BLOCK) {
            for left in (0..columns).step_by(BLOCK) {
                for column in left..(left + BLOCK).min(columns) {
                    for row in top..(top + BLOCK).min(rows) {
                        transposed[column * rows + row] = matrix[row * columns + column];
                    }
                }
            }
        }
    }
    transposed
}

/// The weight of a batch in the running statistics: the default of burn and of PyTorch.
const MOMENTUM: f32 = 0.1;

fn update_running(running: &mut [f32], batch: &[f32]) {
    for (r, b) in running.iter_mut().zip(batch) {
        *r += MOMENTUM * (b - *r);
    }
}
