//! Direct 3x3 convolution, for small images: loading Winograd's transformed weights, four times as many, would take longer there
//! than it saves.
//!
//! The sums of several pixels x eight output channels stay in registers during the loop over the taps.

use alloc::vec::Vec;

use super::gemm::{BLOCK, halves, pack};
use crate::model::layer::Padding;
use crate::model::shape::Shape;
use crate::simd::F32x4;

/// A convolution without padding, followed by ReLU.
pub struct DirectConv {
    /// `[output / 8][ky][kx][input][8]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: usize,
}

impl DirectConv {
    /// Packs `weight` `[output, input, 3, 3]` and `bias` `[output]`; `output` is a multiple of eight.
    pub fn new(weight: &[f32], bias: &[f32], input: usize) -> Self {
        let output = bias.len();
        // [ky][kx][input][output]
        let taps = (0..9).flat_map(|tap| {
            (0..input)
                .flat_map(move |i| (0..output).map(move |o| weight[(o * input + i) * 9 + tap]))
        });
        Self {
            weight: pack(&taps.collect::<Vec<_>>(), output),
            bias: bias.to_vec(),
            input,
        }
    }

    /// Convolves `image` of `shape` into `result` and returns the result's shape.
    ///
    /// # Shapes
    /// `[rows, columns, input]` to `[rows - 2, columns - 2, output]`.
    pub fn run(&self, image: &[f32], shape: Shape, result: &mut Vec<f32>) -> Shape {
        let out = shape.convolved(Padding::Valid, self.bias.len());
        result.resize(out.count(), 0.0);
        let window_row = 3 * self.input;
        for (b, weight) in self.weight.chunks_exact(3 * window_row * BLOCK).enumerate() {
            for y in 0..out.rows {
                let rows: [&[f32]; 3] = core::array::from_fn(|ky| {
                    let row = shape.columns * self.input;
                    &image[(y + ky) * row..][..row]
                });
                let mut store = |x: usize, sums: &[[F32x4; 2]]| {
                    for (p, sum) in sums.iter().enumerate() {
                        let at = (y * out.columns + x + p) * out.channels + b * BLOCK;
                        for (half, &sum) in sum.iter().enumerate() {
                            let value = sum.max(F32x4::splat(0.0)).to_array();
                            result[at + 4 * half..][..4].copy_from_slice(&value);
                        }
                    }
                };
                let mut x = 0;
                while x < out.columns {
                    match out.columns - x {
                        6.. => {
                            store(x, &self.window_sums::<6>(rows, x, b, weight));
                            x += 6;
                        }
                        3.. => {
                            store(x, &self.window_sums::<3>(rows, x, b, weight));
                            x += 3;
                        }
                        _ => {
                            store(x, &self.window_sums::<1>(rows, x, b, weight));
                            x += 1;
                        }
                    }
                }
            }
        }
        out
    }

    /// The sums of `P` adjacent pixels from column `x`, for one block of eight output channels.
    #[inline(always)]
    fn window_sums<const P: usize>(
        &self,
        rows: [&[f32]; 3],
        x: usize,
        block: usize,
        weight: &[f32],
    ) -> [[F32x4; 2]; P] {
        let bias = [0, 4].map(|half| F32x4::load_at(&self.bias, block * BLOCK + half));
        let mut sums = [bias; P];
        let window_row = 3 * self.input;
        let (weight, _) = weight.as_chunks::<BLOCK>();
        for (row, weight) in rows.iter().zip(weight.chunks_exact(window_row)) {
            // Each pixel's window in this row: three columns.
            let taps: [&[f32]; P] =
                core::array::from_fn(|p| &row[(x + p) * self.input..][..window_row]);
            for (j, weight) in weight.iter().enumerate() {
                let [low, high] = halves(weight);
                for p in 0..P {
                    let value = F32x4::splat(taps[p][j]);
                    sums[p][0] = sums[p][0].add_product(value, low);
                    sums[p][1] = sums[p][1].add_product(value, high);
                }
            }
        }
        sums
    }
}
