//! Dense layers: forward, and backward for Grad-CAM.

use alloc::vec::Vec;

use crate::model::lowering;
use crate::shuffle::Shuffle;
use crate::simd::dot;

/// A dense layer.
pub struct Dense {
    /// `[input, output]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    relu: bool,
}

impl Dense {
    pub fn new(dense: lowering::Dense) -> Self {
        let lowering::Dense { weight, bias, relu } = dense;
        Self { weight, bias, relu }
    }

    /// `[input]` to `[output]`.
    pub fn run(&self, input: &[f32]) -> Vec<f32> {
        let mut output = self.sums(input);
        if self.relu {
            for value in &mut output {
                *value = value.max(0.0);
            }
        }
        output
    }

    /// The output before the ReLU.
    pub fn sums(&self, input: &[f32]) -> Vec<f32> {
        let mut output = self.bias.clone();
        let rows = input.iter().zip(self.weight.chunks_exact(output.len()));
        // After a ReLU about half of the inputs are zero. The others are added four at a time, so that the sums are loaded and
        // stored once for all four.
        let mut nonzero = rows.filter(|(value, _)| **value != 0.0);
        loop {
            let four = [
                nonzero.next(),
                nonzero.next(),
                nonzero.next(),
                nonzero.next(),
            ];
            let [Some(a), Some(b), Some(c), Some(d)] = four else {
                for (value, row) in four.into_iter().flatten() {
                    add_rows(&mut output, [(value, row)]);
                }
                break;
            };
            add_rows(&mut output, [a, b, c, d]);
        }
        output
    }

    /// The same with its weights in another order.
    pub fn shuffled(&self, order: &mut Shuffle) -> Self {
        let mut weight = self.weight.clone();
        order.shuffle(&mut weight);
        Self {
            weight,
            bias: self.bias.clone(),
            relu: self.relu,
        }
    }

    /// The gradient with respect to the input, from the gradient with respect to the output and the output itself.
    pub fn backward(&self, gradient: &[f32], output: &[f32]) -> Vec<f32> {
        let mut gradient = gradient.to_vec();
        if self.relu {
            for (g, &value) in gradient.iter_mut().zip(output) {
                if value <= 0.0 {
                    *g = 0.0;
                }
            }
        }
        self.backward_sums(&gradient)
    }

    /// The weights `[input, output]`, and the bias.
    pub fn parameters(&self) -> (&[f32], &[f32]) {
        (&self.weight, &self.bias)
    }

    /// Whether a ReLU follows the sums.
    pub fn has_relu(&self) -> bool {
        self.relu
    }

    /// The gradient with respect to the input, from the gradient with respect to the sums before the ReLU.
    pub fn backward_sums(&self, gradient: &[f32]) -> Vec<f32> {
        self.weight
            .chunks_exact(gradient.len())
            .map(|row| dot(row, gradient))
            .collect()
    }
}

/// Adds each row times its value.
#[inline(always)]
fn add_rows<const N: usize>(sums: &mut [f32], rows: [(&f32, &[f32]); N]) {
    let rows = rows.map(|(value, row)| (*value, &row[..sums.len()]));
    for (i, sum) in sums.iter_mut().enumerate() {
        for (value, row) in &rows {
            *sum += value * row[i];
        }
    }
}
