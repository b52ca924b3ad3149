//! 3x3 convolution: several pixels x eight output channels stay in registers while the taps run past.

use alloc::{vec, vec::Vec};

use super::Shape;
use crate::model::Padding;
use crate::simd::F32x4;

/// Output channels computed together; two vectors.
const BLOCK: usize = 8;
/// Output pixels computed together: with two vectors each, two of weights and one splat, they fill the
/// sixteen registers.
const PIXELS: usize = 6;

/// What happens to a sum before it is stored.
pub enum After {
    Relu,
    /// ReLU, then a scale and a shift of each channel.
    ReluThenAffine {
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
}

/// A convolution with packed weights.
pub struct Conv {
    /// `[output / 8][ky][kx][input][8]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: usize,
    output: usize,
    padding: Padding,
    after: After,
}

impl Conv {
    /// Packs `weight` `[output, input, 3, 3]` and `bias` `[output]`; `output` is a multiple of eight.
    pub fn new(weight: &[f32], bias: &[f32], input: usize, padding: Padding, after: After) -> Self {
        let output = bias.len();
        let mut packed = Vec::with_capacity(weight.len());
        for block in (0..output).step_by(BLOCK) {
            for tap in 0..9 {
                for i in 0..input {
                    packed
                        .extend((block..block + BLOCK).map(|o| weight[(o * input + i) * 9 + tap]));
                }
            }
        }
        Self {
            weight: packed,
            bias: bias.to_vec(),
            input,
            output,
            padding,
            after,
        }
    }

    /// `picture` of `shape` to `result`; `identity`, of the result's shape, is added before the ReLU.
    ///
    /// # Shapes
    /// `[rows, columns, input]` to `[rows, columns, output]`, two rows and columns fewer where the padding is valid.
    pub fn run(
        &self,
        picture: &[f32],
        shape: Shape,
        identity: Option<&[f32]>,
        padded: &mut Vec<f32>,
        result: &mut Vec<f32>,
    ) -> Shape {
        let (picture, shape) = match self.padding {
            Padding::Valid => (picture, shape),
            Padding::Same => (
                pad(picture, shape, padded),
                Shape {
                    rows: shape.rows + 2,
                    columns: shape.columns + 2,
                    ..shape
                },
            ),
        };
        let out = Shape {
            rows: shape.rows - 2,
            columns: shape.columns - 2,
            channels: self.output,
        };
        result.resize(out.len(), 0.0);
        let window_row = 3 * self.input;
        for (b, weight) in self.weight.chunks_exact(3 * window_row * BLOCK).enumerate() {
            for y in 0..out.rows {
                let rows: [&[f32]; 3] = core::array::from_fn(|ky| {
                    let row = shape.columns * self.input;
                    &picture[(y + ky) * row..][..row]
                });
                let mut place = |x: usize, sums: &[[F32x4; 2]]| {
                    for (p, sum) in sums.iter().enumerate() {
                        let at = (y * out.columns + x + p) * self.output + b * BLOCK;
                        self.store(sum, b, at, identity, result);
                    }
                };
                let mut x = 0;
                while x < out.columns {
                    let left = out.columns - x;
                    if left >= PIXELS {
                        place(x, &self.window::<PIXELS>(rows, x, b, weight));
                        x += PIXELS;
                    } else if left >= 3 {
                        place(x, &self.window::<3>(rows, x, b, weight));
                        x += 3;
                    } else {
                        place(x, &self.window::<1>(rows, x, b, weight));
                        x += 1;
                    }
                }
            }
        }
        out
    }

    /// The sums of `P` neighbouring pixels from column `x`, for one block of eight output channels.
    #[inline(always)]
    fn window<const P: usize>(
        &self,
        rows: [&[f32]; 3],
        x: usize,
        block: usize,
        weight: &[f32],
    ) -> [[F32x4; 2]; P] {
        let (bias, _) = self.bias[block * BLOCK..].as_chunks::<4>();
        let mut sums = [[F32x4::load(&bias[0]), F32x4::load(&bias[1])]; P];
        let window_row = 3 * self.input;
        let (weight, _) = weight.as_chunks::<BLOCK>();
        for (row, weight) in rows.iter().zip(weight.chunks_exact(window_row)) {
            // For each pixel, the three columns of this row of its window.
            let taps: [&[f32]; P] =
                core::array::from_fn(|p| &row[(x + p) * self.input..][..window_row]);
            for (j, weight) in weight.iter().enumerate() {
                let (low, high) = weight.split_at(4);
                let low = F32x4::load(&[low[0], low[1], low[2], low[3]]);
                let high = F32x4::load(&[high[0], high[1], high[2], high[3]]);
                for p in 0..P {
                    let value = F32x4::splat(taps[p][j]);
                    sums[p][0] = sums[p][0].add_product(value, low);
                    sums[p][1] = sums[p][1].add_product(value, high);
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn store(
        &self,
        sum: &[F32x4; 2],
        block: usize,
        at: usize,
        identity: Option<&[f32]>,
        result: &mut [f32],
    ) {
        let (targets, _) = result[at..at + BLOCK].as_chunks_mut::<4>();
        for (half, (target, &sum)) in targets.iter_mut().zip(sum).enumerate() {
            let zero = F32x4::splat(0.0);
            let channel = block * BLOCK + half * 4;
            let mut sum = sum;
            if let Some(identity) = identity {
                let identity = quarter(identity, at + half * 4);
                sum = sum.add_product(identity, F32x4::splat(1.0));
            }
            let mut value = sum.max(zero);
            if let After::ReluThenAffine { scale, shift } = &self.after {
                value = quarter(shift, channel).add_product(value, quarter(scale, channel));
            }
            *target = value.to_array();
        }
    }
}

#[inline(always)]
fn quarter(values: &[f32], at: usize) -> F32x4 {
    let v = &values[at..at + 4];
    F32x4::load(&[v[0], v[1], v[2], v[3]])
}

/// A border of one pixel of zeros.
fn pad<'a>(picture: &[f32], shape: Shape, padded: &'a mut Vec<f32>) -> &'a [f32] {
    let row = shape.columns * shape.channels;
    let wide = row + 2 * shape.channels;
    padded.clear();
    padded.extend(vec![0.0; wide * (shape.rows + 2)]);
    for (y, from) in picture.chunks_exact(row).enumerate() {
        let at = (y + 1) * wide + shape.channels;
        padded[at..at + row].copy_from_slice(from);
    }
    padded
}
