//! The table of layers as a fused CPU forward pass: batch norm folded, weights packed once, SIMD.
//!
//! Activations are kept rows x columns x channels, so that the channels of a pixel, and with them a 3x3
//! window's rows, lie side by side.

mod conv;
mod dense;
mod epilogue;
mod pool;
mod product;
mod stem;
mod step;
mod winograd;

use alloc::{vec, vec::Vec};

use crate::artifact::Artifact;
use crate::explain::HeatMap;
use crate::features::Sample;
use crate::garment::CLASSES;
use crate::image::Grey28;
use crate::model::layer::grad_cam_layer;
use crate::model::lowering::LoweredNetwork;
use crate::model::shape::Shape;
use crate::model::{Classifier, ModelError, ModelId};
use dense::Dense;
use step::Step;

/// A model ready to answer.
pub struct Plan {
    model: ModelId,
    temperature: f32,
    /// Up to and including what Grad-CAM weighs.
    body: Vec<Step>,
    is_averaged: bool,
    /// From there to the logits.
    head: Vec<Dense>,
    /// The last picture's activation at Grad-CAM's layer, and its shape.
    activation: Vec<f32>,
    shape: Shape,
    buffers: Buffers,
}

/// What lives from picture to picture.
#[derive(Default)]
struct Buffers {
    front: Vec<f32>,
    back: Vec<f32>,
    /// A block's input.
    kept: Vec<f32>,
    scratch: winograd::Scratch,
}

impl Plan {
    /// Packs an artifact's weights.
    ///
    /// # Errors
    /// The artifact is another model's, lacks a tensor, or holds a number that is not finite or may lead to one.
    pub fn new(model: ModelId, artifact: &Artifact) -> Result<Self, ModelError> {
        Ok(Self::from_lowered(
            model,
            LoweredNetwork::new(model, artifact)?,
        ))
    }

    /// Packs a network's passes.
    pub fn from_lowered(model: ModelId, lowered: LoweredNetwork) -> Self {
        let mut shape = Shape::INPUT;
        let body = lowered.body.into_iter().map(|conv| {
            let [_, stored] = conv.shapes(shape);
            Step::new(conv, core::mem::replace(&mut shape, stored))
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

    /// One picture to logits; the activation is kept for [`explain`](Self::explain).
    pub fn logits(&mut self, picture: &Grey28) -> [f32; CLASSES] {
        let Buffers {
            front,
            back,
            kept,
            scratch,
        } = &mut self.buffers;
        front.clear();
        front.extend_from_slice(&picture.standardised());
        let mut shape = Shape::INPUT;
        for step in &self.body {
            shape = step.run(front, shape, kept, scratch, back);
            core::mem::swap(front, back);
        }
        self.activation.clear();
        self.activation.extend_from_slice(front);
        self.run_head(&self.activation, |_| {})
    }

    /// The activation that Grad-CAM weighs, of the last picture: `[rows, columns, channels]`.
    pub fn activation(&self) -> &[f32] {
        &self.activation
    }

    /// Grad-CAM of the last picture for one class.
    pub fn explain(&self, class: crate::Garment) -> HeatMap {
        self.grad_cam(&self.activation, class)
    }

    /// Grad-CAM for an activation computed elsewhere, on a GPU say.
    ///
    /// The class's logit is differentiated by hand through the head, whose layers are few and simple.
    ///
    /// # Shapes
    /// `activation`: `[rows, columns, channels]` of this model's last convolution or block.
    pub fn grad_cam(&self, activation: &[f32], class: crate::Garment) -> HeatMap {
        let mut outputs: Vec<Vec<f32>> = Vec::new();
        self.run_head(activation, |output| outputs.push(output.to_vec()));
        // From the logits backwards: the gradient of one logit is 1 there and 0 elsewhere.
        let mut gradient = vec![0.0; CLASSES];
        gradient[class.index()] = 1.0;
        for (dense, output) in self.head.iter().zip(&outputs).rev() {
            gradient = dense.backward(&gradient, output);
        }
        if self.is_averaged {
            let pixels = self.shape.rows * self.shape.columns;
            let spread = 1.0 / pixels as f32;
            gradient = (0..pixels)
                .flat_map(|_| gradient.iter().map(move |g| g * spread))
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

    /// From Grad-CAM's layer to the logits; `seen` is shown each dense layer's output.
    fn run_head(&self, activation: &[f32], mut seen: impl FnMut(&[f32])) -> [f32; CLASSES] {
        let mut x = match self.is_averaged {
            true => pool::average(activation, self.shape),
            false => Vec::new(),
        };
        for (i, dense) in self.head.iter().enumerate() {
            x = match i {
                0 if !self.is_averaged => dense.run(activation),
                _ => dense.run(&x),
            };
            seen(&x);
        }
        core::array::from_fn(|i| x.get(i).copied().unwrap_or_default())
    }

    /// Whether the model has a convolution that Grad-CAM could weigh.
    pub fn has_grad_cam(&self) -> bool {
        grad_cam_layer(self.model.layers()).is_some()
    }

    /// Rows, columns and channels of [`activation`](Self::activation).
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

#[cfg(test)]
mod tests;
