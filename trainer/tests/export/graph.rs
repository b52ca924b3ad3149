//! An ONNX graph, run by the plainest code there is.

use std::collections::HashMap;

use shared::Grey28;
use trainer::export::{INPUT, OUTPUT};

use crate::wire::{Held, attribute, each};

/// A value with its shape, batch left out.
type Value = (Vec<usize>, Vec<f32>);

/// Output `[o, y, x]` is what `at(o, y, x)` says.
fn planes(shape: [usize; 3], at: impl Fn(usize, usize, usize) -> f32) -> Value {
    let [channels, rows, columns] = shape;
    let mut values = Vec::new();
    for o in 0..channels {
        for y in 0..rows {
            values.extend((0..columns).map(|x| at(o, y, x)));
        }
    }
    (shape.to_vec(), values)
}

/// What a node makes of its inputs, as the ONNX specification says it.
fn run(node: &[u8], inputs: &[&Value]) -> Value {
    let (shape, x) = inputs[0];
    let plane = |c: usize, row: usize, column: usize| x[(c * shape[1] + row) * shape[2] + column];
    match each(node, 4)[0].text() {
        "Conv" => {
            let (kernel, w) = inputs[1];
            let pad = attribute(node, "pads", 8)[0].number();
            let size = |side: usize| side + 2 * pad - 2;
            let sum = |o: usize, y: usize, x: usize| {
                let mut sum = inputs[2].1[o];
                for (c, ky, kx) in (0..kernel[1] * 9).map(|t| (t / 9, t / 3 % 3, t % 3)) {
                    let (row, column) = (y + ky, x + kx);
                    let inside = |at: usize, side: usize| (pad..side + pad).contains(&at);
                    if inside(row, shape[1]) && inside(column, shape[2]) {
                        let weight = w[((o * kernel[1] + c) * 3 + ky) * 3 + kx];
                        sum += weight * plane(c, row - pad, column - pad);
                    }
                }
                sum
            };
            planes([kernel[0], size(shape[1]), size(shape[2])], sum)
        }
        "Relu" => (shape.clone(), x.iter().map(|v| v.max(0.0)).collect()),
        "MaxPool" => {
            assert_eq!(attribute(node, "strides", 8).len(), 2);
            planes([shape[0], shape[1] / 2, shape[2] / 2], |c, y, x| {
                let four = [(0, 0), (0, 1), (1, 0), (1, 1)];
                let four = four.map(|(dy, dx)| plane(c, 2 * y + dy, 2 * x + dx));
                four.into_iter().fold(f32::MIN, f32::max)
            })
        }
        "BatchNormalization" => {
            let Held::Float(epsilon) = attribute(node, "epsilon", 2)[0] else {
                panic!()
            };
            let [gamma, beta, mean, variance] = [1, 2, 3, 4].map(|i| &inputs[i].1);
            planes([shape[0], shape[1], shape[2]], |c, y, x| {
                gamma[c] * (plane(c, y, x) - mean[c]) / (variance[c] + epsilon).sqrt() + beta[c]
            })
        }
        "Add" => (
            shape.clone(),
            x.iter().zip(&inputs[1].1).map(|(a, b)| a + b).collect(),
        ),
        "GlobalAveragePool" => {
            let pixels = shape[1] * shape[2];
            let means = x
                .chunks(pixels)
                .map(|c| c.iter().sum::<f32>() / pixels as f32);
            (vec![shape[0], 1, 1], means.collect())
        }
        "Flatten" => (vec![x.len()], x.clone()),
        "Gemm" => {
            let (size, w) = inputs[1];
            let sum = |o: usize| {
                let products = x.iter().zip(w[o..].iter().step_by(size[1]));
                products.map(|(a, b)| a * b).sum::<f32>() + inputs[2].1[o]
            };
            (vec![size[1]], (0..size[1]).map(sum).collect())
        }
        other => panic!("no network here needs {other}"),
    }
}

/// The graph's logits of a picture.
pub fn logits(file: &[u8], picture: &Grey28) -> Vec<f32> {
    let graph = each(file, 7)[0].bytes();
    let mut values: HashMap<&str, Value> = HashMap::new();
    for tensor in each(graph, 5).into_iter().map(Held::bytes) {
        let shape: Vec<usize> = each(tensor, 1).into_iter().map(Held::number).collect();
        let (floats, rest) = each(tensor, 9)[0].bytes().as_chunks::<4>();
        assert!(rest.is_empty() && floats.len() == shape.iter().product::<usize>());
        let floats = floats.iter().map(|b| f32::from_le_bytes(*b)).collect();
        values.insert(each(tensor, 8)[0].text(), (shape, floats));
    }
    values.insert(INPUT, (vec![1, 28, 28], picture.standardised().to_vec()));
    for node in each(graph, 1).into_iter().map(Held::bytes) {
        let inputs: Vec<&Value> = each(node, 1)
            .iter()
            .map(|name| &values[name.text()])
            .collect();
        let made = run(node, &inputs);
        values.insert(each(node, 2)[0].text(), made);
    }
    values[OUTPUT].1.clone()
}
