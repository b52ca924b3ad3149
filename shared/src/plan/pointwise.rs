//! Pointwise (1x1) convolution: a matrix product whose bias, residual connection and ReLU6 are applied before it is stored.

use alloc::vec::Vec;

use super::gemm::{BLOCK, ROWS, halves, pack};
use crate::simd::F32x4;

/// A pointwise convolution with packed weights.
pub struct PointwiseConv {
    /// `[output / 8][input][8]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: usize,
    /// The range of the output: 0 to 6 for ReLU6.
    range: [f32; 2],
}

impl PointwiseConv {
    /// Packs `weight` `[output, input]` and `bias` `[output]`; `output` is a multiple of eight.
    pub fn new(weight: &[f32], bias: &[f32], relu6: bool) -> Self {
        let output = bias.len();
        let input = weight.len() / output;
        let transposed = (0..input).flat_map(|i| (0..output).map(move |o| weight[o * input + i]));
        Self {
            weight: pack(&transposed.collect::<Vec<_>>(), output),
            bias: bias.to_vec(),
            input,
            range: if relu6 {
                [0.0, 6.0]
            } else {
                [f32::NEG_INFINITY, f32::INFINITY]
            },
        }
    }

    /// `[pixels, input]` to `[pixels, output]`; `added` is added to the output.
    pub fn run(&self, pixels: &[f32], added: Option<&[f32]>, result: &mut Vec<f32>) {
        let output = self.bias.len();
        let rows = pixels.len() / self.input;
        result.resize(rows * output, 0.0);
        for (block, weight) in self.weight.chunks_exact(self.input * BLOCK).enumerate() {
            let (weight, _) = weight.as_chunks::<BLOCK>();
            let mut row = 0;
            while row < rows {
                let tile = Tile {
                    weight,
                    row,
                    first: block * BLOCK,
                };
                row += match rows - row {
                    ROWS.. => self.tile::<ROWS>(tile, pixels, added, result),
                    3.. => self.tile::<3>(tile, pixels, added, result),
                    _ => self.tile::<1>(tile, pixels, added, result),
                };
            }
        }
    }

    /// Computes eight columns of `R` rows of the result, and returns `R`.
    #[inline(always)]
    fn tile<const R: usize>(
        &self,
        tile: Tile,
        pixels: &[f32],
        added: Option<&[f32]>,
        result: &mut [f32],
    ) -> usize {
        let output = self.bias.len();
        let Tile { weight, row, first } = tile;
        let bias = [first, first + 4].map(|at| F32x4::load_at(&self.bias, at));
        let mut sums = [bias; R];
        let rows: [&[f32]; R] =
            core::array::from_fn(|r| &pixels[(row + r) * self.input..][..weight.len()]);
        for (i, weight) in weight.iter().enumerate() {
            let [low, high] = halves(weight);
            for r in 0..R {
                let value = F32x4::splat(rows[r][i]);
                sums[r][0] = sums[r][0].add_product(value, low);
                sums[r][1] = sums[r][1].add_product(value, high);
            }
        }
        let [floor, ceiling] = self.range.map(F32x4::splat);
        for (r, sums) in sums.iter().enumerate() {
            let at = (row + r) * output + first;
            for (half, &sum) in sums.iter().enumerate() {
                let at = at + 4 * half;
                let sum = match added {
                    Some(added) => sum + F32x4::load_at(added, at),
                    None => sum,
                };
                let value = sum.max(floor).min(ceiling);
                result[at..at + 4].copy_from_slice(&value.to_array());
            }
        }
        R
    }
}

/// Where a tile of the result begins, and its block of weights.
struct Tile<'a> {
    weight: &'a [[f32; BLOCK]],
    row: usize,
    first: usize,
}
