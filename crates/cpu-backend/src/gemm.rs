//! The three matrix products (GEMM) of training: forward, the gradient of the input, and the gradient of the weights.
//!
//! Most of the training time is spent here. A convolution is a product whose left matrix is not stored: each of its rows is read
//! from the input at nine offsets (taps) from the row's start. A dense layer has one tap. The sums of a tile of rows and columns
//! stay in registers. The vectors are as wide as the CPU has them.

use pulp::{Arch, Simd, WithSimd};

/// The number of columns of every matrix is a multiple of this.
pub const COLUMN_BLOCK: usize = 32;

/// `result[row][c] = bias[c] + sum over taps and d of input[starts[row] + tap + d] * weight[tap][d][c]`: the forward
/// pass of a layer.
pub struct GatherGemm<'a> {
    pub input: &'a [f32],
    /// The start of each result row's input.
    pub starts: &'a [u32],
    /// The offset of each tap from the start.
    pub taps: &'a [usize],
    /// Contiguous input values of one tap.
    pub depth: usize,
    /// `[taps, depth, columns]`.
    pub weight: &'a [f32],
    /// `[columns]`.
    pub bias: &'a [f32],
    /// `[rows, columns]`.
    pub result: &'a mut [f32],
}

/// `result[starts[row] + tap + c] += sum over d of input[row][d] * weight[tap][d][c]`: the gradient of a layer's
/// input.
pub struct ScatterGemm<'a> {
    /// `[rows, depth]`.
    pub input: &'a [f32],
    /// The start of each row in the result; under one tap, rows do not overlap.
    pub starts: &'a [u32],
    pub taps: &'a [usize],
    pub depth: usize,
    /// `[taps, depth, columns]`.
    pub weight: &'a [f32],
    pub columns: usize,
    pub result: &'a mut [f32],
}

/// Rows that are contiguous in both matrices.
#[derive(Clone, Copy, Debug)]
pub struct RowRange {
    /// Their start in the left matrix, without a tap's offset.
    pub left: usize,
    /// Their start in the right matrix.
    pub right: usize,
    pub rows: usize,
}

/// `result[tap][d][c] += sum over the rows of left[row + tap + d] * right[row][c]`: the gradient of a layer's weights.
pub struct OuterGemm<'a> {
    pub left: &'a [f32],
    pub right: &'a [f32],
    pub ranges: &'a [RowRange],
    pub taps: &'a [usize],
    /// Values of a row of the left matrix.
    pub depth: usize,
    /// Values of a row of the right matrix.
    pub columns: usize,
    /// `[taps, depth, columns]`.
    pub result: &'a mut [f32],
}

impl GatherGemm<'_> {
    /// Computes the product.
    ///
    /// # Panics
    /// The lengths of the slices do not match.
    pub fn run(self) {
        self.run_on(Arch::new());
    }

    fn run_on(self, arch: Arch) {
        let columns = self.bias.len();
        assert_eq!(columns % COLUMN_BLOCK, 0);
        assert_eq!(self.weight.len(), self.taps.len() * self.depth * columns);
        assert_eq!(self.result.len(), self.starts.len() * columns);
        assert!(furthest(self.starts, self.taps) + self.depth <= self.input.len());
        arch.dispatch(self);
    }
}

impl ScatterGemm<'_> {
    /// Computes the product.
    ///
    /// # Panics
    /// The lengths of the slices do not match.
    pub fn run(self) {
        self.run_on(Arch::new());
    }

    fn run_on(self, arch: Arch) {
        assert_eq!(self.columns % COLUMN_BLOCK, 0);
        assert_eq!(
            self.weight.len(),
            self.taps.len() * self.depth * self.columns
        );
        assert_eq!(self.input.len(), self.starts.len() * self.depth);
        assert!(furthest(self.starts, self.taps) + self.columns <= self.result.len());
        arch.dispatch(self);
    }
}

impl OuterGemm<'_> {
    /// Computes the product.
    ///
    /// # Panics
    /// The lengths of the slices do not match.
    pub fn run(self) {
        self.run_on(Arch::new());
    }

    fn run_on(self, arch: Arch) {
        assert_eq!(self.columns % COLUMN_BLOCK, 0);
        assert_eq!(
            self.result.len(),
            self.taps.len() * self.depth * self.columns
        );
        let tap = self.taps.iter().max().copied().unwrap_or(0);
        for range in self.ranges {
            assert!(range.left + tap + range.rows * self.depth <= self.left.len());
            assert!(range.right + range.rows * self.columns <= self.right.len());
        }
        arch.dispatch(self);
    }
}

fn furthest(starts: &[u32], taps: &[usize]) -> usize {
    let start = starts.iter().max().copied().unwrap_or(0);
    start as usize + taps.iter().max().copied().unwrap_or(0)
}

/// Runs a product with the tile size that fits the CPU's registers.
macro_rules! tiled {
    ($simd:ident, $job:expr) => {
        match $simd.lanes() {
            // AVX-512 has 32 registers; 24 hold sums.
            16 => $job.tiles::<S, 12, 2>($simd),
            // AVX2 has 16; 12 hold sums.
            8 => $job.tiles::<S, 6, 2>($simd),
            // NEON has 32 of four numbers; 24 hold sums.
            4 => $job.tiles::<S, 6, 4>($simd),
            _ => $job.tiles::<S, 1, 8>($simd),
        }
    };
}

/// Calls a tile's function with its number of rows, at most twelve, as a constant.
macro_rules! by_rows {
    ($rows:expr, $function:ident::<$s:ident, _, $n:ident>($($argument:expr),*)) => {
        match $rows {
            12 => $function::<$s, 12, $n>($($argument),*),
            11 => $function::<$s, 11, $n>($($argument),*),
            10 => $function::<$s, 10, $n>($($argument),*),
            9 => $function::<$s, 9, $n>($($argument),*),
            8 => $function::<$s, 8, $n>($($argument),*),
            7 => $function::<$s, 7, $n>($($argument),*),
            6 => $function::<$s, 6, $n>($($argument),*),
            5 => $function::<$s, 5, $n>($($argument),*),
            4 => $function::<$s, 4, $n>($($argument),*),
            3 => $function::<$s, 3, $n>($($argument),*),
            2 => $function::<$s, 2, $n>($($argument),*),
            _ => $function::<$s, 1, $n>($($argument),*),
        }
    };
}

trait Lanes: Simd {
    #[inline(always)]
    fn lanes(self) -> usize {
        Self::F32_LANES
    }
}
impl<S: Simd> Lanes for S {}

impl WithSimd for GatherGemm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        tiled!(simd, self)
    }
}

impl WithSimd for ScatterGemm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        tiled!(simd, self)
    }
}

impl WithSimd for OuterGemm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        tiled!(simd, self)
    }
}

/// The sums of a tile.
type TileSums<S, const M: usize, const N: usize> = [[<S as Simd>::f32s; N]; M];

/// Adds `depth` products to each sum: `left[m][k * left_step] * right[k * right_step + column]`.
///
/// # Safety
/// All these addresses are readable.
#[inline(always)]
unsafe fn add_products<S: Simd, const M: usize, const N: usize>(
    simd: S,
    mut sums: TileSums<S, M, N>,
    left: [*const f32; M],
    left_step: usize,
    right: *const f32,
    right_step: usize,
    depth: usize,
) -> TileSums<S, M, N> {
    for k in 0..depth {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let row = load::<S, N>(right.add(k * right_step));
            for m in 0..M {
                let value = simd.splat_f32s(*left[m].add(k * left_step));
                for n in 0..N {
                    sums[m][n] = simd.mul_add_e_f32s(value, row[n], sums[m][n]);
                }
            }
        }
    }
    sums
}

/// # Safety
/// `N` vectors are readable at this address.
#[inline(always)]
unsafe fn load<S: Simd, const N: usize>(from: *const f32) -> [S::f32s; N] {
    // SAFETY: guaranteed by the caller; the address may be unaligned.
    core::array::from_fn(|n| unsafe {
        from.add(n * S::F32_LANES)
            .cast::<S::f32s>()
            .read_unaligned()
    })
}

/// # Safety
/// `N` vectors are writable at this address.
#[inline(always)]
unsafe fn store<S: Simd, const N: usize>(to: *mut f32, row: [S::f32s; N]) {
    for (n, value) in row.iter().enumerate() {
        // SAFETY: guaranteed by the caller.
        unsafe {
            to.add(n * S::F32_LANES)
                .cast::<S::f32s>()
                .write_unaligned(*value);
        }
    }
}

/// In a build with debug assertions, checks that rows of a tile lie within a slice of this length: the first begins at `start`, each
/// other one `step` after the one before, and a row has `width` values.
#[inline(always)]
fn check_rows(length: usize, start: usize, rows: usize, step: usize, width: usize) {
    debug_assert!(
        rows == 0 || start + (rows - 1) * step + width <= length,
        "{rows} rows of {width} from {start} on, in steps of {step}, are outside of {length} values"
    );
}

impl GatherGemm<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const M: usize, const N: usize>(mut self, simd: S) {
        for column in (0..self.bias.len()).step_by(N * S::F32_LANES) {
            for row in (0..self.starts.len()).step_by(M) {
                let rows = (self.starts.len() - row).min(M);
                if rows == M {
                    gather_tile::<S, M, N>(simd, &mut self, row, column);
                } else {
                    by_rows!(rows, gather_tile::<S, _, N>(simd, &mut self, row, column));
                }
            }
        }
    }
}

#[inline(always)]
fn gather_tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    job: &mut GatherGemm,
    row: usize,
    column: usize,
) {
    let columns = job.bias.len();
    let width = N * S::F32_LANES;
    check_rows(columns, column, 1, 0, width);
    check_rows(job.starts.len(), row, 1, 0, M);
    check_rows(job.result.len(), row * columns + column, M, columns, width);
    // SAFETY: `run` checked the slices' lengths, and the tile lies within them.
    unsafe {
        let mut sums: TileSums<S, M, N> = [load::<S, N>(job.bias.as_ptr().add(column)); M];
        for (t, tap) in job.taps.iter().enumerate() {
            let first = t * job.depth * columns + column;
            check_rows(job.weight.len(), first, job.depth, columns, width);
            for m in 0..M {
                let start = *job.starts.get_unchecked(row + m) as usize + tap;
                check_rows(job.input.len(), start, 1, 0, job.depth);
            }
            let left = core::array::from_fn(|m| {
                job.input
                    .as_ptr()
                    .add(*job.starts.get_unchecked(row + m) as usize + tap)
            });
            let right = job.weight.as_ptr().add(first);
            sums = add_products(simd, sums, left, 1, right, columns, job.depth);
        }
        let place = job.result.as_mut_ptr().add(row * columns + column);
        for (m, row) in sums.iter().enumerate() {
            store::<S, N>(place.add(m * columns), *row);
        }
    }
}

impl ScatterGemm<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const M: usize, const N: usize>(mut self, simd: S) {
        for tap in 0..self.taps.len() {
            for column in (0..self.columns).step_by(N * S::F32_LANES) {
                for row in (0..self.starts.len()).step_by(M) {
                    let rows = (self.starts.len() - row).min(M);
                    if rows == M {
                        scatter_tile::<S, M, N>(simd, &mut self, tap, row, column);
                    } else {
                        by_rows!(
                            rows,
                            scatter_tile::<S, _, N>(simd, &mut self, tap, row, column)
                        );
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn scatter_tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    job: &mut ScatterGemm,
    tap: usize,
    row: usize,
    column: usize,
) {
    let width = N * S::F32_LANES;
    let first = tap * job.depth * job.columns + column;
    check_rows(job.taps.len(), tap, 1, 0, 1);
    check_rows(job.starts.len(), row, 1, 0, M);
    check_rows(job.input.len(), row * job.depth, M, job.depth, job.depth);
    check_rows(job.weight.len(), first, job.depth, job.columns, width);
    // SAFETY: `run` checked the slices' lengths, and the tile lies within them.
    unsafe {
        let places: [*mut f32; M] = core::array::from_fn(|m| {
            let start = *job.starts.get_unchecked(row + m) as usize;
            let place = start + job.taps.get_unchecked(tap) + column;
            check_rows(job.result.len(), place, 1, 0, width);
            job.result.as_mut_ptr().add(place)
        });
        let mut sums: TileSums<S, M, N> = core::array::from_fn(|m| load::<S, N>(places[m]));
        let left = core::array::from_fn(|m| job.input.as_ptr().add((row + m) * job.depth));
        let right = job.weight.as_ptr().add(first);
        sums = add_products(simd, sums, left, 1, right, job.columns, job.depth);
        for m in 0..M {
            store::<S, N>(places[m], sums[m]);
        }
    }
}

impl OuterGemm<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const M: usize, const N: usize>(mut self, simd: S) {
        for tap in 0..self.taps.len() {
            for column in (0..self.columns).step_by(N * S::F32_LANES) {
                for d in (0..self.depth).step_by(M) {
                    let rows = (self.depth - d).min(M);
                    if rows == M {
                        outer_tile::<S, M, N>(simd, &mut self, tap, d, column);
                    } else {
                        by_rows!(rows, outer_tile::<S, _, N>(simd, &mut self, tap, d, column));
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn outer_tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    job: &mut OuterGemm,
    tap: usize,
    d: usize,
    column: usize,
) {
    let width = N * S::F32_LANES;
    let place = (tap * job.depth + d) * job.columns + column;
    check_rows(job.taps.len(), tap, 1, 0, 1);
    check_rows(job.result.len(), place, M, job.columns, width);
    // SAFETY: `run` checked the slices' lengths, and the tile lies within them.
    unsafe {
        let place = job.result.as_mut_ptr().add(place);
        let mut sums: TileSums<S, M, N> =
            core::array::from_fn(|m| load::<S, N>(place.add(m * job.columns)));
        for range in job.ranges {
            let start = range.left + job.taps.get_unchecked(tap) + d;
            check_rows(job.left.len(), start, range.rows, job.depth, M);
            let first = range.right + column;
            check_rows(job.right.len(), first, range.rows, job.columns, width);
            let left = core::array::from_fn(|m| job.left.as_ptr().add(start + m));
            let right = job.right.as_ptr().add(first);
            sums = add_products(simd, sums, left, job.depth, right, job.columns, range.rows);
        }
        for (m, row) in sums.iter().enumerate() {
            store::<S, N>(place.add(m * job.columns), *row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every instruction set that this CPU can run.
    fn instruction_sets() -> Vec<Arch> {
        let mut all = vec![Arch::Scalar, Arch::new()];
        #[cfg(target_arch = "x86_64")]
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
        all
    }

    fn lanes(arch: Arch) -> usize {
        struct Count;
        impl WithSimd for Count {
            type Output = usize;
            fn with_simd<S: Simd>(self, _: S) -> usize {
                S::F32_LANES
            }
        }
        arch.dispatch(Count)
    }

    /// Small integers: their sums are exact in any order.
    fn integers(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * 31 + seed * 17) % 13) as f32 - 6.0)
            .collect()
    }

    const DEPTH: usize = 5;
    const TAPS: [usize; 3] = [0, 7, 90];

    /// Row starts in no order.
    fn starts(count: usize) -> Vec<u32> {
        (0..count).map(|i| ((i * 37) % 101 * 3) as u32).collect()
    }

    #[test]
    fn gather_gemm_computes_its_definition() {
        for (columns, rows) in [(32, 1), (64, 14), (96, 29)] {
            let (input, starts) = (integers(500, 1), starts(rows));
            let (weight, bias) = (integers(3 * DEPTH * columns, 2), integers(columns, 3));
            let mut expected = Vec::new();
            for &start in &starts {
                for (c, bias) in bias.iter().enumerate() {
                    let products = (0..3 * DEPTH).map(|k| {
                        input[start as usize + TAPS[k / DEPTH] + k % DEPTH]
                            * weight[k * columns + c]
                    });
                    expected.push(bias + products.sum::<f32>());
                }
            }
            for arch in instruction_sets() {
                let mut result = vec![f32::NAN; rows * columns];
                GatherGemm {
                    input: &input,
                    starts: &starts,
                    taps: &TAPS,
                    depth: DEPTH,
                    weight: &weight,
                    bias: &bias,
                    result: &mut result,
                }
                .run_on(arch);
                assert!(
                    result == expected,
                    "{columns} columns, {rows} rows, {} lanes",
                    lanes(arch)
                );
            }
        }
    }

    #[test]
    fn scatter_gemm_computes_its_definition() {
        for (columns, rows) in [(32, 1), (64, 14), (96, 29)] {
            let input = integers(rows * DEPTH, 1);
            let starts: Vec<u32> = (0..rows).map(|i| (i * 37 % 101 * columns) as u32).collect();
            let taps = [0, columns, 9 * columns];
            let weight = integers(3 * DEPTH * columns, 2);
            let before = integers(111 * columns, 3);
            let mut expected = before.clone();
            for (row, &start) in starts.iter().enumerate() {
                for k in 0..3 * DEPTH {
                    for c in 0..columns {
                        expected[start as usize + taps[k / DEPTH] + c] +=
                            input[row * DEPTH + k % DEPTH] * weight[k * columns + c];
                    }
                }
            }
            for arch in instruction_sets() {
                let mut result = before.clone();
                ScatterGemm {
                    input: &input,
                    starts: &starts,
                    taps: &taps,
                    depth: DEPTH,
                    weight: &weight,
                    columns,
                    result: &mut result,
                }
                .run_on(arch);
                assert!(
                    result == expected,
                    "{columns} columns, {rows} rows, {} lanes",
                    lanes(arch)
                );
            }
        }
    }

    #[test]
    fn outer_gemm_computes_its_definition() {
        for (columns, depth) in [(32, 1), (64, 14), (96, 29)] {
            let taps = [0, 3 * depth];
            let ranges = [(0, 0, 4), (10 * depth, 5 * columns, 3)];
            let ranges = ranges.map(|(left, right, rows)| RowRange { left, right, rows });
            let (left, right) = (integers(20 * depth, 1), integers(8 * columns, 2));
            let before = integers(2 * depth * columns, 3);
            let mut expected = before.clone();
            for (t, tap) in taps.iter().enumerate() {
                for (range, row) in ranges
                    .iter()
                    .flat_map(|r| (0..r.rows).map(move |row| (r, row)))
                {
                    for d in 0..depth {
                        for c in 0..columns {
                            expected[(t * depth + d) * columns + c] += left
                                [range.left + tap + row * depth + d]
                                * right[range.right + row * columns + c];
                        }
                    }
                }
            }
            for arch in instruction_sets() {
                let mut result = before.clone();
                OuterGemm {
                    left: &left,
                    right: &right,
                    ranges: &ranges,
                    taps: &taps,
                    depth,
                    columns,
                    result: &mut result,
                }
                .run_on(arch);
                assert!(
                    result == expected,
                    "{columns} columns, {depth} deep, {} lanes",
                    lanes(arch)
                );
            }
        }
    }

    #[test]
    #[should_panic]
    fn rejects_a_row_outside_of_the_input() {
        GatherGemm {
            input: &[0.0; 40],
            starts: &[36],
            taps: &[0],
            depth: 5,
            weight: &[0.0; 5 * COLUMN_BLOCK],
            bias: &[0.0; COLUMN_BLOCK],
            result: &mut [0.0; COLUMN_BLOCK],
        }
        .run();
    }
}
