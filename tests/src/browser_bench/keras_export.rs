//! Export of a network for TensorFlow.js: the table of layers as JSON, the weights as little-endian floats in Keras's layout.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::ModelId;
use shared::artifact::Artifact;
use shared::image::SIDE;
use shared::model::layer::{BATCH_NORM_EPSILON, Layer, Padding, parameters};

/// Writes `<model>.json` and `<model>.bin` into the folder.
///
/// # Errors
/// A file cannot be written, or the weights are not the model's.
pub fn write(model: ModelId, artifact: &Artifact, folder: &Path) -> Result<()> {
    let table = json!({"epsilon": BATCH_NORM_EPSILON, "layers": layers(model.layers())});
    let bytes: Vec<u8> = values(model, artifact)?
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let table = table.to_string().into_bytes();
    for (kind, bytes) in [("json", table), ("bin", bytes)] {
        let path = folder.join(format!("{model}.{kind}"));
        std::fs::write(&path, bytes)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn layers(layers: &[Layer]) -> Vec<Value> {
    let described = layers.iter().map(|layer| match *layer {
        Layer::Conv {
            output, padding, ..
        } => {
            let padding = match padding {
                Padding::Valid => "valid",
                Padding::Same => "same",
            };
            json!({"kind": "conv", "filters": output, "padding": padding})
        }
        Layer::MaxPool => json!({"kind": "pool"}),
        Layer::ResBlock { channels } => json!({"kind": "block", "filters": channels}),
        Layer::GlobalAveragePool => json!({"kind": "mean"}),
        Layer::Flatten => json!({"kind": "flatten"}),
        Layer::Dense { output, relu, .. } => {
            json!({"kind": "dense", "units": output, "relu": relu})
        }
    });
    described.collect()
}

/// All weights, in the table's order.
fn values(model: ModelId, artifact: &Artifact) -> Result<Vec<f32>> {
    let flattened = flattened(model.layers());
    let mut all = Vec::new();
    for parameter in parameters(model.layers()) {
        let tensor = artifact.tensor(&parameter.name);
        let tensor = tensor
            .with_context(|| format!("the weights of {model} have no tensor {}", parameter.name))?;
        let w = &tensor.values;
        match (&parameter.shape[..], flattened) {
            // [output, input, row, column] to [row, column, input, output]
            (&[outputs, inputs, 3, 3], _) => {
                for (tap, i) in (0..9 * inputs).map(|t| (t / inputs, t % inputs)) {
                    all.extend((0..outputs).map(|o| w[(o * inputs + i) * 9 + tap]));
                }
            }
            // Rows in the order channel, row, column to the order row, column, channel.
            (&[inputs, outputs], Some((pixels, channels))) if inputs == pixels * channels => {
                for (pixel, c) in (0..inputs).map(|i| (i / channels, i % channels)) {
                    all.extend(&w[(c * pixels + pixel) * outputs..][..outputs]);
                }
            }
            _ => all.extend(w),
        }
    }
    Ok(all)
}

/// Pixels and channels of the flattened activation.
fn flattened(layers: &[Layer]) -> Option<(usize, usize)> {
    let (mut side, mut channels) = (SIDE, 1);
    for layer in layers {
        match *layer {
            Layer::Conv {
                output, padding, ..
            } => {
                channels = output;
                side -= if padding == Padding::Valid { 2 } else { 0 };
            }
            Layer::MaxPool => side /= 2,
            Layer::Flatten => return Some((side * side, channels)),
            Layer::ResBlock { .. } | Layer::GlobalAveragePool | Layer::Dense { .. } => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::weights;

    #[test]
    fn each_weight_is_written_once() {
        for model in [ModelId::Cnn, ModelId::Resnet] {
            let artifact = weights(model);
            let mut found = values(model, &artifact).unwrap();
            let names = parameters(model.layers()).into_iter().map(|p| p.name);
            let tensors = names.map(|n| artifact.tensor(&n).unwrap().values.clone());
            let mut expected: Vec<f32> = tensors.flatten().collect();
            found.sort_by(f32::total_cmp);
            expected.sort_by(f32::total_cmp);
            assert!(found == expected, "{model}");
        }
    }

    #[test]
    fn weights_are_in_keras_s_order() {
        let artifact = weights(ModelId::Cnn);
        let found = values(ModelId::Cnn, &artifact).unwrap();
        let tensor = |name: &str| &artifact.tensor(name).unwrap().values;
        // The second convolution: 64 of 32 channels, behind 288 + 32 numbers of the first.
        let (o, i, y, x) = (5, 7, 2, 1);
        let here = tensor("2.weight")[((o * 32 + i) * 3 + y) * 3 + x];
        assert_eq!(found[320 + ((y * 3 + x) * 32 + i) * 64 + o], here);
        // The first dense layer, behind the third convolution: 128 channels of 3 x 3 pixels.
        let dense = 320 + 18_496 + 73_856;
        let (c, y, x, o) = (100, 1, 2, 77);
        let here = tensor("6.weight")[(c * 9 + y * 3 + x) * 128 + o];
        assert_eq!(found[dense + ((y * 3 + x) * 128 + c) * 128 + o], here);
    }
}
