//! The vocabulary of the deep models: a network is a table of these layers.
//!
//! burn runs the table as it is (`network.rs`: training). Whoever only goes forwards runs its passes (`passes.rs`): the plan on the
//! CPU, kernels on WebGPU.

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec, vec::Vec};

/// What surrounds a convolution's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Nothing: the output is two pixels smaller along each side.
    Valid,
    /// One pixel of zeros: the output is as large as the input.
    Same,
}

/// One step of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// 3x3 convolution with bias, then ReLU.
    Conv {
        input: usize,
        output: usize,
        padding: Padding,
    },
    /// Largest of each 2x2, stride 2; an odd last row and column are dropped.
    MaxPool,
    /// Conv 3x3 same + ReLU, batch norm, conv 3x3 same, batch norm, plus the input, ReLU.
    ResBlock { channels: usize },
    /// The mean of each channel.
    GlobalAveragePool,
    /// Channels x rows x columns become one vector, channel by channel.
    Flatten,
    /// Fully connected with bias; ReLU where `relu`.
    Dense {
        input: usize,
        output: usize,
        relu: bool,
    },
}

/// Added to a variance before its root is taken; burn's and PyTorch's default.
pub const BATCH_NORM_EPSILON: f32 = 1e-5;

/// A tensor that a table of layers needs: its name in the weights file, and its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub shape: Vec<usize>,
}

/// Every tensor the table needs, in order.
///
/// # Shapes
/// Convolution weights are `[output, input, 3, 3]`, dense weights `[input, output]`, all else `[channels]`.
pub fn parameters(layers: &[Layer]) -> Vec<Parameter> {
    training_parameters(layers, false)
}

/// Every tensor that training the table needs, in order: with `normalise`, also those of the batch norms that stand
/// before each ReLU until [`fold`] takes them in.
///
/// # Shapes
/// As those of [`parameters`].
pub fn training_parameters(layers: &[Layer], normalise: bool) -> Vec<Parameter> {
    let mut all = Vec::new();
    for (i, layer) in layers.iter().enumerate() {
        let mut add = |name: String, shape: Vec<usize>| all.push(Parameter { name, shape });
        let norm = |add: &mut dyn FnMut(String, Vec<usize>), name: &str, channels: usize| {
            for statistic in ["gamma", "beta", "mean", "variance"] {
                add(format!("{name}.{statistic}"), vec![channels]);
            }
        };
        match *layer {
            Layer::Conv { input, output, .. } => {
                add(format!("{i}.weight"), vec![output, input, 3, 3]);
                add(format!("{i}.bias"), vec![output]);
                if normalise {
                    norm(&mut add, &format!("{i}.fold"), output);
                }
            }
            Layer::ResBlock { channels } => {
                for half in 1..=2 {
                    add(
                        format!("{i}.conv{half}.weight"),
                        vec![channels, channels, 3, 3],
                    );
                    add(format!("{i}.conv{half}.bias"), vec![channels]);
                    if normalise && half == 1 {
                        norm(&mut add, &format!("{i}.conv1.fold"), channels);
                    }
                    norm(&mut add, &format!("{i}.norm{half}"), channels);
                }
            }
            Layer::Dense {
                input,
                output,
                relu,
            } => {
                add(format!("{i}.weight"), vec![input, output]);
                add(format!("{i}.bias"), vec![output]);
                if normalise && relu {
                    norm(&mut add, &format!("{i}.fold"), output);
                }
            }
            Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
        }
    }
    all
}

/// The values of [`parameters`] from those of [`training_parameters`]: a batch norm behind a weighted sum is taken
/// into the weights and the bias, and the answers stay the same.
///
/// `values` holds a list for each training parameter, in their order.
pub fn fold(layers: &[Layer], normalise: bool, values: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let all: BTreeMap<String, Vec<f32>> = training_parameters(layers, normalise)
        .into_iter()
        .map(|p| p.name)
        .zip(values)
        .collect();
    let folded = parameters(layers)
        .into_iter()
        .map(|Parameter { name, shape }| {
            let mut values = all.get(&name).cloned().unwrap_or_default();
            let Some((layer, part)) = name.rsplit_once('.') else {
                return values;
            };
            let norm = ["gamma", "beta", "mean", "variance"]
                .map(|s| all.get(&format!("{layer}.fold.{s}")));
            let [Some(gamma), Some(beta), Some(mean), Some(variance)] = norm else {
                return values;
            };
            let scale = |o: usize| gamma[o] / libm::sqrtf(variance[o] + BATCH_NORM_EPSILON);
            // A convolution's output comes first, a dense layer's last.
            let inner = values.len() / gamma.len();
            for (i, value) in values.iter_mut().enumerate() {
                let output = if shape.len() == 2 {
                    i % gamma.len()
                } else {
                    i / inner
                };
                if part == "bias" {
                    *value -= mean[output];
                }
                *value *= scale(output);
                if part == "bias" {
                    *value += beta[output];
                }
            }
            values
        });
    folded.collect()
}

/// How many numbers the table needs, batch norm's running statistics included.
pub fn parameter_count(layers: &[Layer]) -> usize {
    parameters(layers)
        .iter()
        .map(|p| p.shape.iter().product::<usize>())
        .sum()
}

/// The layer whose output Grad-CAM weighs: the last one that still has rows and columns and is learned.
pub fn grad_cam_layer(layers: &[Layer]) -> Option<usize> {
    layers
        .iter()
        .rposition(|l| matches!(l, Layer::Conv { .. } | Layer::ResBlock { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelId;

    #[test]
    fn the_counts_are_the_original_s() {
        assert_eq!(parameter_count(ModelId::Cnn.layers()), 241_546);
        assert_eq!(parameter_count(ModelId::Resnet.layers()), 38_154);
        assert_eq!(parameter_count(ModelId::Mlp.layers()), 535_818);
    }

    #[test]
    fn grad_cam_looks_at_the_last_convolution() {
        assert_eq!(grad_cam_layer(ModelId::Cnn.layers()), Some(4));
        assert_eq!(grad_cam_layer(ModelId::Resnet.layers()), Some(4));
        assert_eq!(grad_cam_layer(ModelId::Mlp.layers()), None);
    }
}
