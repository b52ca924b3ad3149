//! A shard of a batch: its activations, and the forward and backward pass of one step.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use shared::model::argmax;

use super::batch_norm::ChannelSums;
use super::conv::InputGradient;
use super::elementwise;
use super::gemm::{GatherGemm, OuterGemm, RowRange, ScatterGemm};
use super::loss::{Batch, Loss, StepResult};
use super::program::Step;

/// A shard of a batch, with everything that its forward pass keeps for the backward pass.
#[derive(Default)]
pub struct Shard {
    /// The number of images.
    pub count: usize,
    /// Draws the dropout masks; `None` in inference.
    pub rng: Option<ChaCha8Rng>,
    /// The images, then the output of each step.
    pub activations: Vec<Vec<f32>>,
    /// For each step: a convolution's prepared input, or a dropout mask.
    saved: Vec<Vec<f32>>,
    pub sums: ChannelSums,
    /// The gradient of the activation that the backward pass has reached.
    pub gradient: Vec<f32>,
    /// Buffers for the next gradient.
    next_gradient: Vec<f32>,
    padded_gradient: Vec<f32>,
    /// Gradients through the skip connections of residual blocks, with the number of the activation that they belong to.
    skip_gradients: Vec<(usize, Vec<f32>)>,
    /// The gradients of all parameters.
    pub parameter_gradients: Vec<f32>,
    pub result: StepResult,
}

impl Shard {
    /// Prepares the buffers for a forward pass of so many steps.
    pub fn reset(&mut self, steps: usize, parameter_count: usize) {
        self.activations.resize_with(steps + 1, Vec::new);
        self.saved.resize_with(steps, Vec::new);
        self.parameter_gradients.clear();
        self.parameter_gradients.resize(parameter_count, 0.0);
        self.skip_gradients.clear();
    }

    /// A step's input, and the buffer for its output.
    pub fn input_and_output(&mut self, number: usize, width: usize) -> (&[f32], &mut [f32]) {
        let (before, after) = self.activations.split_at_mut(number + 1);
        after[0].resize(self.count * width, 0.0);
        (&before[number], &mut after[0])
    }

    /// The forward pass of any step but a batch norm, which all shards compute together.
    pub fn forward(
        &mut self,
        step: &Step,
        number: usize,
        width: usize,
        parameters: &[f32],
        dropout: f32,
    ) {
        let mut saved = std::mem::take(&mut self.saved[number]);
        let mut rng = self.rng.take();
        match step {
            Step::Conv {
                conv,
                weight,
                bias,
                relu,
            } => {
                let (input, result) = self.input_and_output(number, width);
                conv.forward(
                    input,
                    weight.slice(parameters),
                    bias.slice(parameters),
                    *relu,
                    &mut saved,
                    result,
                );
            }
            Step::Dense {
                dense,
                weight,
                bias,
                relu,
            } => {
                let starts: Vec<u32> = (0..self.count).map(|i| (i * dense.input) as u32).collect();
                let (input, result) = self.input_and_output(number, width);
                GatherGemm {
                    input,
                    starts: &starts,
                    taps: &[0],
                    depth: dense.input,
                    weight: weight.slice(parameters),
                    bias: bias.slice(parameters),
                    result: &mut *result,
                }
                .run();
                if *relu {
                    elementwise::relu(result);
                }
            }
            Step::MaxPool { input: shape } => {
                let (input, result) = self.input_and_output(number, width);
                elementwise::max_pool(*shape, input, result);
            }
            Step::Add { from } => {
                let (before, after) = self.activations.split_at_mut(number + 1);
                after[0].resize(self.count * width, 0.0);
                elementwise::add_then_relu(&before[number], &before[*from], &mut after[0]);
            }
            Step::GlobalAveragePool { input: shape } => {
                let (input, result) = self.input_and_output(number, width);
                let pixels = shape.rows * shape.columns;
                for (image, means) in input
                    .chunks_exact(shape.count())
                    .zip(result.chunks_exact_mut(width))
                {
                    means.fill(0.0);
                    elementwise::add_rows(image, 1.0 / pixels as f32, means);
                }
            }
            Step::Dropout => {
                let (input, result) = self.input_and_output(number, width);
                saved.resize(input.len(), 1.0);
                if let Some(rng) = rng.as_mut().filter(|_| dropout > 0.0) {
                    let scale = 1.0 / (1.0 - dropout);
                    saved.iter_mut().for_each(|mask| {
                        *mask = if rng.random::<f32>() < dropout {
                            0.0
                        } else {
                            scale
                        }
                    });
                }
                elementwise::multiply(input, &saved, result);
            }
            Step::BatchNorm { .. } => {}
        }
        self.rng = rng;
        self.saved[number] = saved;
    }

    /// Computes the loss and the gradient of the logits; the shard's first image is the batch's image number `first`.
    pub fn compute_loss(&mut self, batch: &Batch, first: usize, loss: Loss, width: usize) {
        let logits = &self.activations[self.activations.len() - 1];
        self.gradient.clear();
        self.gradient.resize(logits.len(), 0.0);
        self.result = StepResult::default();
        let rows = logits
            .chunks_exact(width)
            .zip(self.gradient.chunks_exact_mut(width));
        for (i, (logits, gradient)) in rows.enumerate() {
            let logits = core::array::from_fn(|c| logits[c]);
            let image = loss.loss_and_gradient(&logits, batch, first + i);
            self.result.loss += f64::from(image.loss);
            self.result.correct += usize::from(argmax(&logits) == batch.labels[first + i].index());
            for (to, from) in gradient.iter_mut().zip(image.gradient) {
                *to = from / batch.len() as f32;
            }
        }
    }

    /// Adds the gradient through a skip connection, if one belongs to this activation.
    pub fn add_skip_gradient(&mut self, number: usize) {
        let skips = &mut self.skip_gradients;
        if let Some(index) = skips.iter().position(|(n, _)| *n == number) {
            let (_, skipped) = skips.swap_remove(index);
            elementwise::add(&skipped, &mut self.gradient);
        }
    }

    /// The backward pass of any step but a batch norm: from the gradient of its output to the gradient of its input.
    pub fn backward(&mut self, step: &Step, number: usize, width: usize, transposed: &[Vec<f32>]) {
        self.add_skip_gradient(number + 1);
        let (input, result) = (&self.activations[number], &self.activations[number + 1]);
        let saved = &self.saved[number];
        // Whether the result is in `next_gradient`; otherwise it replaces the gradient.
        let mut has_next = false;
        match step {
            Step::Conv {
                conv,
                weight,
                bias,
                relu,
            } => {
                if *relu {
                    elementwise::relu_backward(result, &mut self.gradient);
                }
                elementwise::add_rows(
                    &self.gradient,
                    1.0,
                    bias.slice_mut(&mut self.parameter_gradients),
                );
                // The gradient of the images is not needed.
                let input_gradient = (number > 0).then_some(InputGradient {
                    gradient: &mut self.next_gradient,
                    padded: &mut self.padded_gradient,
                });
                has_next = input_gradient.is_some();
                conv.backward(
                    input,
                    saved,
                    &transposed[number],
                    &self.gradient,
                    weight.slice_mut(&mut self.parameter_gradients),
                    input_gradient,
                );
            }
            Step::Dense {
                dense,
                weight,
                bias,
                relu,
            } => {
                if *relu {
                    elementwise::relu_backward(result, &mut self.gradient);
                }
                elementwise::add_rows(
                    &self.gradient,
                    1.0,
                    bias.slice_mut(&mut self.parameter_gradients),
                );
                OuterGemm {
                    left: input,
                    right: &self.gradient,
                    ranges: &[RowRange {
                        left: 0,
                        right: 0,
                        rows: self.count,
                    }],
                    taps: &[0],
                    depth: dense.input,
                    columns: dense.columns,
                    result: weight.slice_mut(&mut self.parameter_gradients),
                }
                .run();
                if number > 0 {
                    let starts: Vec<u32> =
                        (0..self.count).map(|i| (i * dense.input) as u32).collect();
                    self.next_gradient.clear();
                    self.next_gradient.resize(self.count * dense.input, 0.0);
                    ScatterGemm {
                        input: &self.gradient,
                        starts: &starts,
                        taps: &[0],
                        depth: dense.columns,
                        weight: &transposed[number],
                        columns: dense.input,
                        result: &mut self.next_gradient,
                    }
                    .run();
                    has_next = true;
                }
            }
            Step::MaxPool { input: shape } => {
                self.next_gradient.clear();
                self.next_gradient.resize(self.count * width, 0.0);
                elementwise::max_pool_backward(
                    *shape,
                    input,
                    result,
                    &self.gradient,
                    &mut self.next_gradient,
                );
                has_next = true;
            }
            Step::Add { from } => {
                elementwise::relu_backward(result, &mut self.gradient);
                self.skip_gradients.push((*from, self.gradient.clone()));
            }
            Step::GlobalAveragePool { input: shape } => {
                let pixels = shape.rows * shape.columns;
                self.next_gradient.resize(self.count * width, 0.0);
                let pairs = self
                    .next_gradient
                    .chunks_exact_mut(shape.count())
                    .zip(self.gradient.chunks_exact(shape.channels));
                for (image, gradient) in pairs {
                    for pixel in image.chunks_exact_mut(shape.channels) {
                        for (to, from) in pixel.iter_mut().zip(gradient) {
                            *to = from / pixels as f32;
                        }
                    }
                }
                has_next = true;
            }
            Step::Dropout => {
                for (gradient, mask) in self.gradient.iter_mut().zip(saved) {
                    *gradient *= mask;
                }
            }
            Step::BatchNorm { .. } => {}
        }
        if has_next {
            std::mem::swap(&mut self.gradient, &mut self.next_gradient);
        }
    }
}
