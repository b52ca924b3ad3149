//! The convolutions and the dense layer against their definitions, at sizes that tiles do not divide, and invalid weights.

use alloc::{vec, vec::Vec};

use super::Plan;
use super::dense::Dense;
use super::direct::DirectConv;
use super::stem::StemConv;
use super::winograd::{Scratch, WinogradConv};
use crate::artifact::{Artifact, Storage, Tensor};
use crate::model::layer::parameters;
use crate::model::lowering::{self, Residual};
use crate::model::shape::Shape;
use crate::model::{ModelError, ModelId, Padding};
use alloc::string::ToString;

/// Pseudorandom numbers between -1 and 1.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    let mut state = (seed as u32 + 1).wrapping_mul(2_654_435_761);
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(next).collect()
}

/// The convolution by its definition, in 64 bits: `[rows, columns, output]`.
fn reference_conv(
    weight: &[f32],
    bias: &[f32],
    image: &[f32],
    shape: Shape,
    padding: Padding,
) -> (Vec<f64>, Shape) {
    let out = shape.convolved(padding, bias.len());
    let border = usize::from(padding == Padding::Same);
    let mut result = Vec::new();
    for at in 0..out.count() {
        let (pixel, o) = (at / out.channels, at % out.channels);
        let (y, x) = (pixel / out.columns, pixel % out.columns);
        let mut sum = f64::from(bias[o]);
        for tap in 0..9 {
            let row = (y + tap / 3).wrapping_sub(border);
            let column = (x + tap % 3).wrapping_sub(border);
            if row < shape.rows && column < shape.columns {
                for i in 0..shape.channels {
                    let value = image[(row * shape.columns + column) * shape.channels + i];
                    let weight = weight[(o * shape.channels + i) * 9 + tap];
                    sum += f64::from(weight) * f64::from(value);
                }
            }
        }
        result.push(sum);
    }
    (result, out)
}

/// 2x2 max pooling.
fn reference_pooling(values: &[f64], shape: Shape) -> Vec<f64> {
    let out = shape.pooled();
    let largest = (0..out.count()).map(|at| {
        let (pixel, channel) = (at / out.channels, at % out.channels);
        let (y, x) = (2 * (pixel / out.columns), 2 * (pixel % out.columns));
        let four = [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)];
        let four = four.map(|(y, x)| values[(y * shape.columns + x) * shape.channels + channel]);
        four.into_iter().fold(f64::MIN, f64::max)
    });
    largest.collect()
}

fn assert_close(ours: &[f32], expected: &[f64], what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    let pairs = ours.iter().zip(expected);
    let worst = pairs.map(|(a, b)| (f64::from(*a) - b).abs());
    let worst = worst.fold(0.0, f64::max);
    // Measured: up to 2e-5, in Winograd's convolution.
    assert!(worst < 1e-4, "{what}: {worst}");
}

const SIZES: [(usize, usize); 5] = [(6, 6), (7, 9), (11, 11), (13, 13), (16, 5)];

#[test]
fn winograd_s_convolution_matches_the_definition() {
    let (input, output) = (12, 16);
    let (weight, bias) = (numbers(output * input * 9, 1), numbers(output, 2));
    let (scale, shift) = (numbers(output, 3), numbers(output, 4));
    let mut scratch = Scratch::default();
    let mut ours = Vec::new();
    for (rows, columns) in SIZES {
        let shape = Shape {
            rows,
            columns,
            channels: input,
        };
        let image = numbers(shape.count(), rows);
        for case in 0..16 {
            let [is_same, is_pooled, has_residual, is_affine] = [1, 2, 4, 8].map(|b| case & b > 0);
            let padding = if is_same {
                Padding::Same
            } else {
                Padding::Valid
            };
            let (mut expected, out) = reference_conv(&weight, &bias, &image, shape, padding);
            let residual = has_residual.then(|| numbers(out.count(), 5));
            for (at, value) in expected.iter_mut().enumerate() {
                let own = residual.as_ref().map_or(0.0, |i| i[at]);
                *value = (*value + f64::from(own)).max(0.0);
                if is_affine {
                    let channel = at % output;
                    *value = *value * f64::from(scale[channel]) + f64::from(shift[channel]);
                }
            }
            if is_pooled {
                expected = reference_pooling(&expected, out);
            }
            let conv = WinogradConv::new(lowering::Conv {
                weight: weight.clone(),
                bias: bias.clone(),
                input,
                padding,
                residual: Residual::None,
                affine: is_affine.then(|| (scale.clone(), shift.clone())),
                is_pooled,
            });
            let residual = residual.as_deref();
            let stored = conv.run(&image, shape, residual, &mut scratch, &mut ours);
            assert_eq!(stored.count(), ours.len());
            assert_close(
                &ours,
                &expected,
                &alloc::format!("{rows}x{columns}, case {case}"),
            );
        }
    }
}

#[test]
fn the_direct_convolution_and_the_stem_match_the_definition() {
    for (rows, columns) in SIZES {
        for (input, output) in [(1, 32), (5, 8), (16, 24)] {
            let shape = Shape {
                rows,
                columns,
                channels: input,
            };
            let image = numbers(shape.count(), columns);
            let (weight, bias) = (numbers(output * input * 9, 6), numbers(output, 7));
            let (expected, out) = reference_conv(&weight, &bias, &image, shape, Padding::Valid);
            let expected: Vec<f64> = expected.iter().map(|v| v.max(0.0)).collect();
            let mut ours = Vec::new();
            assert_eq!(
                DirectConv::new(&weight, &bias, input).run(&image, shape, &mut ours),
                out
            );
            assert_close(&ours, &expected, "direct");
            if input == 1 {
                let stem = StemConv::new(&weight, &bias);
                assert_eq!(stem.run(&image, shape, &mut ours), out.pooled());
                assert_close(&ours, &reference_pooling(&expected, out), "stem");
            }
        }
    }
}

#[test]
fn a_dense_layer_matches_the_definition_with_any_number_of_zeros() {
    let (input, output) = (37, 10);
    let (weight, bias) = (numbers(input * output, 8), numbers(output, 9));
    for nonzero in [0, 1, 3, 4, 7, 37] {
        let mut values = vec![0.0; input];
        values[input - nonzero..].copy_from_slice(&numbers(nonzero, 10 + nonzero));
        let expected = (0..output).map(|o| {
            let products =
                (0..input).map(|i| f64::from(values[i]) * f64::from(weight[i * output + o]));
            (f64::from(bias[o]) + products.sum::<f64>()).max(0.0)
        });
        let expected: Vec<f64> = expected.collect();
        let dense = Dense::new(lowering::Dense {
            weight: weight.clone(),
            bias: bias.clone(),
            relu: true,
        });
        let ours = dense.run(&values);
        assert_close(&ours, &expected, &alloc::format!("{nonzero} nonzero"));
    }
}

/// A weights file of zeros, except for the variances.
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
        tensors: tensors.chain([Tensor::temperature(1.0)]).collect(),
    }
}

#[test]
fn rejects_weights_that_lead_to_infinite_or_undefined_values() {
    let error = |variance| Plan::new(ModelId::Resnet, &artifact(ModelId::Resnet, variance)).err();
    assert_eq!(error(1.0), None);
    let expected = Some(ModelError::NotFinite("resnet".into()));
    assert_eq!(error(f32::NAN), expected);
    assert_eq!(error(-1.0), expected);
    // No weight overflows by itself; the sums of a layer do.
    let mut large = artifact(ModelId::Cnn, 1.0);
    let weights = large
        .tensors
        .iter_mut()
        .filter(|t| t.name.ends_with("weight"));
    weights.for_each(|t| t.values.iter_mut().for_each(|w| *w = 1e12));
    let error = Plan::new(ModelId::Cnn, &large).err();
    assert_eq!(error, Some(ModelError::NotFinite("cnn".into())));
}

#[test]
fn rejects_another_model_s_weights_and_missing_tensors() {
    let mut cnn = artifact(ModelId::Cnn, 1.0);
    let other = Plan::new(ModelId::Resnet, &cnn).err().unwrap();
    assert!(matches!(other, ModelError::OtherModel { .. }), "{other}");
    cnn.tensors.retain(|t| t.name != "7.bias");
    let missing = Plan::new(ModelId::Cnn, &cnn).err().unwrap();
    assert!(missing.to_string().contains("7.bias"), "{missing}");
}
