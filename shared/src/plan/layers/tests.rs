//! The values of each layer against a second implementation of the layer table, in 64 bits and channels first, and the parts of single
//! values.

use alloc::{vec, vec::Vec};

use crate::artifact::{Artifact, Storage, Tensor};
use crate::image::{Grey28, SIDE};
use crate::inside::{Cell, CellPlace, LayerKind, WeightedSum};
use crate::model::layer::{BATCH_NORM_EPSILON, Layer, Padding, parameters};
use crate::model::{Classifier, ModelId};
use crate::plan::Plan;

const TEMPERATURE: f32 = 1.7;

/// A channels-first activation.
#[derive(Clone)]
struct Activation {
    kind: LayerKind,
    rows: usize,
    columns: usize,
    /// `[channels][rows * columns]`.
    channels: Vec<Vec<f64>>,
}

/// A weights file of small numbers of both signs.
fn artifact(model: ModelId) -> Artifact {
    let tensors = parameters(model.layers())
        .into_iter()
        .enumerate()
        .map(|(t, parameter)| {
            let count: usize = parameter.shape.iter().product();
            let is_variance = parameter.name.ends_with("variance");
            let value = |i: usize| {
                let value = ((i * 7919 + t * 104_729) % 1009) as f32 / 1009.0 - 0.5;
                if is_variance {
                    value + 1.0
                } else {
                    value * 0.35
                }
            };
            Tensor {
                values: (0..count).map(value).collect(),
                name: parameter.name,
                shape: parameter.shape,
                storage: Storage::F32,
            }
        });
    Artifact {
        model: model.name().into(),
        tensors: tensors.chain([Tensor::temperature(TEMPERATURE)]).collect(),
    }
}

fn image() -> Grey28 {
    Grey28::new(core::array::from_fn(|i| {
        let (row, column) = (i / SIDE, i % SIDE);
        if (4..24).contains(&row) && (7..21).contains(&column) {
            (i * 31 % 256) as u8
        } else {
            0
        }
    }))
}

/// All layers by the table's definition, from the tensors of the file.
fn reference(model: ModelId) -> Vec<Activation> {
    let artifact = artifact(model);
    let tensor = |name: alloc::string::String| -> Vec<f64> {
        let tensor = artifact.tensors.iter().find(|t| t.name == name);
        tensor
            .unwrap_or_else(|| panic!("no tensor {name}"))
            .values
            .iter()
            .map(|&v| v.into())
            .collect()
    };
    let pixels = image().standardised().map(f64::from);
    let mut all = vec![Activation {
        kind: LayerKind::Input,
        rows: SIDE,
        columns: SIDE,
        channels: vec![pixels.to_vec()],
    }];
    for (i, layer) in model.layers().iter().enumerate() {
        let from = all[all.len() - 1].clone();
        let weights = |part: &str| tensor(alloc::format!("{i}.{part}"));
        match *layer {
            Layer::Conv { padding, .. } => {
                let sums = convolved(&from, &weights("weight"), &weights("bias"), padding);
                all.push(relu(sums, LayerKind::Convolution));
            }
            Layer::ResBlock { .. } => {
                let norm = |half: usize, activation: Activation| {
                    let part = |name: &str| weights(&alloc::format!("norm{half}.{name}"));
                    batch_norm(activation, &["gamma", "beta", "mean", "variance"].map(part))
                };
                let conv = |half: usize, from: &Activation| {
                    let part = |name: &str| weights(&alloc::format!("conv{half}.{name}"));
                    convolved(from, &part("weight"), &part("bias"), Padding::Same)
                };
                let first = norm(1, relu(conv(1, &from), LayerKind::BlockStart));
                let mut second = norm(2, conv(2, &first));
                for (values, own) in second.channels.iter_mut().zip(&from.channels) {
                    for (value, own) in values.iter_mut().zip(own) {
                        *value += own;
                    }
                }
                all.push(first);
                all.push(relu(second, LayerKind::BlockEnd));
            }
            Layer::MaxPool => all.push(pooled(&from)),
            Layer::GlobalAveragePool => {
                let means = from.channels.iter();
                let means = means.map(|c| c.iter().sum::<f64>() / c.len() as f64);
                all.push(vector(LayerKind::Mean, means.collect()));
            }
            Layer::Flatten => {}
            Layer::Dense { relu, output, .. } => {
                let inputs: Vec<f64> = from.channels.concat();
                let (weight, bias) = (weights("weight"), weights("bias"));
                let sums = (0..output).map(|o| {
                    let products = inputs.iter().enumerate();
                    let sum: f64 = products.map(|(i, v)| v * weight[i * output + o]).sum();
                    let sum = sum + bias[o];
                    if relu { sum.max(0.0) } else { sum }
                });
                let kind = if relu {
                    LayerKind::Dense
                } else {
                    LayerKind::Logits
                };
                all.push(vector(kind, sums.collect()));
            }
        }
    }
    all
}

fn vector(kind: LayerKind, values: Vec<f64>) -> Activation {
    Activation {
        kind,
        rows: 1,
        columns: 1,
        channels: values.into_iter().map(|v| vec![v]).collect(),
    }
}

fn convolved(from: &Activation, weight: &[f64], bias: &[f64], padding: Padding) -> Activation {
    let border = usize::from(padding == Padding::Same);
    let (rows, columns) = (from.rows + 2 * border - 2, from.columns + 2 * border - 2);
    let inputs = from.channels.len();
    let at = |channel: &[f64], row: usize, column: usize| {
        let inside = (border..from.rows + border).contains(&row)
            && (border..from.columns + border).contains(&column);
        if inside {
            channel[(row - border) * from.columns + column - border]
        } else {
            0.0
        }
    };
    let channels = bias.iter().enumerate().map(|(o, bias)| {
        let sums = (0..rows * columns).map(|pixel| {
            let (row, column) = (pixel / columns, pixel % columns);
            let mut sum = *bias;
            for (i, channel) in from.channels.iter().enumerate() {
                for tap in 0..9 {
                    let value = at(channel, row + tap / 3, column + tap % 3);
                    sum += value * weight[(o * inputs + i) * 9 + tap];
                }
            }
            sum
        });
        sums.collect()
    });
    Activation {
        kind: LayerKind::Convolution,
        rows,
        columns,
        channels: channels.collect(),
    }
}

fn relu(mut activation: Activation, kind: LayerKind) -> Activation {
    for value in activation.channels.iter_mut().flatten() {
        *value = value.max(0.0);
    }
    Activation { kind, ..activation }
}

fn batch_norm(
    mut activation: Activation,
    [gamma, beta, mean, variance]: &[Vec<f64>; 4],
) -> Activation {
    for (c, values) in activation.channels.iter_mut().enumerate() {
        for value in values {
            let deviation = libm::sqrt(variance[c] + f64::from(BATCH_NORM_EPSILON));
            *value = (*value - mean[c]) / deviation * gamma[c] + beta[c];
        }
    }
    activation
}

fn pooled(from: &Activation) -> Activation {
    let (rows, columns) = (from.rows / 2, from.columns / 2);
    let channels = from.channels.iter().map(|channel| {
        let largest = (0..rows * columns).map(|pixel| {
            let (row, column) = (2 * (pixel / columns), 2 * (pixel % columns));
            let four = [0, 1, from.columns, from.columns + 1];
            let four = four.map(|offset| channel[row * from.columns + column + offset]);
            four.into_iter().fold(f64::MIN, f64::max)
        });
        largest.collect()
    });
    Activation {
        kind: LayerKind::MaxPooling,
        rows,
        columns,
        channels: channels.collect(),
    }
}

fn plan(model: ModelId) -> Plan {
    Plan::new(model, &artifact(model)).unwrap()
}

#[test]
fn each_layer_s_values_are_those_of_the_definition() {
    for model in ModelId::DEEP {
        let shown = plan(model).layers(&image());
        let expected = reference(model);
        assert_eq!(shown.layers.len(), expected.len(), "{model}");
        for (i, (layer, expected)) in shown.layers.iter().zip(&expected).enumerate() {
            let what = alloc::format!("{model}, layer {i}");
            assert_eq!(layer.kind, expected.kind, "{what}");
            let shape = (usize::from(layer.rows), usize::from(layer.columns));
            assert_eq!(shape, (expected.rows, expected.columns), "{what}");
            assert_eq!(layer.maps.len(), expected.channels.len(), "{what}");
            for (map, expected) in layer.maps.iter().zip(&expected.channels) {
                assert_eq!(map.steps.len(), expected.len(), "{what}");
                for (value, expected) in map.values().zip(expected) {
                    let error = (f64::from(value) - expected).abs();
                    // Half a step of the 8 bits, and the rounding of 32 bits.
                    let allowed = f64::from(map.step) * 0.5 + 1e-4 * (1.0 + expected.abs());
                    assert!(error <= allowed, "{what}: {value}, not {expected}");
                }
            }
            let count: f64 = expected.channels.iter().flatten().map(|v| v.abs()).sum();
            assert!(count > 1.0, "{what}: a layer of zeros proves nothing");
        }
    }
}

#[test]
fn the_logits_are_those_of_a_prediction() {
    for model in ModelId::DEEP {
        let mut plan = plan(model);
        let shown = plan.layers(&image());
        let logits = plan.logits(&image());
        for (ours, expected) in shown.logits.iter().zip(&logits) {
            let error = (ours - expected).abs();
            assert!(
                error < 1e-4 * (1.0 + expected.abs()),
                "{model}: {ours}, {expected}"
            );
        }
        let prediction = plan.classify(&crate::Sample::new(image()));
        for (ours, expected) in shown.probabilities.iter().zip(&prediction.probabilities) {
            assert!(
                (ours - expected).abs() < 1e-4,
                "{model}: {ours}, {expected}"
            );
        }
        assert_eq!(shown.temperature, TEMPERATURE);
    }
}

/// Adds up what is shown of a weighted sum, and applies what follows it.
fn recomputed(sum: &WeightedSum) -> f32 {
    let listed: f32 = sum.windows.iter().flat_map(|w| w.products()).sum();
    let total = listed + sum.others_sum + sum.bias + sum.added.unwrap_or(0.0);
    assert!(
        (total - sum.sum).abs() < 1e-4 * (1.0 + total.abs()),
        "{total}: {sum:?}"
    );
    let passed = if sum.has_relu { total.max(0.0) } else { total };
    sum.affine
        .map_or(passed, |[scale, shift]| passed * scale + shift)
}

#[test]
fn the_parts_of_each_value_add_up_to_it() {
    for model in ModelId::DEEP {
        let plan = plan(model);
        for (i, layer) in reference(model).iter().enumerate() {
            let (rows, columns, channels) = (layer.rows, layer.columns, layer.channels.len());
            // The corners, where the border of zeros is, and the middle.
            for (row, column, channel) in [
                (0, 0, 0),
                (rows - 1, columns - 1, channels - 1),
                (0, columns - 1, channels / 2),
                (rows / 2, columns / 2, channels / 3),
            ] {
                let place = CellPlace {
                    layer: i as u8,
                    channel: channel as u16,
                    row: row as u16,
                    column: column as u16,
                };
                let cell = plan.cell(&image(), place).unwrap();
                let (value, computed) = match &cell {
                    Cell::Pixel { pixel, value } => {
                        assert_eq!(*pixel, image().pixels()[row * SIDE + column]);
                        (*value, *value)
                    }
                    Cell::Sum(sum) => (sum.value, recomputed(sum)),
                    Cell::Largest { inputs, value } => {
                        (*value, inputs.iter().copied().fold(f32::MIN, f32::max))
                    }
                    Cell::Mean { inputs, value, .. } => {
                        (*value, inputs.iter().sum::<f32>() / inputs.len() as f32)
                    }
                };
                let expected = layer.channels[channel][row * columns + column] as f32;
                for ours in [value, computed] {
                    let error = (ours - expected).abs();
                    assert!(
                        error < 2e-4 * (1.0 + expected.abs()),
                        "{model}, {place:?}: {ours}, not {expected}: {cell:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_strongest_windows_are_listed_and_the_others_counted() {
    let place = |layer, channel| CellPlace {
        layer,
        channel,
        row: 0,
        column: 0,
    };
    let sum = |model: ModelId, layer| match plan(model).cell(&image(), place(layer, 5)) {
        Some(Cell::Sum(sum)) => sum,
        other => panic!("no sum but {other:?}"),
    };
    // The image is one channel.
    let first = sum(ModelId::Cnn, 1);
    assert_eq!((first.windows.len(), first.others), (1, 0));
    let second = sum(ModelId::Cnn, 3);
    assert_eq!((second.windows.len(), second.others), (3, 29));
    let strengths: Vec<f32> = second.windows.iter().map(|w| w.sum().abs()).collect();
    assert!(strengths.is_sorted_by(|a, b| a > b), "{strengths:?}");
    // A window of the convolution with a border of zeros begins outside.
    let padded = sum(ModelId::Resnet, 3);
    assert_eq!((padded.windows[0].row, padded.windows[0].column), (-1, -1));
    assert!(padded.windows.iter().all(|w| w.inputs[0] == 0.0));
    // A dense layer reads whole channels, or single values.
    let dense = sum(ModelId::Cnn, 6);
    assert_eq!((dense.windows[0].inputs.len(), dense.others), (9, 125));
    let logits = sum(ModelId::Cnn, 7);
    assert_eq!((logits.windows.len(), logits.others), (8, 120));
}

#[test]
fn a_place_outside_the_network_has_no_cell() {
    let plan = plan(ModelId::Resnet);
    let cell = |layer, channel, row, column| {
        plan.cell(
            &image(),
            CellPlace {
                layer,
                channel,
                row,
                column,
            },
        )
    };
    assert!(cell(1, 31, 25, 25).is_some());
    for (layer, channel, row, column) in
        [(1, 32, 0, 0), (1, 0, 26, 0), (1, 0, 0, 26), (99, 0, 0, 0)]
    {
        assert!(cell(layer, channel, row, column).is_none());
    }
}
