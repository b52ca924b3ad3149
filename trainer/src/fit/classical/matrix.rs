//! Rows of numbers, and the few products of them that fitting needs.

use ndarray::{Array2, ArrayView2, aview2};
use rayon::prelude::*;

/// Rows of a product that one thread makes at a time: the result does not depend on how many threads there are.
const ROWS: usize = 1024;

/// A dense matrix, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// Numbers a row; not 0.
    pub columns: usize,
    /// `[rows, columns]`.
    pub values: Vec<f32>,
}

impl Matrix {
    /// One row for each of `items`, made on all of rayon's threads.
    pub fn from_rows<T: Sync>(
        items: &[T],
        columns: usize,
        row: impl Fn(&T) -> Vec<f32> + Sync,
    ) -> Self {
        let mut values = vec![0.0; items.len() * columns];
        let places = values.par_chunks_mut(columns).zip(items);
        places.for_each(|(place, item)| place.copy_from_slice(&row(item)));
        Self { columns, values }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.columns)
    }

    /// The first `count` rows, or all.
    pub fn first(&self, count: usize) -> Self {
        let end = (count * self.columns).min(self.values.len());
        Self {
            columns: self.columns,
            values: self.values[..end].to_vec(),
        }
    }

    /// The mean of each column.
    pub fn mean(&self) -> Vec<f32> {
        let mut sums = vec![0.0_f64; self.columns];
        for row in self.rows() {
            for (sum, &v) in sums.iter_mut().zip(row) {
                *sum += f64::from(v);
            }
        }
        let many = self.len().max(1) as f64;
        sums.iter().map(|s| (s / many) as f32).collect()
    }

    /// `self x other`, where the rows of `other` are its columns' numbers: `[rows, k] x [k, columns]`.
    pub fn product(&self, other: &Array2<f32>) -> Array2<f32> {
        let columns = other.ncols();
        let mut out = vec![0.0; self.len() * columns];
        out.par_chunks_mut(ROWS * columns)
            .zip(self.values.par_chunks(ROWS * self.columns))
            .for_each(|(out, rows)| {
                let product = view(rows, self.columns).dot(other);
                for (place, value) in out.iter_mut().zip(product) {
                    *place = value;
                }
            });
        shaped(out, columns)
    }

    /// `transpose(self) x other`, for another matrix of as many rows: `[columns, other's columns]`.
    pub fn transposed_product(&self, other: &Array2<f32>) -> Array2<f32> {
        let parts: Vec<Array2<f32>> = self
            .values
            .par_chunks(ROWS * self.columns)
            .enumerate()
            .map(|(i, rows)| {
                let rows = view(rows, self.columns);
                let start = i * ROWS;
                let theirs = other.slice(ndarray::s![start..start + rows.nrows(), ..]);
                rows.t().dot(&theirs)
            })
            .collect();
        let zero = Array2::zeros((self.columns, other.ncols()));
        parts.into_iter().fold(zero, |sum, part| sum + part)
    }
}

impl From<Array2<f32>> for Matrix {
    fn from(array: Array2<f32>) -> Self {
        Self {
            columns: array.ncols(),
            values: array.iter().copied().collect(),
        }
    }
}

fn view(values: &[f32], columns: usize) -> ArrayView2<'_, f32> {
    let shape = (values.len() / columns, columns);
    // Rows are whole, so the shape always fits.
    ArrayView2::from_shape(shape, values).unwrap_or_else(|_| aview2::<f32, 0>(&[]))
}

fn shaped(values: Vec<f32>, columns: usize) -> Array2<f32> {
    let shape = (values.len() / columns.max(1), columns);
    Array2::from_shape_vec(shape, values).unwrap_or_else(|_| Array2::zeros((0, columns)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_what_the_definition_says() {
        // More rows than one thread takes at a time.
        let items: Vec<usize> = (0..ROWS + 7).collect();
        let matrix = Matrix::from_rows(&items, 2, |&i| vec![i as f32, 1.0]);
        let by = ndarray::array![[1.0, 2.0, 0.0], [3.0, 0.0, 1.0]];
        let product = matrix.product(&by);
        for i in [0, 5, ROWS, ROWS + 6] {
            let row = i as f32;
            assert_eq!(product.row(i).to_vec(), [row + 3.0, 2.0 * row, 1.0]);
        }
        // Each row weighed by its number: rows must meet their own partners.
        let weights = Array2::from_shape_fn((items.len(), 1), |(i, _)| (i % 3) as f32);
        let sums = matrix.transposed_product(&weights);
        let of =
            |value: fn(usize) -> usize| items.iter().map(|&i| value(i) * (i % 3)).sum::<usize>();
        let expected = [of(|i| i) as f32, of(|_| 1) as f32];
        assert_eq!(sums.column(0).to_vec(), expected);
    }
}
