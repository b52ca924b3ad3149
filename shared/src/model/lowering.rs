//! A network's table with its weights as the fewest passes over memory, for whatever runs it forwards: batch norms are taken into
//! weights, poolings into the convolutions before them, and dense layers take activations as they lie in memory.

use alloc::vec::Vec;

use super::layer::{BATCH_NORM_EPSILON, grad_cam_layer, parameters};
use super::shape::Shape;
use super::tensors::Tensors;
use super::{Layer, ModelError, ModelId, Padding};
use crate::artifact::Artifact;
use crate::image::standardise;

/// What no sum of a network may exceed, whatever the picture: it leaves Winograd's transforms and the temperature room to
/// multiply.
const MOST: f32 = 1e30;

/// What a convolution has to do with its block's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residual {
    /// It stands outside of blocks.
    None,
    /// Its input is the block's: it is to be kept.
    Save,
    /// The block's input is added to its sums.
    Add,
}

/// A 3x3 convolution: sums, the identity where it is added, ReLU, a scale and a shift, and the largest of each 2x2.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// `[output, input, 3, 3]`.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub input: usize,
    pub padding: Padding,
    pub residual: Residual,
    /// A scale and a shift of each channel, behind the ReLU.
    pub affine: Option<(Vec<f32>, Vec<f32>)>,
    pub is_pooled: bool,
}

impl Conv {
    /// Of the output: as it is convolved, and as it is stored.
    pub fn shapes(&self, input: Shape) -> [Shape; 2] {
        let convolved = input.convolved(self.padding, self.bias.len());
        match self.is_pooled {
            true => [convolved, convolved.pooled()],
            false => [convolved; 2],
        }
    }
}

/// A dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `[input, output]`; behind a flattening, the inputs in the order of rows x columns x channels.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub relu: bool,
}

/// A network's passes.
#[derive(Clone, Debug, PartialEq)]
pub struct LoweredNetwork {
    pub temperature: f32,
    /// Up to and including what Grad-CAM weighs.
    pub body: Vec<Conv>,
    /// Of the body's output.
    pub shape: Shape,
    /// Whether each channel's mean is what the first dense layer sees, instead of the whole.
    pub is_averaged: bool,
    /// From there to the logits.
    pub head: Vec<Dense>,
}

impl LoweredNetwork {
    /// Takes an artifact apart.
    ///
    /// # Errors
    /// The artifact is another model's, lacks a tensor, holds a number that is not finite or may lead to one, or the model is no
    /// network.
    pub fn new(model: ModelId, artifact: &Artifact) -> Result<Self, ModelError> {
        let source = Tensors::for_model(model, artifact)?;
        if !model.is_deep() {
            return Err(source.malformed("it is no network"));
        }
        let mut tensors = Vec::new();
        for parameter in parameters(model.layers()) {
            let values = source.values(&parameter.name, &parameter.shape)?;
            // A variance below zero has no root.
            if parameter.name.ends_with("variance") && values.iter().any(|&v| v < 0.0) {
                return Err(source.not_finite());
            }
            tensors.push(values);
        }
        let lowered = Self::lower(model.layers(), source.temperature()?, tensors.into_iter());
        match lowered.bound() <= MOST {
            true => Ok(lowered),
            false => Err(source.not_finite()),
        }
    }

    /// What no activation and no logit exceeds in size, whatever the picture; not a number, where one of the weights is none.
    fn bound(&self) -> f32 {
        let mut bound = standardise(u8::MAX).max(-standardise(0));
        let mut kept = 0.0;
        for conv in &self.body {
            if conv.residual == Residual::Save {
                kept = bound;
            }
            let added = match conv.residual {
                Residual::Add => kept,
                _ => 0.0,
            };
            let windows = conv.weight.chunks_exact(conv.input * 9);
            bound = windows
                .zip(&conv.bias)
                .map(|(window, bias)| {
                    let weights: f32 = window.iter().map(|w| w.abs()).sum();
                    weights * bound + bias.abs() + added
                })
                .fold(0.0, larger);
            if let Some((scale, shift)) = &conv.affine {
                let channels = scale.iter().zip(shift);
                bound = channels
                    .map(|(scale, shift)| scale.abs() * bound + shift.abs())
                    .fold(0.0, larger);
            }
        }
        for dense in &self.head {
            let mut sums: Vec<f32> = dense.bias.iter().map(|b| b.abs()).collect();
            for row in dense.weight.chunks_exact(sums.len()) {
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum += weight.abs() * bound;
                }
            }
            bound = sums.into_iter().fold(0.0, larger);
        }
        bound
    }

    fn lower<'a>(
        layers: &[Layer],
        temperature: f32,
        mut tensors: impl Iterator<Item = &'a [f32]>,
    ) -> Self {
        let mut next = || tensors.next().unwrap_or_default().to_vec();
        let mut shape = Shape::INPUT;
        let mut lowered = Self {
            temperature,
            body: Vec::new(),
            shape,
            is_averaged: false,
            head: Vec::new(),
        };
        // The shape that a flattening took apart: the dense layer behind it needs it to order its rows.
        let mut flattened = None;
        for (i, layer) in layers.iter().enumerate() {
            match *layer {
                Layer::Conv { input, padding, .. } => lowered.body.push(Conv {
                    weight: next(),
                    bias: next(),
                    input,
                    padding,
                    residual: Residual::None,
                    affine: None,
                    is_pooled: false,
                }),
                Layer::ResBlock { channels } => lowered.body.extend(block(channels, &mut next)),
                // A table pools behind convolutions alone.
                Layer::MaxPool => {
                    if let Some(last) = lowered.body.last_mut() {
                        last.is_pooled = true;
                    }
                }
                Layer::GlobalAveragePool => lowered.is_averaged = true,
                Layer::Flatten => flattened = Some(shape),
                Layer::Dense { relu, .. } => lowered.head.push(Dense {
                    weight: in_memory_s_order(next(), flattened.take()),
                    bias: next(),
                    relu,
                }),
            }
            shape = shape.layer_output(layer);
            if grad_cam_layer(layers) == Some(i) {
                lowered.shape = shape;
            }
        }
        lowered
    }
}

/// The larger of two numbers; not a number, where one of them is none.
fn larger(a: f32, b: f32) -> f32 {
    match a > b || a.is_nan() {
        true => a,
        false => b,
    }
}

/// A residual block's two convolutions.
fn block(channels: usize, next: &mut impl FnMut() -> Vec<f32>) -> [Conv; 2] {
    let mut half = |residual| Conv {
        weight: next(),
        bias: next(),
        input: channels,
        padding: Padding::Same,
        residual,
        affine: Some(batch_norm(next)),
        is_pooled: false,
    };
    // The first norm stands behind the ReLU and before zero padding: it cannot be taken into the second convolution at the
    // picture's edge.
    let (first, mut second) = (half(Residual::Save), half(Residual::Add));
    if let Some((scale, shift)) = second.affine.take() {
        for (weight, scale) in second.weight.chunks_exact_mut(channels * 9).zip(&scale) {
            weight.iter_mut().for_each(|w| *w *= scale);
        }
        for ((bias, scale), shift) in second.bias.iter_mut().zip(&scale).zip(&shift) {
            *bias = *bias * scale + shift;
        }
    }
    [first, second]
}

/// Batch norm with fixed statistics is a scale and a shift of each channel.
fn batch_norm(next: &mut impl FnMut() -> Vec<f32>) -> (Vec<f32>, Vec<f32>) {
    let [gamma, beta, mean, variance] = core::array::from_fn(|_| next());
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

/// A dense layer's rows: the file has them channel by channel, memory pixel by pixel.
fn in_memory_s_order(weight: Vec<f32>, from: Option<Shape>) -> Vec<f32> {
    let Some(shape) = from else {
        return weight;
    };
    let output = weight.len() / shape.count();
    let pixels = shape.rows * shape.columns;
    (0..pixels)
        .flat_map(|pixel| (0..shape.channels).map(move |c| c * pixels + pixel))
        .flat_map(|row| &weight[row * output..(row + 1) * output])
        .copied()
        .collect()
}
