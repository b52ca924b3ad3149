//! The table of layers as a fused CPU forward pass: batch norm folded, weights packed once, SIMD.
//!
//! Activations are kept rows x columns x channels, so that the channels of a pixel, and with them a 3x3
//! window's rows, lie side by side.

mod after;
mod conv;
mod dense;
mod pool;
mod product;
mod shape;
mod stem;
mod step;
mod winograd;

use alloc::{vec, vec::Vec};

use crate::artifact::Artifact;
use crate::explain::HeatMap;
use crate::features::Sample;
use crate::garment::CLASSES;
use crate::image::{Grey28, PIXELS};
use crate::model::layer::{grad_cam_layer, parameters};
use crate::model::tensors::Tensors;
use crate::model::{Classifier, ModelError, ModelId};
use shape::Shape;
use step::{Step, Steps};

/// A model ready to answer.
pub struct Plan {
    model: ModelId,
    temperature: f32,
    /// Up to and including the layer that Grad-CAM weighs.
    body: Vec<Step>,
    /// From there to the logits.
    head: Vec<Step>,
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
    /// A block's inner picture.
    kept: Vec<f32>,
    scratch: winograd::Scratch,
}

impl Plan {
    /// Packs an artifact's weights.
    ///
    /// # Errors
    /// The artifact is another model's, lacks a tensor, or holds a number that is not finite.
    pub fn new(model: ModelId, artifact: &Artifact) -> Result<Self, ModelError> {
        let source = Tensors::of(model, artifact)?;
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
        let layers = model.layers();
        let target = grad_cam_layer(layers);
        let Steps { body, head, shape } = Steps::new(layers, target, tensors.into_iter());
        let mut plan = Self {
            model,
            temperature: source.temperature()?,
            body,
            head,
            activation: vec![0.0; shape.len()],
            shape,
            buffers: Buffers::default(),
        };
        // Folding and adding can make what is not finite of what is.
        let blank = plan.logits(&Grey28::new([0; PIXELS]));
        match blank.iter().all(|z| z.is_finite()) {
            true => Ok(plan),
            false => Err(source.not_finite()),
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
        let mut shape = Shape::GREY;
        for step in &self.body {
            match step {
                Step::Stem(stem) => shape = stem.run(front, shape, back),
                Step::Conv(conv) => shape = conv.run(front, shape, back),
                Step::Winograd(conv) => shape = conv.run(front, shape, None, scratch, back),
                Step::MaxPool => shape = pool::max(front, shape, back),
                Step::Block { first, second } => {
                    first.run(front, shape, None, scratch, kept);
                    shape = second.run(kept, shape, Some(front), scratch, back);
                }
                // A table keeps these behind its last convolution.
                Step::GlobalAveragePool | Step::Flatten | Step::Dense(_) => continue,
            }
            core::mem::swap(front, back);
        }
        self.activation.clear();
        self.activation.extend_from_slice(front);
        run_head(&self.head, &self.activation, shape, |_| {})
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
        let mut dense_outputs: Vec<Vec<f32>> = Vec::new();
        run_head(&self.head, activation, self.shape, |x| {
            dense_outputs.push(x.to_vec());
        });
        // From the logits backwards: the gradient of one logit is 1 there and 0 elsewhere.
        let mut gradient = vec![0.0; CLASSES];
        gradient[class.index()] = 1.0;
        for step in self.head.iter().rev() {
            match step {
                Step::Dense(dense) => {
                    let output = dense_outputs.pop().unwrap_or_default();
                    gradient = dense.backward(&gradient, &output);
                }
                Step::GlobalAveragePool => {
                    let pixels = self.shape.rows * self.shape.columns;
                    let spread = 1.0 / pixels as f32;
                    gradient = (0..pixels)
                        .flat_map(|_| gradient.iter().map(move |g| g * spread))
                        .collect();
                }
                // The packed dense layer already takes rows x columns x channels.
                _ => {}
            }
        }
        HeatMap::grad_cam(
            self.shape.rows,
            self.shape.columns,
            self.shape.channels,
            activation,
            &gradient,
        )
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

/// From Grad-CAM's layer to the logits; `seen` is shown each dense layer's output.
fn run_head(
    head: &[Step],
    activation: &[f32],
    shape: Shape,
    mut seen: impl FnMut(&[f32]),
) -> [f32; CLASSES] {
    let mut x = Vec::new();
    let mut flat = activation;
    for step in head {
        let next = match step {
            Step::Dense(dense) => {
                let output = dense.run(flat);
                seen(&output);
                output
            }
            Step::GlobalAveragePool => pool::average(flat, shape),
            _ => continue,
        };
        x = next;
        flat = &x;
    }
    core::array::from_fn(|i| x.get(i).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests;
