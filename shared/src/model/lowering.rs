//! Lowering of a network's layer table, with its weights, to the fused operations of inference.
//!
//! A batch norm becomes part of the weights or a scale and shift per channel, pooling becomes part of the convolution before it,
//! and the rows of the first dense layer are reordered for activations in channels-last order.

use alloc::vec::Vec;

use super::layer::{BATCH_NORM_EPSILON, Layer, Padding, grad_cam_layer, parameters};
use super::model_id::ModelId;
use super::shape::Shape;
use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::image::standardise;

/// The largest activation or logit that is allowed for any image. It leaves room for the factors of Winograd's transforms and
/// for the temperature.
const LARGEST: f32 = 1e30;

/// How a convolution takes part in a residual block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residual {
    /// It is outside of residual blocks.
    None,
    /// Its input is the block's input: saved for the block's end.
    Save,
    /// The block's saved input is added to its sums.
    Add,
}

/// A fused 3x3 convolution: sums with bias, plus the block's input, ReLU, a scale and shift per channel, 2x2 max pooling.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// `[output, input, 3, 3]`.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    /// Input channels.
    pub input: usize,
    pub padding: Padding,
    pub residual: Residual,
    /// A scale and a shift per channel, after the ReLU.
    pub affine: Option<(Vec<f32>, Vec<f32>)>,
    pub is_pooled: bool,
}

impl Conv {
    /// The output's shape before and after pooling.
    pub fn shapes(&self, input: Shape) -> [Shape; 2] {
        let convolved = input.convolved(self.padding, self.bias.len());
        let stored = if self.is_pooled {
            convolved.pooled()
        } else {
            convolved
        };
        [convolved, stored]
    }
}

/// A dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `[input, output]`; after a flattening, the inputs are in the order rows x columns x channels.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub relu: bool,
}

/// A network as fused operations with their weights.
#[derive(Clone, Debug, PartialEq)]
pub struct LoweredNetwork {
    pub temperature: f32,
    /// The convolutions, up to and including the one whose output Grad-CAM uses.
    pub body: Vec<Conv>,
    /// The body's output shape.
    pub shape: Shape,
    /// Whether the head's input is the mean of each channel instead of the whole activation.
    pub is_averaged: bool,
    /// The dense layers, to the logits.
    pub head: Vec<Dense>,
}

impl LoweredNetwork {
    /// Lowers a network with the weights of a weights file.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or contains a number that is not finite or can lead to one; or the model is
    /// not a network.
    pub fn new(model: ModelId, artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::for_model(model, artifact)?;
        if !model.is_deep() {
            return Err(tensors.malformed("the model is not a network"));
        }
        let mut values = Vec::new();
        for parameter in parameters(model.layers()) {
            let found = tensors.values(&parameter.name, &parameter.shape)?;
            // The square root of a negative variance is not a number.
            if parameter.name.ends_with("variance") && found.iter().any(|&v| v < 0.0) {
                return Err(tensors.not_finite());
            }
            values.push(found);
        }
        let lowered = Self::lower(model.layers(), tensors.temperature()?, values.into_iter());
        if lowered.bound() <= LARGEST {
            Ok(lowered)
        } else {
            Err(tensors.not_finite())
        }
    }

    /// An upper bound of the magnitude of every activation and logit, for any image; NaN if a weight is NaN.
    fn bound(&self) -> f32 {
        let mut bound = standardise(u8::MAX).max(-standardise(0));
        let mut saved = 0.0;
        for conv in &self.body {
            if conv.residual == Residual::Save {
                saved = bound;
            }
            let added = if conv.residual == Residual::Add {
                saved
            } else {
                0.0
            };
            let windows = conv.weight.chunks_exact(conv.input * 9);
            bound = windows
                .zip(&conv.bias)
                .map(|(window, bias)| {
                    let weights: f32 = window.iter().map(|w| w.abs()).sum();
                    weights * bound + bias.abs() + added
                })
                .fold(0.0, max_or_nan);
            if let Some((scale, shift)) = &conv.affine {
                let channels = scale.iter().zip(shift);
                bound = channels
                    .map(|(scale, shift)| scale.abs() * bound + shift.abs())
                    .fold(0.0, max_or_nan);
            }
        }
        for dense in &self.head {
            let mut sums: Vec<f32> = dense.bias.iter().map(|b| b.abs()).collect();
            for row in dense.weight.chunks_exact(sums.len()) {
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum += weight.abs() * bound;
                }
            }
            bound = sums.into_iter().fold(0.0, max_or_nan);
        }
        bound
    }

    /// `values` has one list for each of the table's parameters.
    fn lower<'a>(
        layers: &[Layer],
        temperature: f32,
        mut values: impl Iterator<Item = &'a [f32]>,
    ) -> Self {
        let mut next = || {
            let values = values.next();
            values
                .expect("invariant: a list of values per parameter")
                .to_vec()
        };
        let mut shape = Shape::INPUT;
        let mut lowered = Self {
            temperature,
            body: Vec::new(),
            shape,
            is_averaged: false,
            head: Vec::new(),
        };
        // The shape before a flattening, by which the next dense layer reorders its rows.
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
                Layer::ResBlock { channels } => {
                    lowered.body.extend(lower_block(channels, &mut next));
                }
                Layer::MaxPool => {
                    let last = lowered.body.last_mut();
                    last.expect("invariant: a convolution stands before pooling")
                        .is_pooled = true;
                }
                Layer::GlobalAveragePool => lowered.is_averaged = true,
                Layer::Flatten => flattened = Some(shape),
                Layer::Dense { relu, .. } => lowered.head.push(Dense {
                    weight: to_channels_last(next(), flattened.take()),
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

/// The larger of two numbers; NaN if one of them is NaN.
fn max_or_nan(a: f32, b: f32) -> f32 {
    if a > b || a.is_nan() { a } else { b }
}

/// The two convolutions of a residual block.
fn lower_block(channels: usize, next: &mut impl FnMut() -> Vec<f32>) -> [Conv; 2] {
    let mut conv_and_norm = |residual| {
        let conv = Conv {
            weight: next(),
            bias: next(),
            input: channels,
            padding: Padding::Same,
            residual,
            affine: None,
            is_pooled: false,
        };
        (conv, batch_norm_affine(next))
    };
    // The first norm is after the ReLU and before zero padding, so it cannot be merged into the second convolution: at the
    // image's edge the result would differ.
    let (mut first, affine) = conv_and_norm(Residual::Save);
    first.affine = Some(affine);
    let (mut second, (scale, shift)) = conv_and_norm(Residual::Add);
    for (weight, scale) in second.weight.chunks_exact_mut(channels * 9).zip(&scale) {
        weight.iter_mut().for_each(|w| *w *= scale);
    }
    for ((bias, scale), shift) in second.bias.iter_mut().zip(&scale).zip(&shift) {
        *bias = *bias * scale + shift;
    }
    [first, second]
}

/// A batch norm with fixed statistics as a scale and a shift per channel.
fn batch_norm_affine(next: &mut impl FnMut() -> Vec<f32>) -> (Vec<f32>, Vec<f32>) {
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

/// Reorders a dense layer's rows from channels x pixels, as in the file, to pixels x channels, as in memory.
fn to_channels_last(weight: Vec<f32>, flattened: Option<Shape>) -> Vec<f32> {
    let Some(shape) = flattened else {
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
