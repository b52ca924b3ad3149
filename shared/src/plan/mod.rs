//! The table of layers as a fused CPU forward pass: batch norm folded, weights packed once, SIMD.
//!
//! Activations are kept rows x columns x channels, so that the channels of a pixel, and with them a 3x3
//! window's rows, lie side by side.

mod conv;
mod dense;
mod pool;

use alloc::{vec, vec::Vec};

use crate::artifact::Artifact;
use crate::explain::HeatMap;
use crate::features::Sample;
use crate::garment::CLASSES;
use crate::image::{Grey28, PIXELS, SIDE};
use crate::model::layer::{BATCH_NORM_EPSILON, grad_cam_layer, parameters};
use crate::model::tensors::Tensors;
use crate::model::{Classifier, Layer, ModelError, ModelId, Padding};
use conv::{After, Conv};
use dense::Dense;

/// Rows, columns and channels, in the order in which they lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
}

impl Shape {
    pub fn len(self) -> usize {
        self.rows * self.columns * self.channels
    }
}

/// A layer with its weights packed.
enum Step {
    Conv(Conv),
    MaxPool,
    Block { conv1: Conv, conv2: Conv },
    GlobalAveragePool,
    Flatten,
    Dense(Dense),
}

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
    scratch: Scratch,
}

/// Buffers that live from picture to picture.
#[derive(Default)]
struct Scratch {
    front: Vec<f32>,
    back: Vec<f32>,
    padded: Vec<f32>,
    kept: Vec<f32>,
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
        let mut shape = Shape {
            rows: SIDE,
            columns: SIDE,
            channels: 1,
        };
        let target = grad_cam_layer(layers);
        let mut tensors = tensors.into_iter();
        let (mut body, mut head) = (Vec::new(), Vec::new());
        let mut body_shape = shape;
        // The shape that a flattening took apart: the dense layer behind it needs it to order its rows.
        let mut flattened = None;
        for (i, layer) in layers.iter().enumerate() {
            let step = pack(layer, shape, flattened.take(), &mut tensors);
            if *layer == Layer::Flatten {
                flattened = Some(shape);
            }
            shape = shape_after(layer, shape);
            if target.is_some_and(|t| i <= t) {
                body.push(step);
                body_shape = shape;
            } else {
                head.push(step);
            }
        }
        let mut plan = Self {
            model,
            temperature: source.temperature()?,
            body,
            head,
            activation: vec![0.0; body_shape.len()],
            shape: body_shape,
            scratch: Scratch::default(),
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
        let Scratch {
            front,
            back,
            padded,
            kept,
        } = &mut self.scratch;
        front.clear();
        front.extend_from_slice(&picture.standardised());
        let mut shape = Shape {
            rows: SIDE,
            columns: SIDE,
            channels: 1,
        };
        for step in &self.body {
            match step {
                Step::Conv(conv) => {
                    shape = conv.run(front, shape, None, padded, back);
                    core::mem::swap(front, back);
                }
                Step::MaxPool => {
                    shape = pool::max(front, shape, back);
                    core::mem::swap(front, back);
                }
                Step::Block { conv1, conv2 } => {
                    conv1.run(front, shape, None, padded, back);
                    shape = conv2.run(back, shape, Some(front), padded, kept);
                    core::mem::swap(front, kept);
                }
                // A table keeps these behind its last convolution.
                Step::GlobalAveragePool | Step::Flatten | Step::Dense(_) => {}
            }
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
                Step::Flatten | Step::Conv(_) | Step::MaxPool | Step::Block { .. } => {}
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
            Step::Flatten | Step::Conv(_) | Step::MaxPool | Step::Block { .. } => continue,
        };
        x = next;
        flat = &x;
    }
    core::array::from_fn(|i| x.get(i).copied().unwrap_or_default())
}

fn shape_after(layer: &Layer, shape: Shape) -> Shape {
    match *layer {
        Layer::Conv {
            output, padding, ..
        } => {
            let lost = match padding {
                Padding::Valid => 2,
                Padding::Same => 0,
            };
            Shape {
                rows: shape.rows - lost,
                columns: shape.columns - lost,
                channels: output,
            }
        }
        Layer::MaxPool => Shape {
            rows: shape.rows / 2,
            columns: shape.columns / 2,
            ..shape
        },
        Layer::ResBlock { .. } => shape,
        Layer::GlobalAveragePool => Shape {
            rows: 1,
            columns: 1,
            ..shape
        },
        Layer::Flatten => Shape {
            rows: 1,
            columns: 1,
            channels: shape.len(),
        },
        Layer::Dense { output, .. } => Shape {
            rows: 1,
            columns: 1,
            channels: output,
        },
    }
}

fn pack<'a>(
    layer: &Layer,
    shape: Shape,
    flattened: Option<Shape>,
    tensors: &mut impl Iterator<Item = &'a [f32]>,
) -> Step {
    let mut next = || tensors.next().unwrap_or_default();
    match *layer {
        Layer::Conv { padding, .. } => {
            let (weight, bias) = (next(), next());
            Step::Conv(Conv::new(
                weight,
                bias,
                shape.channels,
                padding,
                After::Relu,
            ))
        }
        Layer::MaxPool => Step::MaxPool,
        Layer::ResBlock { channels } => {
            let (weight, bias) = (next(), next());
            // The first norm stands behind the ReLU and before zero padding: it cannot be folded into the
            // second convolution at the picture's edge, so it is applied as the first one's output is stored.
            let (scale, shift) = batch_norm(next(), next(), next(), next());
            let conv1 = Conv::new(
                weight,
                bias,
                channels,
                Padding::Same,
                After::ReluThenAffine { scale, shift },
            );
            let (weight, bias) = (next(), next());
            let (scale, shift) = batch_norm(next(), next(), next(), next());
            let per_output = channels * 9;
            let weight: Vec<f32> = weight
                .chunks_exact(per_output)
                .zip(&scale)
                .flat_map(|(w, s)| w.iter().map(move |v| v * s))
                .collect();
            let bias: Vec<f32> = bias
                .iter()
                .zip(&scale)
                .zip(&shift)
                .map(|((b, s), t)| b * s + t)
                .collect();
            let conv2 = Conv::new(&weight, &bias, channels, Padding::Same, After::Relu);
            Step::Block { conv1, conv2 }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Storage, Tensor};
    use crate::model::tensors::temperature;
    use alloc::string::ToString;

    /// All zeros, but for the variances.
    fn artifact(model: ModelId, variance: f32) -> Artifact {
        let tensors = parameters(model.layers()).into_iter().map(|p| Tensor {
            values: vec![
                if p.name.ends_with("variance") {
                    variance
                } else {
                    0.0
                };
                p.shape.iter().product()
            ],
            name: p.name,
            shape: p.shape,
            storage: Storage::F32,
        });
        Artifact {
            model: model.name().into(),
            tensors: tensors.chain([temperature(1.0)]).collect(),
        }
    }

    #[test]
    fn weights_that_lead_to_no_answer_are_refused() {
        let refusal =
            |variance| Plan::new(ModelId::Resnet, &artifact(ModelId::Resnet, variance)).err();
        assert_eq!(refusal(1.0), None);
        let expected = Some(ModelError::NotFinite("resnet".into()));
        assert_eq!(refusal(f32::NAN), expected);
        assert_eq!(refusal(-1.0), expected);
    }

    #[test]
    fn another_model_s_weights_and_missing_tensors_are_named() {
        let mut cnn = artifact(ModelId::Cnn, 1.0);
        let other = Plan::new(ModelId::Resnet, &cnn).err().unwrap();
        assert!(matches!(other, ModelError::OtherModel { .. }), "{other}");
        cnn.tensors.retain(|t| t.name != "7.bias");
        let missing = Plan::new(ModelId::Cnn, &cnn).err().unwrap();
        assert!(missing.to_string().contains("7.bias"), "{missing}");
    }
}
