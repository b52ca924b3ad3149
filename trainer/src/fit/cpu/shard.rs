//! A part of a batch on its way through the steps and back.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::chain::Step;
use super::conv::Back;
use super::each;
use super::kernel::{Gather, Outer, Run, Scatter};
use super::norm::Sums;
use crate::fit::backend::{Batch, Lesson, Objective};

/// A part of a batch, with all that its way forward leaves for the way back.
#[derive(Default)]
pub struct Shard {
    pub count: usize,
    pub dice: Option<ChaCha8Rng>,
    /// Behind each step; the first is the pictures.
    pub activations: Vec<Vec<f32>>,
    /// What each convolution saw, and which numbers each dropout kept.
    pub seen: Vec<Vec<f32>>,
    pub sums: Sums,
    pub gradient: Vec<f32>,
    pub spare: Vec<f32>,
    pub framed: Vec<f32>,
    /// Gradients that wait for the way back to reach the activation of this number.
    pub waiting: Vec<(usize, Vec<f32>)>,
    /// Of all parameters.
    pub gradients: Vec<f32>,
    pub lesson: Lesson,
}

impl Shard {
    pub fn begin(&mut self, steps: usize, learned: usize) {
        self.activations.resize_with(steps + 1, Vec::new);
        self.seen.resize_with(steps, Vec::new);
        self.gradients.clear();
        self.gradients.resize(learned, 0.0);
        self.waiting.clear();
    }

    /// A step's input, and its result as large as it will be.
    pub fn ends(&mut self, number: usize, width: usize) -> (&[f32], &mut [f32]) {
        let (before, after) = self.activations.split_at_mut(number + 1);
        after[0].resize(self.count * width, 0.0);
        (&before[number], &mut after[0])
    }

    pub fn forward(
        &mut self,
        step: &Step,
        number: usize,
        width: usize,
        parameters: &[f32],
        dropout: f32,
    ) {
        let mut seen = std::mem::take(&mut self.seen[number]);
        let mut dice = self.dice.take();
        match step {
            Step::Conv {
                conv,
                weight,
                bias,
                relu,
            } => {
                let (input, result) = self.ends(number, width);
                conv.forward(
                    input,
                    weight.of(parameters),
                    bias.of(parameters),
                    *relu,
                    &mut seen,
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
                let (input, result) = self.ends(number, width);
                Gather {
                    input,
                    starts: &starts,
                    taps: &[0],
                    depth: dense.input,
                    weight: weight.of(parameters),
                    bias: bias.of(parameters),
                    result: &mut *result,
                }
                .run();
                if *relu {
                    each::relu(result);
                }
            }
            Step::MaxPool { input: shape } => {
                let (input, result) = self.ends(number, width);
                each::max_pool(*shape, input, result);
            }
            Step::Add { from } => {
                let (before, after) = self.activations.split_at_mut(number + 1);
                after[0].resize(self.count * width, 0.0);
                each::add_then_relu(&before[number], &before[*from], &mut after[0]);
            }
            Step::Mean { input: shape } => {
                let (input, result) = self.ends(number, width);
                let pixels = shape.rows * shape.columns;
                for (picture, means) in input
                    .chunks_exact(shape.count())
                    .zip(result.chunks_exact_mut(width))
                {
                    means.fill(0.0);
                    each::add_rows(picture, 1.0 / pixels as f32, means);
                }
            }
            Step::Dropout => {
                let (input, result) = self.ends(number, width);
                seen.resize(input.len(), 1.0);
                if let Some(dice) = dice.as_mut().filter(|_| dropout > 0.0) {
                    let kept = 1.0 / (1.0 - dropout);
                    seen.iter_mut().for_each(|s| {
                        *s = if dice.random::<f32>() < dropout {
                            0.0
                        } else {
                            kept
                        }
                    });
                }
                each::multiply(input, &seen, result);
            }
            Step::Norm { .. } => {}
        }
        self.dice = dice;
        self.seen[number] = seen;
    }

    /// The loss, and its gradient at the logits.
    pub fn judge(&mut self, batch: &Batch, first: usize, objective: Objective, width: usize) {
        let logits = self.activations.last().map_or(&[][..], Vec::as_slice);
        self.gradient.clear();
        self.gradient.resize(logits.len(), 0.0);
        self.lesson = Lesson::default();
        let rows = logits
            .chunks_exact(width)
            .zip(self.gradient.chunks_exact_mut(width));
        for (i, (logits, gradient)) in rows.enumerate() {
            let logits = core::array::from_fn(|c| logits[c]);
            let judged = objective.judge(&logits, batch, first + i);
            self.lesson.loss += f64::from(judged.loss);
            self.lesson.right +=
                usize::from(shared::model::argmax(&logits) == batch.labels[first + i].index());
            for (g, slope) in gradient.iter_mut().zip(judged.gradient) {
                *g = slope / batch.len() as f32;
            }
        }
    }

    /// Adds what waited for the way back to reach this activation.
    pub fn take_waiting(&mut self, number: usize) {
        if let Some(place) = self.waiting.iter().position(|(n, _)| *n == number) {
            let (_, waiting) = self.waiting.swap_remove(place);
            each::add(&waiting, &mut self.gradient);
        }
    }

    /// From the gradient behind a step to that before it.
    pub fn backward(&mut self, step: &Step, number: usize, width: usize, transposed: &[Vec<f32>]) {
        self.take_waiting(number + 1);
        let (input, result) = (&self.activations[number], &self.activations[number + 1]);
        let seen = &self.seen[number];
        let mut moved = false;
        match step {
            Step::Conv {
                conv,
                weight,
                bias,
                relu,
            } => {
                if *relu {
                    each::mask(result, &mut self.gradient);
                }
                each::add_rows(&self.gradient, 1.0, bias.of_mut(&mut self.gradients));
                let back = (number > 0).then_some(Back {
                    back: &mut self.spare,
                    framed: &mut self.framed,
                });
                moved = back.is_some();
                conv.backward(
                    input,
                    seen,
                    &transposed[number],
                    &self.gradient,
                    weight.of_mut(&mut self.gradients),
                    back,
                );
            }
            Step::Dense {
                dense,
                weight,
                bias,
                relu,
            } => {
                if *relu {
                    each::mask(result, &mut self.gradient);
                }
                each::add_rows(&self.gradient, 1.0, bias.of_mut(&mut self.gradients));
                Outer {
                    left: input,
                    right: &self.gradient,
                    runs: &[Run {
                        left: 0,
                        right: 0,
                        rows: self.count,
                    }],
                    taps: &[0],
                    depth: dense.input,
                    columns: dense.columns,
                    result: weight.of_mut(&mut self.gradients),
                }
                .run();
                if number > 0 {
                    let starts: Vec<u32> =
                        (0..self.count).map(|i| (i * dense.input) as u32).collect();
                    self.spare.clear();
                    self.spare.resize(self.count * dense.input, 0.0);
                    Scatter {
                        input: &self.gradient,
                        starts: &starts,
                        taps: &[0],
                        depth: dense.columns,
                        weight: &transposed[number],
                        columns: dense.input,
                        result: &mut self.spare,
                    }
                    .run();
                    moved = true;
                }
            }
            Step::MaxPool { input: shape } => {
                self.spare.clear();
                self.spare.resize(self.count * width, 0.0);
                each::max_pool_back(*shape, input, result, &self.gradient, &mut self.spare);
                moved = true;
            }
            Step::Add { from } => {
                each::mask(result, &mut self.gradient);
                self.waiting.push((*from, self.gradient.clone()));
            }
            Step::Mean { input: shape } => {
                let pixels = shape.rows * shape.columns;
                self.spare.resize(self.count * width, 0.0);
                let pairs = self
                    .spare
                    .chunks_exact_mut(shape.count())
                    .zip(self.gradient.chunks_exact(shape.channels));
                for (back, gradient) in pairs {
                    for row in back.chunks_exact_mut(shape.channels) {
                        for (b, g) in row.iter_mut().zip(gradient) {
                            *b = g / pixels as f32;
                        }
                    }
                }
                moved = true;
            }
            Step::Dropout => {
                for (d, s) in self.gradient.iter_mut().zip(seen) {
                    *d *= s;
                }
            }
            Step::Norm { .. } => {}
        }
        if moved {
            std::mem::swap(&mut self.gradient, &mut self.spare);
        }
    }
}
