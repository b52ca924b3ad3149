//! The CPU inference engine of the networks: fused operations on packed weights, with SIMD.
//!
//! Activations are stored rows x columns x channels (channels last), so that the channels of a pixel, and the rows of a 3x3
//! window, are contiguous.

mod convolution;
mod dense;
mod depthwise;
mod direct;
mod gemm;
pub mod photo;
mod pointwise;
mod stem;
mod winograd;

use alloc::{vec, vec::Vec};

use crate::artifact::Artifact;
use crate::explain::HeatMap;
use crate::features::Sample;
use crate::garment::{CLASSES, Garment};
use crate::image::Grey28;
use crate::model::layer::grad_cam_layer;
use crate::model::lowering::LoweredNetwork;
use crate::model::shape::Shape;
use crate::model::{Classifier, ModelError, ModelId};
use convolution::Convolution;
use dense::Dense;
use winograd::Scratch;

/// A network that is ready to classify.
pub struct Plan {
    model: ModelId,
    temperature: f32,
    /// The convolutions, up to and including the one whose output Grad-CAM uses.
    body: Vec<Convolution>,
    /// Whether the head's input is the mean of each channel.
    is_averaged: bool,
    /// The dense layers, to the logits.
    head: Vec<Dense>,
    /// The body's output for the last image.
    activation: Vec<f32>,
    /// The shape of `activation`.
    shape: Shape,
    buffers: Buffers,
}

/// Memory that is reused from image to image.
#[derive(Default)]
struct Buffers {
    input: Vec<f32>,
    output: Vec<f32>,
    /// The input of the current residual block.
    saved: Vec<f32>,
    scratch: Scratch,
}

impl Plan {
    /// A network with the weights of a weights file.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or contains a number that is not finite or can lead to one; or the model is
    /// not a network.
    pub fn new(model: ModelId, artifact: &Artifact) -> Result<Self, ModelError> {
        Ok(Self::from_lowered(
            model,
            LoweredNetwork::new(model, artifact)?,
        ))
    }

    /// Packs the weights of a lowered network.
    pub fn from_lowered(model: ModelId, lowered: LoweredNetwork) -> Self {
        let mut shape = Shape::INPUT;
        let body = lowered.body.into_iter().map(|conv| {
            let [_, stored] = conv.shapes(shape);
            Convolution::new(conv, core::mem::replace(&mut shape, stored))
        });
        Self {
            model,
            temperature: lowered.temperature,
            body: body.collect(),
            is_averaged: lowered.is_averaged,
            head: lowered.head.into_iter().map(Dense::new).collect(),
            activation: vec![0.0; lowered.shape.count()],
            shape: lowered.shape,
            buffers: Buffers::default(),
        }
    }

    /// The logits of an image. The activation is kept for [`explain`](Self::explain).
    pub fn logits(&mut self, image: &Grey28) -> [f32; CLASSES] {
        let Buffers {
            input,
            output,
            saved,
            scratch,
        } = &mut self.buffers;
        input.clear();
        input.extend_from_slice(&image.standardised());
        let mut shape = Shape::INPUT;
        for convolution in &self.body {
            shape = convolution.run(input, shape, saved, scratch, output);
            core::mem::swap(input, output);
        }
        self.activation.clear();
        self.activation.extend_from_slice(input);
        self.run_head(&self.activation, |_| {})
    }

    /// The last image's activation at the layer that Grad-CAM uses: `[rows, columns, channels]`.
    pub fn activation(&self) -> &[f32] {
        &self.activation
    }

    /// The Grad-CAM heat map of the last image for a class.
    pub fn explain(&self, class: Garment) -> HeatMap {
        self.grad_cam(&self.activation, class)
    }

    /// The Grad-CAM heat map for an activation that was computed elsewhere, for example on a GPU.
    ///
    /// The gradient of the class's logit with respect to the activation is computed by backpropagation through the head.
    ///
    /// # Shapes
    /// `activation` is `[rows, columns, channels]`: the output of this network's last convolution or block.
    pub fn grad_cam(&self, activation: &[f32], class: Garment) -> HeatMap {
        let mut outputs: Vec<Vec<f32>> = Vec::new();
        self.run_head(activation, |output| outputs.push(output.to_vec()));
        // The gradient of one logit with respect to the logits is one-hot.
        let mut gradient = vec![0.0; CLASSES];
        gradient[class.index()] = 1.0;
        for (dense, output) in self.head.iter().zip(&outputs).rev() {
            gradient = dense.backward(&gradient, output);
        }
        if self.is_averaged {
            let pixels = self.shape.rows * self.shape.columns;
            let share = 1.0 / pixels as f32;
            gradient = (0..pixels)
                .flat_map(|_| gradient.iter().map(move |g| g * share))
                .collect();
        }
        HeatMap::grad_cam(
            self.shape.rows,
            self.shape.columns,
            self.shape.channels,
            activation,
            &gradient,
        )
    }

    /// The logits from the body's output; `visit` is called with the output of each dense layer.
    fn run_head(&self, activation: &[f32], mut visit: impl FnMut(&[f32])) -> [f32; CLASSES] {
        let mut x = if self.is_averaged {
            channel_means(activation, self.shape)
        } else {
            Vec::new()
        };
        for (i, dense) in self.head.iter().enumerate() {
            x = if i == 0 && !self.is_averaged {
                dense.run(activation)
            } else {
                dense.run(&x)
            };
            visit(&x);
        }
        core::array::from_fn(|class| x[class])
    }

    /// Whether the network has a convolution, which Grad-CAM needs.
    pub fn has_grad_cam(&self) -> bool {
        grad_cam_layer(self.model.layers()).is_some()
    }

    /// The shape of [`activation`](Self::activation): rows, columns, channels.
    pub fn activation_shape(&self) -> [usize; 3] {
        [self.shape.rows, self.shape.columns, self.shape.channels]
    }
}

impl Classifier for Plan {
    fn id(&self) -> ModelId {
        self.model
    }

    fn temperature(&self) -> f32 {
        self.temperature
    }

    fn scores(&mut self, sample: &Sample) -> [f32; CLASSES] {
        self.logits(sample.grey())
    }
}

/// The mean of each channel over rows and columns.
fn channel_means(activation: &[f32], shape: Shape) -> Vec<f32> {
    let mut means = vec![0.0; shape.channels];
    for pixel in activation.chunks_exact(shape.channels) {
        for (mean, value) in means.iter_mut().zip(pixel) {
            *mean += value;
        }
    }
    let pixels = (shape.rows * shape.columns) as f32;
    for mean in &mut means {
        *mean /= pixels;
    }
    means
}

#[cfg(test)]
mod tests;
