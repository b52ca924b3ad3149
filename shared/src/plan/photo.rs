//! The photo network on the CPU: from colour pixels to the probabilities of its classes.

use alloc::{format, vec::Vec};

use super::channel_means;
use super::depthwise::DepthwiseConv;
use super::pointwise::PointwiseConv;
use crate::artifact::Artifact;
use crate::explain::HeatMap;
use crate::image::RgbaImage;
use crate::model::photo_class::{PHOTO_CLASSES, PhotoClass};
use crate::model::photo_network::{
    ConvLayer, DENSE_BIAS, DENSE_WEIGHT, FEATURES, Kernel, NAME, Shortcut, convolutions,
};
use crate::model::shape::Shape;
use crate::model::tensors::Tensors;
use crate::model::{ModelError, softmax};

/// Mean and standard deviation of ImageNet's red, green and blue, of values from 0 to 1.
const IMAGENET: [[f32; 2]; 3] = [[0.485, 0.229], [0.456, 0.224], [0.406, 0.225]];

/// The photo network, ready to classify.
pub struct PhotoNetwork {
    layers: Vec<(Shortcut, Conv)>,
    /// `[classes, features]`.
    dense_weight: Vec<f32>,
    dense_bias: Vec<f32>,
    temperature: f32,
    /// The last convolution's output for the last image.
    activation: Vec<f32>,
    /// The shape of `activation`.
    shape: Shape,
    buffers: Buffers,
}

enum Conv {
    /// The stem, as a product of 3x3 patches.
    Stem(ConvLayer, PointwiseConv),
    Pointwise(PointwiseConv),
    Depthwise(DepthwiseConv),
}

/// Memory that is reused from image to image.
#[derive(Default)]
struct Buffers {
    input: Vec<f32>,
    output: Vec<f32>,
    /// The input of the current block.
    saved: Vec<f32>,
    padded: Vec<f32>,
}

impl PhotoNetwork {
    /// The network with the weights of a weights file.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or contains a number that is not finite.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::with_name(NAME, artifact)?;
        let mut layers = Vec::new();
        for layer in convolutions() {
            let weight =
                tensors.values(&format!("{}.weight", layer.name), &layer.weight_shape())?;
            let bias = tensors.values(&format!("{}.bias", layer.name), &[layer.output])?;
            let shortcut = layer.shortcut;
            let conv = match layer.kernel {
                Kernel::Stem => {
                    let packed = PointwiseConv::new(weight, bias, layer.relu6);
                    Conv::Stem(layer, packed)
                }
                Kernel::Pointwise => Conv::Pointwise(PointwiseConv::new(weight, bias, layer.relu6)),
                Kernel::Depthwise { .. } => {
                    Conv::Depthwise(DepthwiseConv::new(layer, weight, bias))
                }
            };
            layers.push((shortcut, conv));
        }
        Ok(Self {
            layers,
            dense_weight: tensors
                .values(DENSE_WEIGHT, &[PHOTO_CLASSES, FEATURES])?
                .to_vec(),
            dense_bias: tensors.values(DENSE_BIAS, &[PHOTO_CLASSES])?.to_vec(),
            temperature: tensors.temperature()?,
            activation: Vec::new(),
            shape: Shape {
                rows: 0,
                columns: 0,
                channels: FEATURES,
            },
            buffers: Buffers::default(),
        })
    }

    /// The logits of an opaque image, whose sides should be multiples of 32. The activation is kept for
    /// [`explain`](Self::explain).
    pub fn logits(&mut self, image: &RgbaImage) -> [f32; PHOTO_CLASSES] {
        let Buffers {
            input,
            output,
            saved,
            padded,
        } = &mut self.buffers;
        standardise(image, input);
        let mut shape = Shape {
            rows: image.height() as usize,
            columns: image.width() as usize,
            channels: 3,
        };
        for (shortcut, conv) in &self.layers {
            if *shortcut == Shortcut::Start {
                saved.clear();
                saved.extend_from_slice(input);
            }
            let added = (*shortcut == Shortcut::End).then_some(saved.as_slice());
            match conv {
                Conv::Stem(layer, conv) => {
                    shape = patches(layer, input, shape, padded);
                    conv.run(padded, None, output);
                }
                Conv::Pointwise(conv) => {
                    conv.run(input, added, output);
                    shape.channels = output.len() / (shape.rows * shape.columns);
                }
                Conv::Depthwise(conv) => shape = conv.run(input, shape, padded, output),
            }
            core::mem::swap(input, output);
        }
        self.shape = shape;
        self.activation.clear();
        self.activation.extend_from_slice(input);
        let means = channel_means(&self.activation, shape);
        core::array::from_fn(|class| {
            let row = &self.dense_weight[class * FEATURES..][..FEATURES];
            self.dense_bias[class] + crate::simd::dot(row, &means)
        })
    }

    /// The calibrated probabilities of the classes, in the order of their indices.
    pub fn classify(&mut self, image: &RgbaImage) -> [f32; PHOTO_CLASSES] {
        let temperature = self.temperature;
        let probabilities = softmax(&self.logits(image).map(|z| z / temperature));
        if probabilities.iter().all(|p| p.is_finite()) {
            probabilities
        } else {
            [1.0 / PHOTO_CLASSES as f32; PHOTO_CLASSES]
        }
    }

    /// The Grad-CAM heat map of the last image for a class.
    pub fn explain(&self, class: PhotoClass) -> HeatMap {
        let Shape {
            rows,
            columns,
            channels,
        } = self.shape;
        let share = 1.0 / (rows * columns).max(1) as f32;
        let row = &self.dense_weight[class.index() * FEATURES..][..FEATURES];
        // The gradient of the logit is the same at each place, because the head takes the mean.
        let gradient: Vec<f32> = row.iter().map(|w| w * share).collect();
        let gradients: Vec<f32> = (0..rows * columns)
            .flat_map(|_| gradient.iter().copied())
            .collect();
        HeatMap::grad_cam(rows, columns, channels, &self.activation, &gradients)
    }
}

/// The pixels without alpha, standardised by ImageNet's mean and deviation: `[height, width, 3]`.
pub fn standardise(image: &RgbaImage, result: &mut Vec<f32>) {
    result.clear();
    for pixel in image.pixels() {
        for (value, [mean, deviation]) in pixel.iter().zip(IMAGENET) {
            result.push((f32::from(*value) / 255.0 - mean) / deviation);
        }
    }
}

/// The patches of the stem, `[rows, columns, 3 channels, 3, 3]`, and the shape of its output.
pub fn patches(layer: &ConvLayer, image: &[f32], shape: Shape, result: &mut Vec<f32>) -> Shape {
    let out = layer.output_shape(shape);
    let size = layer.size();
    let (top, left) = (
        layer.padding_before(shape.rows),
        layer.padding_before(shape.columns),
    );
    result.clear();
    for y in 0..out.rows {
        for x in 0..out.columns {
            for channel in 0..shape.channels {
                for ky in 0..size {
                    for kx in 0..size {
                        // Before the first row or column, the difference wraps to a number that is too large.
                        let row = (y * layer.stride + ky).wrapping_sub(top);
                        let column = (x * layer.stride + kx).wrapping_sub(left);
                        let inside = row < shape.rows && column < shape.columns;
                        result.push(if inside {
                            image[(row * shape.columns + column) * shape.channels + channel]
                        } else {
                            0.0
                        });
                    }
                }
            }
        }
    }
    out
}
