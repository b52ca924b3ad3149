//! A table of layers, each packed for the way in which it runs fastest.

use alloc::vec::Vec;

use super::after::After;
use super::conv::Conv;
use super::dense::Dense;
use super::shape::Shape;
use super::stem::Stem;
use super::winograd::Winograd;
use crate::model::layer::BATCH_NORM_EPSILON;
use crate::model::{Layer, Padding};

/// Layers with their weights packed.
pub enum Step {
    /// A grey picture's convolution, and the pooling behind it.
    Stem(Stem),
    /// A large picture's convolution, and the pooling behind it where there is one.
    Winograd(Winograd),
    /// A small picture's.
    Conv(Conv),
    MaxPool,
    /// Both convolutions, and the pooling behind them where there is one.
    Block {
        first: Winograd,
        second: Winograd,
    },
    GlobalAveragePool,
    Flatten,
    Dense(Dense),
}

/// From this many rows and columns of output, Winograd's convolution is faster than the direct one.
const LARGE: usize = 6;

/// A table's steps.
pub struct Steps {
    /// Up to and including the layer that Grad-CAM weighs.
    pub body: Vec<Step>,
    /// From there to the logits.
    pub head: Vec<Step>,
    /// Of the body's output.
    pub shape: Shape,
}

impl Steps {
    /// `tensors` are the values of the table's parameters, in their order; `target` is the layer that Grad-CAM weighs.
    pub fn new<'a>(
        layers: &[Layer],
        target: Option<usize>,
        mut tensors: impl Iterator<Item = &'a [f32]>,
    ) -> Self {
        let mut shape = Shape::GREY;
        let mut steps = Self {
            body: Vec::new(),
            head: Vec::new(),
            shape,
        };
        // The shape that a flattening took apart: the dense layer behind it needs it to order its rows.
        let mut flattened = None;
        let mut layers = layers.iter().enumerate().peekable();
        while let Some((i, layer)) = layers.next() {
            // Grad-CAM's picture is not to be pooled.
            let is_pooled = target != Some(i)
                && layers
                    .peek()
                    .is_some_and(|(_, next)| **next == Layer::MaxPool);
            let step = pack(layer, shape, is_pooled, flattened.take(), &mut tensors);
            if *layer == Layer::Flatten {
                flattened = Some(shape);
            }
            shape = shape.after(layer);
            if is_pooled && step.pools() {
                shape = shape.pooled();
                layers.next();
            }
            if target.is_some_and(|t| i <= t) {
                steps.body.push(step);
                steps.shape = shape;
            } else {
                steps.head.push(step);
            }
        }
        steps
    }
}

impl Step {
    /// Whether it does the pooling behind it too.
    fn pools(&self) -> bool {
        matches!(self, Self::Stem(_) | Self::Winograd(_) | Self::Block { .. })
    }
}

fn pack<'a>(
    layer: &Layer,
    shape: Shape,
    is_pooled: bool,
    flattened: Option<Shape>,
    tensors: &mut impl Iterator<Item = &'a [f32]>,
) -> Step {
    let mut next = || tensors.next().unwrap_or_default();
    match *layer {
        Layer::Conv { input, padding, .. } => {
            let (weight, bias) = (next(), next());
            let out = shape.after(layer);
            match padding {
                Padding::Valid if input == 1 && is_pooled => Step::Stem(Stem::new(weight, bias)),
                Padding::Valid if input % 4 != 0 || out.rows.min(out.columns) < LARGE => {
                    Step::Conv(Conv::new(weight, bias, input))
                }
                _ => {
                    let after = After::Relu;
                    Step::Winograd(Winograd::new(
                        weight, bias, input, padding, after, is_pooled,
                    ))
                }
            }
        }
        Layer::MaxPool => Step::MaxPool,
        Layer::ResBlock { channels } => {
            let half = |weight: &[f32], bias: &[f32], after, is_pooled| {
                Winograd::new(weight, bias, channels, Padding::Same, after, is_pooled)
            };
            let (weight, bias) = (next(), next());
            // The first norm stands behind the ReLU and before zero padding: it cannot be folded into the
            // second convolution at the picture's edge, so it is applied as the first one's output is stored.
            let (scale, shift) = batch_norm(next(), next(), next(), next());
            let first = half(weight, bias, After::ReluThenAffine { scale, shift }, false);
            let (weight, bias) = (next(), next());
            let (scale, shift) = batch_norm(next(), next(), next(), next());
            let weight: Vec<f32> = weight
                .chunks_exact(channels * 9)
                .zip(&scale)
                .flat_map(|(w, s)| w.iter().map(move |v| v * s))
                .collect();
            let bias: Vec<f32> = bias
                .iter()
                .zip(&scale)
                .zip(&shift)
                .map(|((b, s), t)| b * s + t)
                .collect();
            Step::Block {
                first,
                second: half(&weight, &bias, After::Relu, is_pooled),
            }
        }
        Layer::GlobalAveragePool => Step::GlobalAveragePool,
        Layer::Flatten => Step::Flatten,
        Layer::Dense { relu, .. } => {
            let (weight, bias) = (next(), next());
            Step::Dense(Dense::new(weight, bias, relu, flattened))
        }
    }
}

/// Batch norm with fixed statistics is a scale and a shift of each channel.
fn batch_norm(gamma: &[f32], beta: &[f32], mean: &[f32], variance: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let scale: Vec<f32> = gamma
        .iter()
        .zip(variance)
        .map(|(g, v)| g / libm::sqrtf(v + BATCH_NORM_EPSILON))
        .collect();
    let shift = beta
        .iter()
        .zip(mean)
        .zip(&scale)
        .map(|((b, m), s)| b - m * s)
        .collect();
    (scale, shift)
}
