//! Matrix multiplication (GEMM) with a packed right-hand side: tiles of six rows x eight columns stay in registers.

use alloc::vec::Vec;

use crate::simd::F32x4;

/// Columns of a register tile: two vectors.
pub const BLOCK: usize = 8;
/// Rows of a register tile: with two vectors each, two of weights and one splat they fill 16 registers.
pub const ROWS: usize = 6;

/// Packs `[input, output]` as `[output / 8][input][8]`; `output` is a multiple of eight.
pub fn pack(matrix: &[f32], output: usize) -> Vec<f32> {
    let blocks = (0..output).step_by(BLOCK);
    let packed = blocks.flat_map(|block| {
        matrix
            .chunks_exact(output)
            .flat_map(move |row| &row[block..block + BLOCK])
    });
    packed.copied().collect()
}

/// `[rows, input]` times a packed `[input, output]` into `[rows, output]`.
pub fn multiply(rows: &[f32], input: usize, weight: &[f32], result: &mut [f32], output: usize) {
    for (block, weight) in weight.chunks_exact(input * BLOCK).enumerate() {
        let (weight, _) = weight.as_chunks::<BLOCK>();
        let mut rows = rows;
        let mut result = &mut result[..];
        while !rows.is_empty() {
            let count = match rows.len() / input {
                ROWS.. => ROWS,
                4.. => 4,
                left => left,
            };
            let (now, rest) = rows.split_at(count * input);
            let (out, later) = core::mem::take(&mut result).split_at_mut(count * output);
            let out = Columns {
                values: out,
                first: block * BLOCK,
                output,
            };
            match count {
                ROWS => tile::<ROWS>(now, weight, out),
                4 => tile::<4>(now, weight, out),
                3 => tile::<3>(now, weight, out),
                2 => tile::<2>(now, weight, out),
                _ => tile::<1>(now, weight, out),
            }
            (rows, result) = (rest, later);
        }
    }
}

/// Eight columns of a few rows of the result.
struct Columns<'a> {
    values: &'a mut [f32],
    first: usize,
    output: usize,
}

#[inline(always)]
fn tile<const R: usize>(rows: &[f32], weight: &[[f32; BLOCK]], out: Columns) {
    let mut sums = [[F32x4::splat(0.0); 2]; R];
    let input = weight.len();
    let rows: [&[f32]; R] = core::array::from_fn(|r| &rows[r * input..][..input]);
    for (i, weight) in weight.iter().enumerate() {
        let [low, high] = halves(weight);
        for r in 0..R {
            let value = F32x4::splat(rows[r][i]);
            sums[r][0] = sums[r][0].add_product(value, low);
            sums[r][1] = sums[r][1].add_product(value, high);
        }
    }
    for (sums, row) in sums.iter().zip(out.values.chunks_exact_mut(out.output)) {
        let target = &mut row[out.first..out.first + BLOCK];
        target[..4].copy_from_slice(&sums[0].to_array());
        target[4..].copy_from_slice(&sums[1].to_array());
    }
}

/// A block of weights as two vectors.
#[inline(always)]
pub fn halves(weight: &[f32; BLOCK]) -> [F32x4; 2] {
    let [a, b, c, d, e, f, g, h] = *weight;
    [F32x4::load(&[a, b, c, d]), F32x4::load(&[e, f, g, h])]
}
