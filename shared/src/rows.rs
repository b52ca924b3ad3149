//! The rows of a matrix, laid out for their dot products with vectors: four rows are computed at a time.

use alloc::{vec, vec::Vec};

use crate::simd::F32x4;

/// Rows that are computed together.
const LANES: usize = 4;
/// Partial sums of a row's product: as in [`crate::simd::dot`], which gives the same bits.
const PARTS: usize = 16;
/// Rows that are multiplied with one vector before the next vector.
const TILE: usize = 256;

/// The rows of a matrix.
#[derive(Clone)]
pub struct Rows {
    /// For each four rows: their first values, their second values, and so on. The last four are filled up with zeros.
    blocks: Vec<[f32; LANES]>,
    count: usize,
    dimensions: usize,
}

impl Rows {
    /// The rows of a matrix.
    ///
    /// # Shapes
    /// `values` is `[rows, dimensions]`, row-major; there is at least one dimension.
    pub fn new(values: &[f32], dimensions: usize) -> Self {
        let count = values.len() / dimensions;
        let mut blocks = vec![[0.0; LANES]; count.div_ceil(LANES) * dimensions];
        for (r, row) in values.chunks_exact(dimensions).enumerate() {
            let block = &mut blocks[r / LANES * dimensions..][..dimensions];
            for (place, value) in block.iter_mut().zip(row) {
                place[r % LANES] = *value;
            }
        }
        Self {
            blocks,
            count,
            dimensions,
        }
    }

    /// The values of one row.
    pub fn row(&self, index: usize) -> impl Iterator<Item = f32> {
        let block = &self.blocks[index / LANES * self.dimensions..][..self.dimensions];
        block.iter().map(move |values| values[index % LANES])
    }

    /// The dot products of all rows with some vectors, with the bits of [`crate::simd::dot`]: `visit` gets the index of a vector, that of a
    /// row, and the products of this row and those after it. Each vector's come in the order of the rows. All vectors are multiplied with
    /// some rows before the next ones, as to read a large matrix from memory takes longer than to multiply it.
    ///
    /// # Shapes
    /// `vectors` is `[vectors, dimensions]`.
    pub fn products(&self, vectors: &[Vec<f32>], mut visit: impl FnMut(usize, usize, &[f32])) {
        let splat = |vector: &Vec<f32>| vector.iter().map(|v| F32x4::splat(*v)).collect();
        let factors: Vec<Vec<F32x4>> = vectors.iter().map(splat).collect();
        let mut products = Vec::with_capacity(TILE);
        for (tile, blocks) in self
            .blocks
            .chunks(TILE / LANES * self.dimensions)
            .enumerate()
        {
            let first = tile * TILE;
            for (vector, factors) in factors.iter().enumerate() {
                products.clear();
                for block in blocks.chunks_exact(self.dimensions) {
                    products.extend(block_products(block, factors));
                }
                visit(vector, first, &products[..TILE.min(self.count - first)]);
            }
        }
    }
}

/// The products of four rows. Every sum has the order of [`crate::simd::dot`]: sixteen partial sums of every sixteenth value; the last
/// values, fewer than sixteen, are added to the first four of them by fours; the last ones of all, fewer than four, at the end.
#[inline]
fn block_products(block: &[[f32; LANES]], factors: &[F32x4]) -> [f32; LANES] {
    let (head, tail) = block.split_at(block.len() / PARTS * PARTS);
    let (head_factors, tail_factors) = factors.split_at(head.len());
    let rest = tail.len() / LANES * LANES;
    let zero = F32x4::splat(0.0);
    let mut sum = zero;
    // Half of the sixteen sums at a time, as processors have sixteen registers.
    for lanes in [[0, 1], [2, 3]] {
        let mut parts = [[zero; PARTS / LANES]; 2];
        let pairs = head.chunks_exact(PARTS);
        for (values, factors) in pairs.zip(head_factors.chunks_exact(PARTS)) {
            for (parts, lane) in parts.iter_mut().zip(lanes) {
                for (i, part) in parts.iter_mut().enumerate() {
                    let at = i * LANES + lane;
                    *part = part.add_product(F32x4::load(&values[at]), factors[at]);
                }
            }
        }
        for (parts, lane) in parts.iter_mut().zip(lanes) {
            for at in (lane..rest).step_by(LANES) {
                parts[0] = parts[0].add_product(F32x4::load(&tail[at]), tail_factors[at]);
            }
            sum = sum + (parts[0] + parts[1] + parts[2] + parts[3]);
        }
    }
    let mut last = zero;
    for (values, factor) in tail[rest..].iter().zip(&tail_factors[rest..]) {
        last = last.add_product(F32x4::load(values), *factor);
    }
    (sum + last).to_array()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::dot;

    /// Values whose sum depends on the order in which they are added.
    fn values(count: usize) -> Vec<f32> {
        let value = |i: usize| ((i * 7919 + 13) % 1009) as f32 / 97.0 - 5.0;
        (0..count).map(value).collect()
    }

    #[test]
    fn products_have_the_bits_of_dot() {
        for dimensions in [1, 3, 4, 15, 16, 23, 48, 96, 99] {
            for count in [1, 4, 11, 2 * TILE + 3] {
                let matrix = values(count * dimensions);
                let rows = Rows::new(&matrix, dimensions);
                let vectors =
                    [1, 2].map(|n| values(n * dimensions).split_off((n - 1) * dimensions));
                let mut products = [Vec::new(), Vec::new()];
                rows.products(&vectors, |vector, first, found| {
                    assert_eq!(products[vector].len(), first);
                    products[vector].extend_from_slice(found);
                });
                for (products, vector) in products.iter().zip(&vectors) {
                    let expected = matrix.chunks_exact(dimensions).map(|r| dot(r, vector));
                    assert!(
                        products.iter().copied().eq(expected),
                        "{count} rows of {dimensions}"
                    );
                }
                for (i, row) in matrix.chunks_exact(dimensions).enumerate() {
                    assert!(rows.row(i).eq(row.iter().copied()), "row {i}");
                }
            }
        }
    }
}
