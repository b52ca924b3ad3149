//! Parallel products of tall matrices, on ndarray's arrays.
//!
//! ndarray multiplies on one thread. Here the rows are divided into blocks of a fixed size; each block is one product of
//! ndarray's, and sums over blocks are added in their order. The result does not depend on the number of threads.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

/// Rows of a block.
const BLOCK: usize = 1024;

/// A matrix with a row for each of `items`, computed in parallel: `[items, columns]`.
pub fn from_rows<T: Sync>(
    items: &[T],
    columns: usize,
    row: impl Fn(&T) -> Vec<f32> + Sync,
) -> Array2<f32> {
    let mut values = vec![0.0; items.len() * columns];
    let rows = values.par_chunks_mut(columns).zip(items);
    rows.for_each(|(slot, item)| slot.copy_from_slice(&row(item)));
    Array2::from_shape_vec((items.len(), columns), values)
        .expect("invariant: the values are items times columns")
}

/// The rows as slices.
pub fn row_slices(matrix: &Array2<f32>) -> Vec<&[f32]> {
    let rows = matrix.rows().into_iter();
    rows.map(|row| row.to_slice().expect("invariant: rows are contiguous"))
        .collect()
}

/// The mean of each column, summed in 64 bits.
pub fn column_means(rows: ArrayView2<f32>) -> Array1<f32> {
    let mut sums = Array1::<f64>::zeros(rows.ncols());
    for row in rows.rows() {
        for (sum, &v) in sums.iter_mut().zip(row) {
            *sum += f64::from(v);
        }
    }
    let count = rows.nrows().max(1) as f64;
    sums.mapv(|s| (s / count) as f32)
}

/// The mean of the columns' variances.
pub fn mean_variance(rows: ArrayView2<f32>) -> f32 {
    let means = column_means(rows);
    let mut sum = 0.0_f64;
    for row in rows.rows() {
        sum += row
            .iter()
            .zip(&means)
            .map(|(v, m)| f64::from((v - m) * (v - m)))
            .sum::<f64>();
    }
    (sum / rows.len().max(1) as f64) as f32
}

/// `a x b`.
///
/// # Shapes
/// `[rows, k] x [k, columns] -> [rows, columns]`.
pub fn product(a: ArrayView2<f32>, b: &Array2<f32>) -> Array2<f32> {
    let mut out = Array2::zeros((a.nrows(), b.ncols()));
    let blocks: Vec<_> = out
        .axis_chunks_iter_mut(Axis(0), BLOCK)
        .zip(a.axis_chunks_iter(Axis(0), BLOCK))
        .collect();
    blocks
        .into_par_iter()
        .for_each(|(mut out, rows)| out.assign(&rows.dot(b)));
    out
}

/// `transpose(a) x b`.
///
/// # Shapes
/// `[rows, k], [rows, columns] -> [k, columns]`.
pub fn transposed_product(a: ArrayView2<f32>, b: &Array2<f32>) -> Array2<f32> {
    let blocks: Vec<_> = a
        .axis_chunks_iter(Axis(0), BLOCK)
        .zip(b.axis_chunks_iter(Axis(0), BLOCK))
        .collect();
    let products: Vec<Array2<f32>> = blocks.into_par_iter().map(|(a, b)| a.t().dot(&b)).collect();
    let zeros = Array2::zeros((a.ncols(), b.ncols()));
    products.into_iter().fold(zeros, |sum, part| sum + part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_match_the_definition() {
        // More rows than a block.
        let items: Vec<usize> = (0..BLOCK + 7).collect();
        let matrix = from_rows(&items, 2, |&i| vec![i as f32, 1.0]);
        let by = ndarray::array![[1.0, 2.0, 0.0], [3.0, 0.0, 1.0]];
        let product = product(matrix.view(), &by);
        for i in [0, 5, BLOCK, BLOCK + 6] {
            let row = i as f32;
            assert_eq!(product.row(i).to_vec(), [row + 3.0, 2.0 * row, 1.0]);
        }
        // A weight for each row, to check that rows are paired correctly.
        let weights = Array2::from_shape_fn((items.len(), 1), |(i, _)| (i % 3) as f32);
        let sums = transposed_product(matrix.view(), &weights);
        let sum_of =
            |value: fn(usize) -> usize| items.iter().map(|&i| value(i) * (i % 3)).sum::<usize>();
        let expected = [sum_of(|i| i) as f32, sum_of(|_| 1) as f32];
        assert_eq!(sums.column(0).to_vec(), expected);
    }
}
