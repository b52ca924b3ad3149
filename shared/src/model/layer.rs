//! The layers that a network is a table of, and the parameters that a table needs.
//!
//! Training runs the table as it is. Inference, on the CPU and on WebGPU, runs the lowered form of [`super::lowering`].

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec, vec::Vec};

/// The padding of a convolution's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// None: the output has two rows and two columns fewer.
    Valid,
    /// One pixel of zeros on each side: the output is as large as the input.
    Same,
}

/// One layer of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// 3x3 convolution with bias, then ReLU.
    Conv {
        input: usize,
        output: usize,
        padding: Padding,
    },
    /// 2x2 max pooling, stride 2; an odd last row or column is dropped.
    MaxPool,
    /// A residual block: conv 3x3 same, ReLU, batch norm, conv 3x3 same, batch norm, plus the input, ReLU.
    ResBlock { channels: usize },
    /// The mean of each channel.
    GlobalAveragePool,
    /// `[channels, rows, columns]` to one vector, channel by channel.
    Flatten,
    /// Fully connected with bias; followed by ReLU if `relu`.
    Dense {
        input: usize,
        output: usize,
        relu: bool,
    },
}

/// Added to a batch norm's variance; the default of burn and PyTorch.
pub const BATCH_NORM_EPSILON: f32 = 1e-5;

/// The tensors of a batch norm, in their order.
const BATCH_NORM_PARTS: [&str; 4] = ["gamma", "beta", "mean", "variance"];

/// A tensor that a table of layers needs: its name in the weights file and its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub shape: Vec<usize>,
}

/// Every tensor that the table needs, in order.
///
/// # Shapes
/// Convolution weights are `[output, input, 3, 3]`, dense weights `[input, output]`, all else `[channels]`.
pub fn parameters(layers: &[Layer]) -> Vec<Parameter> {
    training_parameters(layers, false)
}

/// Every tensor that training the table needs, in order. With `batch_norm` these include the batch norms before each ReLU that
/// [`fold_batch_norm`] merges into the weights afterwards.
///
/// # Shapes
/// As for [`parameters`].
pub fn training_parameters(layers: &[Layer], batch_norm: bool) -> Vec<Parameter> {
    let mut all = Vec::new();
    for (i, layer) in layers.iter().enumerate() {
        let mut add = |name: String, shape: Vec<usize>| all.push(Parameter { name, shape });
        let add_norm = |add: &mut dyn FnMut(String, Vec<usize>), name: &str, channels: usize| {
            for part in BATCH_NORM_PARTS {
                add(format!("{name}.{part}"), vec![channels]);
            }
        };
        match *layer {
            Layer::Conv { input, output, .. } => {
                add(format!("{i}.weight"), vec![output, input, 3, 3]);
                add(format!("{i}.bias"), vec![output]);
                if batch_norm {
                    add_norm(&mut add, &format!("{i}.fold"), output);
                }
            }
            Layer::ResBlock { channels } => {
                for half in 1..=2 {
                    add(
                        format!("{i}.conv{half}.weight"),
                        vec![channels, channels, 3, 3],
                    );
                    add(format!("{i}.conv{half}.bias"), vec![channels]);
                    if batch_norm && half == 1 {
                        add_norm(&mut add, &format!("{i}.conv1.fold"), channels);
                    }
                    add_norm(&mut add, &format!("{i}.norm{half}"), channels);
                }
            }
            Layer::Dense {
                input,
                output,
                relu,
            } => {
                add(format!("{i}.weight"), vec![input, output]);
                add(format!("{i}.bias"), vec![output]);
                if batch_norm && relu {
                    add_norm(&mut add, &format!("{i}.fold"), output);
                }
            }
            Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
        }
    }
    all
}

/// Merges the batch norms of training into the weights and biases before them: the values of [`parameters`] from those of
/// [`training_parameters`]. The network's output stays the same.
///
/// `values` has one list for each training parameter, in their order.
///
/// # Panics
/// The number of lists is not the number of training parameters.
pub fn fold_batch_norm(layers: &[Layer], batch_norm: bool, values: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let names = training_parameters(layers, batch_norm);
    assert_eq!(
        names.len(),
        values.len(),
        "one list of values per training parameter"
    );
    let all: BTreeMap<String, Vec<f32>> = names.into_iter().map(|p| p.name).zip(values).collect();
    let folded = parameters(layers)
        .into_iter()
        .map(|Parameter { name, shape }| {
            let values = all.get(&name);
            let mut values = values
                .expect("invariant: every parameter is a training parameter")
                .clone();
            let (layer, part) = name
                .rsplit_once('.')
                .expect("invariant: a parameter's name has a dot");
            let norm = BATCH_NORM_PARTS.map(|part| all.get(&format!("{layer}.fold.{part}")));
            // Without batch norm, and where no ReLU follows, there is nothing to merge.
            let [Some(gamma), Some(beta), Some(mean), Some(variance)] = norm else {
                return values;
            };
            let scale = |o: usize| gamma[o] / libm::sqrtf(variance[o] + BATCH_NORM_EPSILON);
            // The output is a convolution's first dimension and a dense layer's last.
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

/// The number of values in all of the table's parameters, including the running statistics of batch norms.
pub fn parameter_count(layers: &[Layer]) -> usize {
    parameters(layers)
        .iter()
        .map(|p| p.shape.iter().product::<usize>())
        .sum()
}

/// The index of the layer whose output Grad-CAM uses: the last convolution or block, if there is one.
pub fn grad_cam_layer(layers: &[Layer]) -> Option<usize> {
    layers
        .iter()
        .rposition(|l| matches!(l, Layer::Conv { .. } | Layer::ResBlock { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::model_id::ModelId;

    #[test]
    fn parameter_counts_equal_those_of_the_original_networks() {
        assert_eq!(parameter_count(ModelId::Cnn.layers()), 241_546);
        assert_eq!(parameter_count(ModelId::Resnet.layers()), 38_154);
        assert_eq!(parameter_count(ModelId::Mlp.layers()), 535_818);
    }

    #[test]
    fn grad_cam_uses_the_last_convolution_or_block() {
        assert_eq!(grad_cam_layer(ModelId::Cnn.layers()), Some(4));
        assert_eq!(grad_cam_layer(ModelId::Resnet.layers()), Some(4));
        assert_eq!(grad_cam_layer(ModelId::Mlp.layers()), None);
    }
}
