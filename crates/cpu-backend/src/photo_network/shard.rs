//! A shard of a batch: its activations, its gradients, and the two passes.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shared::model::PHOTO_CLASSES;
use shared::model::photo_network::{ConvLayer, FEATURES, Kernel, Shortcut};
use shared::model::shape::Shape;
use shared::plan::photo::patches;

use super::depthwise::Depthwise;
use super::network::{FineTuningConfig, Network, Slot};
use super::product::{Matrix, add_product, product};
use super::target::Target;
use crate::elementwise;

/// Images that are processed together: enough to read the weights of the last layers seldom, and few enough for the memory.
const GROUP: usize = 4;

/// A shard's part of the batch.
pub struct Part<'a> {
    pub side: usize,
    pub pixels: &'a [f32],
    pub targets: &'a [Target],
    /// One divided by the number of images of the batch.
    pub share: f32,
    /// Seed and stream of the dropout masks.
    pub dropout_stream: (u64, u64),
}

/// The buffers of a shard.
#[derive(Default)]
pub struct Shard {
    /// Of the parameters.
    pub gradients: Vec<f32>,
    /// The depthwise weights as `[size, size, channels]`; empty for the other layers.
    taps: Vec<Vec<f32>>,
    /// The stem's patches, then the output of each convolution.
    activations: Vec<Vec<f32>>,
}

impl Shard {
    /// Forward and backward pass. Returns the sum of the losses.
    pub fn compute_gradients(
        &mut self,
        network: &Network,
        config: &FineTuningConfig,
        parameters: &[f32],
        part: &Part,
    ) -> f64 {
        self.gradients.clear();
        self.gradients.resize(network.count, 0.0);
        self.taps = network
            .layers
            .iter()
            .zip(&network.slots)
            .map(|(layer, slot)| match layer.kernel {
                Kernel::Depthwise { .. } => transposed(slot.weight(parameters), slot.outputs),
                Kernel::Stem | Kernel::Pointwise => Vec::new(),
            })
            .collect();
        self.activations
            .resize(network.layers.len() + 1, Vec::new());
        let mut rng = ChaCha8Rng::seed_from_u64(part.dropout_stream.0);
        rng.set_stream(part.dropout_stream.1);
        let image = part.side * part.side * 3;
        let groups = part.pixels.chunks(GROUP * image);
        let groups = groups.zip(part.targets.chunks(GROUP));
        groups
            .map(|(pixels, targets)| {
                let shapes = self.forward(network, parameters, pixels, part.side);
                let (loss, gradient) =
                    self.head(network, config, parameters, targets, part.share, &mut rng);
                self.backward(network, parameters, &shapes, gradient);
                loss
            })
            .sum()
    }

    /// The forward pass of the convolutions. Returns the shape of each one's input, and of the last one's output.
    fn forward(
        &mut self,
        network: &Network,
        parameters: &[f32],
        pixels: &[f32],
        side: usize,
    ) -> Vec<Shape> {
        let mut shape = Shape {
            rows: side,
            columns: side,
            channels: 3,
        };
        let mut shapes = vec![shape];
        let count = pixels.len() / shape.count();
        let mut start = 0;
        for (number, (layer, slot)) in network.layers.iter().zip(&network.slots).enumerate() {
            if layer.shortcut == Shortcut::Start {
                start = number;
            }
            let (before, after) = self.activations.split_at_mut(number + 1);
            let (input, output) = (&mut before[number], &mut after[0]);
            let out = layer.output_shape(shape);
            output.resize(count * out.count(), 0.0);
            let (weight, bias) = (slot.weight(parameters), slot.bias(parameters));
            match layer.kernel {
                Kernel::Stem => {
                    input.clear();
                    let mut of_image = Vec::new();
                    for pixels in pixels.chunks_exact(shape.count()) {
                        patches(layer, pixels, shape, &mut of_image);
                        input.extend_from_slice(&of_image);
                    }
                    pointwise(layer, input, 27, weight, bias, output);
                }
                Kernel::Pointwise => pointwise(layer, input, layer.input, weight, bias, output),
                Kernel::Depthwise { .. } => {
                    Depthwise::new(layer, shape).forward(input, &self.taps[number], bias, output);
                }
            }
            if layer.shortcut == Shortcut::End {
                elementwise::add(&before[start], output);
            }
            shape = out;
            shapes.push(shape);
        }
        shapes
    }

    /// The loss of a group of images, and its gradient with respect to the last convolution's output; adds the gradients of the dense
    /// layer.
    fn head(
        &mut self,
        network: &Network,
        config: &FineTuningConfig,
        parameters: &[f32],
        targets: &[Target],
        share: f32,
        rng: &mut ChaCha8Rng,
    ) -> (f64, Vec<f32>) {
        let slot = network.slots[network.layers.len()];
        let (weight, bias) = (slot.weight(parameters), slot.bias(parameters));
        let (weight_gradient, bias_gradient) = slot.split_mut(&mut self.gradients);
        let activation = &self.activations[network.layers.len()];
        let image = activation.len() / targets.len();
        let pixels = (image / FEATURES) as f32;
        let mut gradient = Vec::with_capacity(activation.len());
        let mut total = 0.0;
        for (activation, target) in activation.chunks_exact(image).zip(targets) {
            let kept = 1.0 / (1.0 - config.dropout);
            let mask: Vec<f32> = (0..FEATURES)
                .map(|_| {
                    if rng.random::<f32>() < config.dropout {
                        0.0
                    } else {
                        kept
                    }
                })
                .collect();
            let mut features = vec![0.0; FEATURES];
            for pixel in activation.chunks_exact(FEATURES) {
                elementwise::add(pixel, &mut features);
            }
            for (feature, mask) in features.iter_mut().zip(&mask) {
                *feature *= mask / pixels;
            }
            let logits: [f32; PHOTO_CLASSES] = core::array::from_fn(|class| {
                let row = &weight[class * FEATURES..][..FEATURES];
                bias[class] + row.iter().zip(&features).map(|(w, f)| w * f).sum::<f32>()
            });
            let (loss, of_logits) = target.loss(&logits, config.label_smoothing);
            total += loss;
            let mut of_features = vec![0.0; FEATURES];
            for (class, g) in of_logits.iter().enumerate() {
                let g = g * share;
                bias_gradient[class] += g;
                let row = class * FEATURES..(class + 1) * FEATURES;
                let gradients = weight_gradient[row.clone()].iter_mut().zip(&features);
                for ((own, feature), (back, w)) in
                    gradients.zip(of_features.iter_mut().zip(&weight[row]))
                {
                    *own += g * feature;
                    *back += g * w;
                }
            }
            for (g, mask) in of_features.iter_mut().zip(&mask) {
                *g *= mask / pixels;
            }
            for _ in 0..image / FEATURES {
                gradient.extend_from_slice(&of_features);
            }
        }
        (total, gradient)
    }

    /// The backward pass of the convolutions, from the gradient with respect to the last one's output.
    fn backward(
        &mut self,
        network: &Network,
        parameters: &[f32],
        shapes: &[Shape],
        mut gradient: Vec<f32>,
    ) {
        // The gradient with respect to the output of the current block, which the residual connection passes to its input.
        let mut saved = Vec::new();
        let mut before = Vec::new();
        for (number, layer) in network.layers.iter().enumerate().rev() {
            let slot = &network.slots[number];
            let (input, output) = (&self.activations[number], &self.activations[number + 1]);
            if layer.shortcut == Shortcut::End {
                saved.clone_from(&gradient);
            }
            if layer.relu6 {
                relu6_backward(output, &mut gradient);
            }
            let (weight_gradient, bias_gradient) = slot.split_mut(&mut self.gradients);
            for row in gradient.chunks_exact(slot.outputs) {
                elementwise::add(row, bias_gradient);
            }
            before.clear();
            match layer.kernel {
                Kernel::Stem => {
                    pointwise_weight_gradient(slot, input, &gradient, 27, weight_gradient);
                    return;
                }
                Kernel::Pointwise => {
                    pointwise_weight_gradient(slot, input, &gradient, layer.input, weight_gradient);
                    before.resize(input.len(), 0.0);
                    product(
                        Matrix::new(&gradient, layer.output),
                        Matrix::new(slot.weight(parameters), layer.input),
                        &mut before,
                    );
                }
                Kernel::Depthwise { .. } => {
                    before.resize(input.len(), 0.0);
                    let taps = &self.taps[number];
                    let mut of_taps = vec![0.0; taps.len()];
                    Depthwise::new(layer, shapes[number]).backward(
                        input,
                        taps,
                        &gradient,
                        &mut of_taps,
                        &mut before,
                    );
                    let of_channels = transposed(&of_taps, of_taps.len() / slot.outputs);
                    elementwise::add(&of_channels, weight_gradient);
                }
            }
            core::mem::swap(&mut gradient, &mut before);
            if layer.shortcut == Shortcut::Start {
                elementwise::add(&saved, &mut gradient);
            }
        }
    }
}

/// A pointwise convolution, or the stem's of its patches.
fn pointwise(
    layer: &ConvLayer,
    input: &[f32],
    depth: usize,
    weight: &[f32],
    bias: &[f32],
    output: &mut [f32],
) {
    product(
        Matrix::new(input, depth),
        Matrix::new(weight, depth).transposed(),
        output,
    );
    let ceiling = if layer.relu6 { 6.0 } else { f32::INFINITY };
    let floor = if layer.relu6 { 0.0 } else { f32::NEG_INFINITY };
    elementwise::add_bias(bias, floor, ceiling, output);
}

/// Adds the gradient of a pointwise convolution's weight, `[output, input]`.
fn pointwise_weight_gradient(
    slot: &Slot,
    input: &[f32],
    gradient: &[f32],
    depth: usize,
    weight_gradient: &mut [f32],
) {
    add_product(
        Matrix::new(gradient, slot.outputs).transposed(),
        Matrix::new(input, depth),
        weight_gradient,
    );
}

/// The backward pass of ReLU6, in place: the gradient is 0 where the result is 0 or 6.
fn relu6_backward(output: &[f32], gradient: &mut [f32]) {
    for (g, value) in gradient.iter_mut().zip(output) {
        let passes = *value > 0.0 && *value < 6.0;
        *g = if passes { *g } else { 0.0 };
    }
}

/// A matrix of that many rows, transposed.
fn transposed(matrix: &[f32], rows: usize) -> Vec<f32> {
    let columns = matrix.len() / rows;
    (0..columns)
        .flat_map(|c| (0..rows).map(move |r| matrix[r * columns + c]))
        .collect()
}
