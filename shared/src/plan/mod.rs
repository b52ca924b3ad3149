//! The CPU inference engine of the networks: fused operations on packed weights, with SIMD.
//!
//! Activations are stored rows x columns x channels (channels last), so that the channels of a pixel, and the rows of a 3x3
//! window, are contiguous.

mod convolution;
mod dense;
mod depthwise;
mod direct;
mod gemm;
mod gradient;
mod integrated;
mod layers;
pub mod photo;
mod pointwise;
mod stem;
mod winograd;

use alloc::{vec, vec::Vec};

use crate::artifact::Artifact;
use crate::explain::{EvidenceMap, HeatMap, MapMethod};
use crate::features::Sample;
use crate::garment::{CLASSES, Garment};
use crate::image::{Grey28, PIXELS, standardise};
use crate::inside::{Cell, CellPlace, NetworkLayers};
use crate::model::layer::grad_cam_layer;
use crate::model::lowering::{self, LoweredNetwork};
use crate::model::shape::Shape;
use crate::model::{Classifier, ModelError, ModelId, argmax};
use crate::shuffle::Shuffle;
use convolution::Convolution;
use dense::Dense;
use gradient::{Step, SteppedConv};
use layers::Layers;
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
    /// The lowered convolutions, which explanations run step by step and shuffling packs again.
    lowered: Vec<lowering::Conv>,
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
        Self {
            model,
            temperature: lowered.temperature,
            body: packed(&lowered.body),
            lowered: lowered.body,
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
        let gradient = self.head_gradient(&outputs, &one_hot(class));
        HeatMap::grad_cam(
            self.shape.rows,
            self.shape.columns,
            self.shape.channels,
            activation,
            &gradient,
        )
    }

    /// The value of a Grad-CAM map that is shown at full strength: the peak of the map for the class that the network predicts. So
    /// a class that nothing supports stays cool.
    pub fn grad_cam_scale(&self, activation: &[f32]) -> f32 {
        let logits = self.run_head(activation, |_| {});
        self.grad_cam(activation, Garment::ALL[argmax(&logits)])
            .peak()
    }

    /// The gradient of a weighted sum of the logits with respect to the head's input, from the output of each dense layer.
    fn head_gradient(&self, outputs: &[Vec<f32>], weights: &[f32; CLASSES]) -> Vec<f32> {
        let mut gradient = weights.to_vec();
        for (dense, output) in self.head.iter().zip(outputs).rev() {
            gradient = dense.backward(&gradient, output);
        }
        if self.is_averaged {
            let pixels = self.shape.rows * self.shape.columns;
            let share = 1.0 / pixels as f32;
            gradient = (0..pixels)
                .flat_map(|_| gradient.iter().map(move |g| g * share))
                .collect();
        }
        gradient
    }

    /// What the network itself says of a class, in units of its logit: for each layer with convolutions, first to last, HiResCAM
    /// and Grad-CAM without the ReLU; then gradient times input; and without convolutions integrated gradients.
    ///
    /// The input of the last two is the brightness above black, as a black pixel is what the data set has instead of a garment.
    pub fn evidence(&self, image: &Grey28, class: Garment) -> Vec<EvidenceMap> {
        let (steps, at_head, at_input) = self.gradients(image, &one_hot(class));
        let mut maps = Vec::new();
        for (layer, (step, gradient)) in steps
            .iter()
            .zip(&at_head)
            .filter_map(|(step, gradient)| Some((step.as_ref()?, gradient)))
            .enumerate()
        {
            for method in [MapMethod::HiResCam, MapMethod::GradCam] {
                maps.push(EvidenceMap::of_layer(
                    method,
                    layer as u8,
                    step.shape.rows,
                    step.shape.columns,
                    &step.activation,
                    gradient,
                ));
            }
        }
        let brightness: Vec<f32> = image
            .pixels()
            .map(|p| standardise(p) - standardise(0))
            .into();
        let product = |gradient: &[f32]| {
            gradient
                .iter()
                .zip(&brightness)
                .map(|(g, b)| g * b)
                .collect()
        };
        maps.push(EvidenceMap::of_pixels(
            MapMethod::GradientTimesInput,
            product(&at_input),
        ));
        if self.lowered.is_empty() {
            let mean = self.mean_gradient(image, class);
            maps.push(EvidenceMap::of_pixels(
                MapMethod::IntegratedGradients,
                product(&mean),
            ));
        }
        maps
    }

    /// The gradient of a weighted sum of the logits with respect to the input.
    ///
    /// # Shapes
    /// `[28 * 28]`, row-major, per unit of the standardised input.
    pub fn input_gradient(&self, image: &Grey28, weights: &[f32; CLASSES]) -> Vec<f32> {
        let (_, _, gradient) = self.gradients(image, weights);
        gradient
    }

    /// For each convolution that ends a layer its forward step, and the gradient of a weighted sum of the logits with respect to
    /// its activation; then the gradient with respect to the input.
    fn gradients(
        &self,
        image: &Grey28,
        weights: &[f32; CLASSES],
    ) -> (Vec<Option<Step>>, Vec<Vec<f32>>, Vec<f32>) {
        let convs: Vec<SteppedConv> = self.lowered.iter().map(SteppedConv::new).collect();
        let (steps, values) = forward(&convs, image);
        let mut outputs: Vec<Vec<f32>> = Vec::new();
        self.run_head(&values, |output| outputs.push(output.to_vec()));
        let mut gradient = self.head_gradient(&outputs, weights);
        let mut at_activations = Vec::new();
        // With respect to the block's input, along the shortcut.
        let mut shortcut = Vec::new();
        for (conv, step) in convs.iter().zip(&steps).rev() {
            let [at_activation, at_input, at_sums] = conv.backward(step, &gradient);
            gradient = at_input;
            if conv.ends_block() {
                shortcut = at_sums;
            }
            if conv.starts_block() {
                for (value, own) in gradient.iter_mut().zip(&shortcut) {
                    *value += own;
                }
            }
            at_activations.push(at_activation);
        }
        at_activations.reverse();
        let steps = convs.iter().zip(steps);
        let steps = steps.map(|(conv, step)| conv.ends_layer().then_some(step));
        (steps.collect(), at_activations, gradient)
    }

    /// Each layer's values for an image, in 8 bits, and the prediction that follows from the last one.
    pub fn layers(&self, image: &Grey28) -> NetworkLayers {
        let convs: Vec<SteppedConv> = self.lowered.iter().map(SteppedConv::new).collect();
        self.run_layers(&convs, image)
            .maps(self.model, self.temperature)
    }

    /// What one value of a layer is computed from; `None` if the network has no such value.
    pub fn cell(&self, image: &Grey28, place: CellPlace) -> Option<Cell> {
        let convs: Vec<SteppedConv> = self.lowered.iter().map(SteppedConv::new).collect();
        self.run_layers(&convs, image).cell(image, place)
    }

    /// Runs the network layer by layer.
    fn run_layers<'a>(&'a self, convs: &'a [SteppedConv], image: &Grey28) -> Layers<'a> {
        let (steps, output) = forward(convs, image);
        let mut layers = Layers::new(image);
        for (conv, step) in convs.iter().zip(steps) {
            layers.add_convolution(conv, step);
        }
        if self.is_averaged {
            layers.add_means(channel_means(&output, self.shape));
        }
        let mut dense = self.head.iter();
        self.run_head(&output, |output| {
            if let Some(dense) = dense.next() {
                layers.add_dense(dense, output.to_vec());
            }
        });
        layers
    }

    /// The mean gradient of a class's logit on the straight line from a black image to the image, for a network of two hidden
    /// layers without convolutions. Integrated gradients are its product with the difference of the two images.
    fn mean_gradient(&self, image: &Grey28, class: Garment) -> Vec<f32> {
        let [first, second, last] = &self.head[..] else {
            return vec![0.0; PIXELS];
        };
        // The first layer's sums are on a straight line too, so the gradient goes back through that layer once, as a mean.
        let start = first.sums(&[standardise(0); PIXELS]);
        let end = first.sums(&image.standardised());
        let column = last.parameters().0.iter().skip(class.index());
        let column: Vec<f32> = column.step_by(CLASSES).copied().collect();
        first.backward_sums(&integrated::mean_gradient(second, &column, &start, &end))
    }

    /// The same network with the weights of each layer in another order: a model of the same kind that has learned nothing.
    pub fn shuffled(&self, order: &mut Shuffle) -> Self {
        let mut lowered = self.lowered.clone();
        for conv in &mut lowered {
            order.shuffle(&mut conv.weight);
        }
        Self {
            model: self.model,
            temperature: self.temperature,
            body: packed(&lowered),
            lowered,
            is_averaged: self.is_averaged,
            head: self
                .head
                .iter()
                .map(|dense| dense.shuffled(order))
                .collect(),
            activation: self.activation.clone(),
            shape: self.shape,
            buffers: Buffers::default(),
        }
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

/// The gradient of a class's logit with respect to the logits.
fn one_hot(class: Garment) -> [f32; CLASSES] {
    let mut weights = [0.0; CLASSES];
    weights[class.index()] = 1.0;
    weights
}

/// Runs the convolutions one after the other: what each keeps, and the last one's output.
fn forward(convs: &[SteppedConv], image: &Grey28) -> (Vec<Step>, Vec<f32>) {
    let mut steps = Vec::new();
    let mut values = image.standardised().to_vec();
    let (mut shape, mut saved) = (Shape::INPUT, Vec::new());
    for conv in convs {
        if conv.starts_block() {
            saved.clone_from(&values);
        }
        let added = conv.ends_block().then_some(saved.as_slice());
        let (output, to, step) = conv.forward(&values, shape, added);
        (values, shape) = (output, to);
        steps.push(step);
    }
    (steps, values)
}

/// The convolutions of a network, packed.
fn packed(lowered: &[lowering::Conv]) -> Vec<Convolution> {
    let mut shape = Shape::INPUT;
    let body = lowered.iter().map(|conv| {
        let [_, stored] = conv.shapes(shape);
        Convolution::new(conv.clone(), core::mem::replace(&mut shape, stored))
    });
    body.collect()
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
