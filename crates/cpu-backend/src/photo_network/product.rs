//! Matrix products of any size, by the crate `gemm`.

use gemm::Parallelism;

/// A matrix in a slice, row by row, or the transposed of one.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    is_transposed: bool,
}

impl<'a> Matrix<'a> {
    /// A matrix of rows with that many columns.
    pub fn new(values: &'a [f32], columns: usize) -> Self {
        assert_eq!(values.len() % columns, 0);
        Self {
            values,
            rows: values.len() / columns,
            columns,
            is_transposed: false,
        }
    }

    /// The transposed matrix.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            is_transposed: !self.is_transposed,
            ..self
        }
    }

    /// The distances in the slice from a column to the next, and from a row to the next.
    fn strides(&self) -> [isize; 2] {
        if self.is_transposed {
            [self.rows as isize, 1]
        } else {
            [1, self.columns as isize]
        }
    }
}

/// `result = left * right`, added to the old result where `keeps`; `result` is stored row by row.
///
/// # Panics
/// The sizes do not match.
fn multiply(left: Matrix, right: Matrix, result: &mut [f32], keeps: bool) {
    assert_eq!(left.columns, right.rows);
    assert_eq!(result.len(), left.rows * right.columns);
    let [left_column, left_row] = left.strides();
    let [right_column, right_row] = right.strides();
    // SAFETY: the matrices lie within their slices: rows x columns values with these strides, as `Matrix::new` and the
    // assertions above checked; and `result` overlaps neither.
    unsafe {
        gemm::gemm(
            left.rows,
            right.columns,
            left.columns,
            result.as_mut_ptr(),
            1,
            right.columns as isize,
            keeps,
            left.values.as_ptr(),
            left_column,
            left_row,
            right.values.as_ptr(),
            right_column,
            right_row,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// `result = left * right`.
pub fn product(left: Matrix, right: Matrix, result: &mut [f32]) {
    multiply(left, right, result, false);
}

/// `result += left * right`.
pub fn add_product(left: Matrix, right: Matrix, result: &mut [f32]) {
    multiply(left, right, result, true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_transposed_matrices() {
        // [[1, 2, 3], [4, 5, 6]] and its transposed.
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let matrix = Matrix::new(&values, 3);
        let mut square = [1.0; 4];
        add_product(matrix, matrix.transposed(), &mut square);
        assert_eq!(square, [15.0, 33.0, 33.0, 78.0]);
        let mut square = [0.0; 9];
        product(matrix.transposed(), matrix, &mut square);
        assert_eq!(
            square,
            [17.0, 22.0, 27.0, 22.0, 29.0, 36.0, 27.0, 36.0, 45.0]
        );
    }
}
