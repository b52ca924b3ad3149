//! Forward and backward through the convolutions of a network, by their definition: for explanations and the view inside, which need
//! what fused operations do not keep.

use alloc::{vec, vec::Vec};

use crate::model::Padding;
use crate::model::lowering::{self, Residual};
use crate::model::shape::Shape;
use crate::simd::dot;

/// Values closer than this, as a share, are a tie: weights are small whole numbers times a scale, and so are pixels, so that different
/// windows have sums that differ by rounding only.
const TIE: f32 = 1e-5;

/// A fused convolution whose steps are run one after the other.
pub struct SteppedConv {
    /// `[3 * 3][input][output]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: usize,
    padding: Padding,
    residual: Residual,
    affine: Option<(Vec<f32>, Vec<f32>)>,
    is_pooled: bool,
}

/// What a forward pass keeps of a convolution.
pub struct Step {
    /// The shape of the input.
    from: Shape,
    /// The shape of the output before the pooling.
    pub shape: Shape,
    /// After the ReLU and the scale and shift, before the pooling.
    pub activation: Vec<f32>,
    /// Whether the sum of each value passed the ReLU.
    is_positive: Vec<bool>,
    /// With pooling, the index of the largest value of each 2x2 square; in a tie, to which the gradient must be given, the first one.
    largest: Vec<u32>,
}

impl SteppedConv {
    pub fn new(conv: &lowering::Conv) -> Self {
        let output = conv.bias.len();
        let order = (0..9).flat_map(|tap| {
            (0..conv.input)
                .flat_map(move |i| (0..output).map(move |o| (o * conv.input + i) * 9 + tap))
        });
        Self {
            weight: order.map(|at| conv.weight[at]).collect(),
            bias: conv.bias.clone(),
            input: conv.input,
            padding: conv.padding,
            residual: conv.residual,
            affine: conv.affine.clone(),
            is_pooled: conv.is_pooled,
        }
    }

    /// Whether the output is that of a layer of the network's table; the first convolution of a residual block is inside a layer.
    pub fn ends_layer(&self) -> bool {
        self.residual != Residual::Save
    }

    /// Whether the input is kept for the end of the residual block.
    pub fn starts_block(&self) -> bool {
        self.residual == Residual::Save
    }

    /// Whether the block's input is added.
    pub fn ends_block(&self) -> bool {
        self.residual == Residual::Add
    }

    /// The pairs of an output pixel and an input pixel that a tap connects.
    fn connections(
        &self,
        from: Shape,
        to: Shape,
        tap: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        (0..to.rows * to.columns).filter_map(move |pixel| {
            let source = self.source(from, pixel / to.columns, pixel % to.columns, tap);
            source.map(|source| (pixel, source))
        })
    }

    /// The input pixel that a tap reads for an output's row and column; `None` in the border of zeros.
    fn source(&self, from: Shape, row: usize, column: usize, tap: usize) -> Option<usize> {
        // What is outside wraps around to very large numbers.
        let row = (row + tap / 3).wrapping_sub(self.border());
        let column = (column + tap % 3).wrapping_sub(self.border());
        (row < from.rows && column < from.columns).then(|| row * from.columns + column)
    }

    /// The width of the border of zeros.
    pub fn border(&self) -> usize {
        match self.padding {
            Padding::Valid => 0,
            Padding::Same => 1,
        }
    }

    /// The nine values of an input channel that an output's row and column read, and their weights for an output channel.
    pub fn window(
        &self,
        image: &[f32],
        from: Shape,
        [row, column]: [usize; 2],
        [input, output]: [usize; 2],
    ) -> [[f32; 9]; 2] {
        let value = |tap| {
            let source = self.source(from, row, column, tap);
            source.map_or(0.0, |source| image[source * self.input + input])
        };
        let weight = |tap| self.weight[(tap * self.input + input) * self.bias.len() + output];
        [core::array::from_fn(value), core::array::from_fn(weight)]
    }

    /// An output channel's bias.
    pub fn bias(&self, output: usize) -> f32 {
        self.bias[output]
    }

    /// An output channel's scale and shift after the ReLU.
    pub fn affine(&self, output: usize) -> Option<[f32; 2]> {
        let (scale, shift) = self.affine.as_ref()?;
        Some([scale[output], shift[output]])
    }

    pub fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    /// The output, and what the backward pass needs. `added` is the residual block's input.
    pub fn forward(
        &self,
        image: &[f32],
        from: Shape,
        added: Option<&[f32]>,
    ) -> (Vec<f32>, Shape, Step) {
        let output = self.bias.len();
        let shape = from.convolved(self.padding, output);
        let mut values: Vec<f32> = (0..shape.rows * shape.columns)
            .flat_map(|_| self.bias.iter().copied())
            .collect();
        for (tap, weight) in self.weight.chunks_exact(self.input * output).enumerate() {
            for (to, source) in self.connections(from, shape, tap) {
                let sums = &mut values[to * output..][..output];
                let inputs = &image[source * self.input..][..self.input];
                for (value, row) in inputs.iter().zip(weight.chunks_exact(output)) {
                    if *value != 0.0 {
                        for (sum, w) in sums.iter_mut().zip(row) {
                            *sum += value * w;
                        }
                    }
                }
            }
        }
        if let Some(added) = added {
            for (value, own) in values.iter_mut().zip(added) {
                *value += own;
            }
        }
        let is_positive = values.iter().map(|&v| v > 0.0).collect();
        for (i, value) in values.iter_mut().enumerate() {
            *value = value.max(0.0);
            if let Some((scale, shift)) = &self.affine {
                *value = *value * scale[i % output] + shift[i % output];
            }
        }
        let mut step = Step {
            from,
            shape,
            activation: values,
            is_positive,
            largest: Vec::new(),
        };
        if !self.is_pooled {
            return (step.activation.clone(), shape, step);
        }
        let to = shape.pooled();
        step.largest = (0..to.count())
            .map(|at| step.largest_of_square(to, at))
            .collect();
        (step.pooled(), to, step)
    }

    /// From the gradient of a number with respect to the output: with respect to the activation before the pooling, to the input,
    /// and, at the end of a residual block, to what was added.
    pub fn backward(&self, step: &Step, gradient: &[f32]) -> [Vec<f32>; 3] {
        let output = self.bias.len();
        let mut at_activation = vec![0.0; step.shape.count()];
        if self.is_pooled {
            for (&at, gradient) in step.largest.iter().zip(gradient) {
                at_activation[at as usize] = *gradient;
            }
        } else {
            at_activation.copy_from_slice(gradient);
        }
        let mut at_sums = at_activation.clone();
        for (i, (value, is_positive)) in at_sums.iter_mut().zip(&step.is_positive).enumerate() {
            if !is_positive {
                *value = 0.0;
            } else if let Some((scale, _)) = &self.affine {
                *value *= scale[i % output];
            }
        }
        let mut at_input = vec![0.0; step.from.count()];
        for (tap, weight) in self.weight.chunks_exact(self.input * output).enumerate() {
            for (to, source) in self.connections(step.from, step.shape, tap) {
                let gradient = &at_sums[to * output..][..output];
                if gradient.iter().all(|&g| g == 0.0) {
                    continue;
                }
                let inputs = &mut at_input[source * self.input..][..self.input];
                for (sum, row) in inputs.iter_mut().zip(weight.chunks_exact(output)) {
                    *sum += dot(row, gradient);
                }
            }
        }
        [at_activation, at_input, at_sums]
    }
}

impl Step {
    /// The largest value of each 2x2 square; empty without pooling.
    pub fn pooled(&self) -> Vec<f32> {
        let largest = self.largest.iter();
        largest.map(|&at| self.activation[at as usize]).collect()
    }

    /// The index of the largest value of the 2x2 square that an index after the pooling stands for.
    fn largest_of_square(&self, pooled: Shape, at: usize) -> u32 {
        let (pixel, channel) = (at / pooled.channels, at % pooled.channels);
        let (row, column) = (2 * (pixel / pooled.columns), 2 * (pixel % pooled.columns));
        let index =
            |y: usize, x: usize| (y * self.shape.columns + x) * self.shape.channels + channel;
        let four = [
            index(row, column),
            index(row, column + 1),
            index(row + 1, column),
            index(row + 1, column + 1),
        ];
        let value = |i: usize| self.activation[i];
        let largest = four.into_iter().map(value).fold(f32::MIN, f32::max);
        let tie = largest - TIE * (1.0 + largest.abs());
        let first = four.into_iter().find(|&i| value(i) >= tie);
        first.unwrap_or(four[0]) as u32
    }
}
