//! The three products that all of a network's training time goes into, over whatever vectors the machine has.
//!
//! A convolution is a product of matrices whose left one is never written down: a row of it is the input around a
//! pixel, found by where it starts and how far each of the nine taps lies from there. A dense layer is the same with
//! one tap. Sums of a tile of rows and columns stay in registers while the numbers that they are made of run past.

use pulp::{Arch, Simd, WithSimd};

/// Every matrix's number of columns is a multiple of this.
pub const COLUMNS: usize = 32;

/// `result[row][c] = bias[c] + sum over taps and d of input[starts[row] + tap + d] * weight[tap][d][c]`: a layer's way
/// forward.
pub struct Gather<'a> {
    pub input: &'a [f32],
    /// For each row of the result, where it begins in the input.
    pub starts: &'a [u32],
    /// How far each tap lies from there.
    pub taps: &'a [usize],
    /// Neighbouring numbers of the input under one tap.
    pub depth: usize,
    /// `[taps, depth, columns]`.
    pub weight: &'a [f32],
    /// `[columns]`.
    pub bias: &'a [f32],
    /// `[rows, columns]`.
    pub result: &'a mut [f32],
}

/// `result[starts[row] + tap + c] += sum over d of input[row][d] * weight[tap][d][c]`: the gradient's way back to a
/// layer's input.
pub struct Scatter<'a> {
    /// `[rows, depth]`.
    pub input: &'a [f32],
    /// For each row, where it begins in the result; rows do not overlap under one tap.
    pub starts: &'a [u32],
    pub taps: &'a [usize],
    pub depth: usize,
    /// `[taps, depth, columns]`.
    pub weight: &'a [f32],
    pub columns: usize,
    pub result: &'a mut [f32],
}

/// Rows that lie side by side in both matrices.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Where they begin in the left matrix, under the first tap.
    pub left: usize,
    /// Where they begin in the right one.
    pub right: usize,
    pub rows: usize,
}

/// `result[tap][d][c] += sum over the rows of left[row + tap + d] * right[row][c]`: the gradient of the weights.
pub struct Outer<'a> {
    pub left: &'a [f32],
    pub right: &'a [f32],
    pub runs: &'a [Run],
    pub taps: &'a [usize],
    /// Numbers of a row on the left.
    pub depth: usize,
    /// Numbers of a row on the right.
    pub columns: usize,
    /// `[taps, depth, columns]`.
    pub result: &'a mut [f32],
}

impl Gather<'_> {
    /// Computes it.
    ///
    /// # Panics
    /// The slices do not fit each other.
    pub fn run(self) {
        self.run_on(Arch::new());
    }

    fn run_on(self, arch: Arch) {
        let columns = self.bias.len();
        assert_eq!(columns % COLUMNS, 0);
        assert_eq!(self.weight.len(), self.taps.len() * self.depth * columns);
        assert_eq!(self.result.len(), self.starts.len() * columns);
        assert!(furthest(self.starts, self.taps) + self.depth <= self.input.len());
        arch.dispatch(self);
    }
}

impl Scatter<'_> {
    /// Computes it.
    ///
    /// # Panics
    /// The slices do not fit each other.
    pub fn run(self) {
        self.run_on(Arch::new());
    }

    fn run_on(self, arch: Arch) {
        assert_eq!(self.columns % COLUMNS, 0);
        assert_eq!(
            self.weight.len(),
            self.taps.len() * self.depth * self.columns
        );
        assert_eq!(self.input.len(), self.starts.len() * self.depth);
        assert!(furthest(self.starts, self.taps) + self.columns <= self.result.len());
        arch.dispatch(self);
    }
}

impl Outer<'_> {
    /// Computes it.
    ///
    /// # Panics
    /// The slices do not fit each other.
    pub fn run(self) {
        self.run_on(Arch::new());
    }

    fn run_on(self, arch: Arch) {
        assert_eq!(self.columns % COLUMNS, 0);
        assert_eq!(
            self.result.len(),
            self.taps.len() * self.depth * self.columns
        );
        let tap = self.taps.iter().max().copied().unwrap_or(0);
        for run in self.runs {
            assert!(run.left + tap + run.rows * self.depth <= self.left.len());
            assert!(run.right + run.rows * self.columns <= self.right.len());
        }
        arch.dispatch(self);
    }
}

fn furthest(starts: &[u32], taps: &[usize]) -> usize {
    let start = starts.iter().max().copied().unwrap_or(0);
    start as usize + taps.iter().max().copied().unwrap_or(0)
}

/// Runs `$body` with the tile's rows as a constant, and with the tile that this machine's registers hold.
macro_rules! tiled {
    ($simd:ident, $job:expr) => {
        match $simd.lanes() {
            // AVX-512 has 32 registers: 24 of sums.
            16 => $job.tiles::<S, 12, 2>($simd),
            // AVX2 has 16: 12 of sums.
            8 => $job.tiles::<S, 6, 2>($simd),
            // NEON has 32 of four.
            4 => $job.tiles::<S, 6, 4>($simd),
            _ => $job.tiles::<S, 1, 8>($simd),
        }
    };
}

/// Calls a tile's function with its rows, at most twelve, as a constant.
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

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        tiled!(simd, self)
    }
}

impl WithSimd for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        tiled!(simd, self)
    }
}

impl WithSimd for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        tiled!(simd, self)
    }
}

/// One tile's sums.
type Sums<S, const M: usize, const N: usize> = [[<S as Simd>::f32s; N]; M];

/// Adds `depth` products to each sum: `left[m][k * left_step] * right[k * right_step + column]`.
///
/// # Safety
/// All of these can be read.
#[inline(always)]
unsafe fn add_products<S: Simd, const M: usize, const N: usize>(
    simd: S,
    mut sums: Sums<S, M, N>,
    left: [*const f32; M],
    left_step: usize,
    right: *const f32,
    right_step: usize,
    depth: usize,
) -> Sums<S, M, N> {
    for k in 0..depth {
        // SAFETY: the caller's promise.
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
/// `N` vectors can be read there.
#[inline(always)]
unsafe fn load<S: Simd, const N: usize>(from: *const f32) -> [S::f32s; N] {
    // SAFETY: the caller's promise; nothing is said about the address's alignment.
    core::array::from_fn(|n| unsafe {
        from.add(n * S::F32_LANES)
            .cast::<S::f32s>()
            .read_unaligned()
    })
}

/// # Safety
/// `N` vectors can be written there.
#[inline(always)]
unsafe fn store<S: Simd, const N: usize>(to: *mut f32, row: [S::f32s; N]) {
    for (n, value) in row.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe {
            to.add(n * S::F32_LANES)
                .cast::<S::f32s>()
                .write_unaligned(*value);
        }
    }
}

impl Gather<'_> {
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
    job: &mut Gather,
    row: usize,
    column: usize,
) {
    let columns = job.bias.len();
    // SAFETY: `run` checked the slices' lengths, and the tile lies within them.
    unsafe {
        let mut sums: Sums<S, M, N> = [load::<S, N>(job.bias.as_ptr().add(column)); M];
        for (t, tap) in job.taps.iter().enumerate() {
            let left = core::array::from_fn(|m| {
                job.input
                    .as_ptr()
                    .add(*job.starts.get_unchecked(row + m) as usize + tap)
            });
            let right = job.weight.as_ptr().add(t * job.depth * columns + column);
            sums = add_products(simd, sums, left, 1, right, columns, job.depth);
        }
        let place = job.result.as_mut_ptr().add(row * columns + column);
        for (m, row) in sums.iter().enumerate() {
            store::<S, N>(place.add(m * columns), *row);
        }
    }
}

impl Scatter<'_> {
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
    job: &mut Scatter,
    tap: usize,
    row: usize,
    column: usize,
) {
    // SAFETY: `run` checked the slices' lengths, and the tile lies within them.
    unsafe {
        let places: [*mut f32; M] = core::array::from_fn(|m| {
            let start = *job.starts.get_unchecked(row + m) as usize;
            job.result
                .as_mut_ptr()
                .add(start + job.taps.get_unchecked(tap) + column)
        });
        let mut sums: Sums<S, M, N> = core::array::from_fn(|m| load::<S, N>(places[m]));
        let left = core::array::from_fn(|m| job.input.as_ptr().add((row + m) * job.depth));
        let right = job
            .weight
            .as_ptr()
            .add(tap * job.depth * job.columns + column);
        sums = add_products(simd, sums, left, 1, right, job.columns, job.depth);
        for m in 0..M {
            store::<S, N>(places[m], sums[m]);
        }
    }
}

impl Outer<'_> {
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
    job: &mut Outer,
    tap: usize,
    d: usize,
    column: usize,
) {
    // SAFETY: `run` checked the slices' lengths, and the tile lies within them.
    unsafe {
        let place = (tap * job.depth + d) * job.columns + column;
        let place = job.result.as_mut_ptr().add(place);
        let mut sums: Sums<S, M, N> =
            core::array::from_fn(|m| load::<S, N>(place.add(m * job.columns)));
        for run in job.runs {
            let start = run.left + job.taps.get_unchecked(tap) + d;
            let left = core::array::from_fn(|m| job.left.as_ptr().add(start + m));
            let right = job.right.as_ptr().add(run.right + column);
            sums = add_products(simd, sums, left, job.depth, right, job.columns, run.rows);
        }
        for (m, row) in sums.iter().enumerate() {
            store::<S, N>(place.add(m * job.columns), *row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of machine that this one can play.
    fn machines() -> Vec<Arch> {
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

    /// Whole numbers: sums are exact, whatever their order.
    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * 31 + seed * 17) % 13) as f32 - 6.0)
            .collect()
    }

    const DEPTH: usize = 5;
    const TAPS: [usize; 3] = [0, 7, 90];

    /// Rows that lie anywhere, more than one tile of them, and a rest.
    fn starts(count: usize) -> Vec<u32> {
        (0..count).map(|i| ((i * 37) % 101 * 3) as u32).collect()
    }

    #[test]
    fn gathered_sums_are_what_the_definition_says() {
        for (columns, rows) in [(32, 1), (64, 14), (96, 29)] {
            let (input, starts) = (numbers(500, 1), starts(rows));
            let (weight, bias) = (numbers(3 * DEPTH * columns, 2), numbers(columns, 3));
            let mut wanted = Vec::new();
            for &start in &starts {
                for (c, bias) in bias.iter().enumerate() {
                    let products = (0..3 * DEPTH).map(|k| {
                        input[start as usize + TAPS[k / DEPTH] + k % DEPTH]
                            * weight[k * columns + c]
                    });
                    wanted.push(bias + products.sum::<f32>());
                }
            }
            for arch in machines() {
                let mut result = vec![f32::NAN; rows * columns];
                Gather {
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
                    result == wanted,
                    "{columns} columns, {rows} rows, {} lanes",
                    lanes(arch)
                );
            }
        }
    }

    #[test]
    fn scattered_sums_are_what_the_definition_says() {
        for (columns, rows) in [(32, 1), (64, 14), (96, 29)] {
            let input = numbers(rows * DEPTH, 1);
            let starts: Vec<u32> = (0..rows).map(|i| (i * 37 % 101 * columns) as u32).collect();
            let taps = [0, columns, 9 * columns];
            let weight = numbers(3 * DEPTH * columns, 2);
            let before = numbers(111 * columns, 3);
            let mut wanted = before.clone();
            for (row, &start) in starts.iter().enumerate() {
                for k in 0..3 * DEPTH {
                    for c in 0..columns {
                        wanted[start as usize + taps[k / DEPTH] + c] +=
                            input[row * DEPTH + k % DEPTH] * weight[k * columns + c];
                    }
                }
            }
            for arch in machines() {
                let mut result = before.clone();
                Scatter {
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
                    result == wanted,
                    "{columns} columns, {rows} rows, {} lanes",
                    lanes(arch)
                );
            }
        }
    }

    #[test]
    fn outer_products_are_what_the_definition_says() {
        for (columns, depth) in [(32, 1), (64, 14), (96, 29)] {
            let taps = [0, 3 * depth];
            let runs = [(0, 0, 4), (10 * depth, 5 * columns, 3)];
            let runs = runs.map(|(left, right, rows)| Run { left, right, rows });
            let (left, right) = (numbers(20 * depth, 1), numbers(8 * columns, 2));
            let before = numbers(2 * depth * columns, 3);
            let mut wanted = before.clone();
            for (t, tap) in taps.iter().enumerate() {
                for (run, row) in runs
                    .iter()
                    .flat_map(|r| (0..r.rows).map(move |row| (r, row)))
                {
                    for d in 0..depth {
                        for c in 0..columns {
                            wanted[(t * depth + d) * columns + c] += left
                                [run.left + tap + row * depth + d]
                                * right[run.right + row * columns + c];
                        }
                    }
                }
            }
            for arch in machines() {
                let mut result = before.clone();
                Outer {
                    left: &left,
                    right: &right,
                    runs: &runs,
                    taps: &taps,
                    depth,
                    columns,
                    result: &mut result,
                }
                .run_on(arch);
                assert!(
                    result == wanted,
                    "{columns} columns, {depth} deep, {} lanes",
                    lanes(arch)
                );
            }
        }
    }

    #[test]
    #[should_panic]
    fn a_row_outside_of_the_input_is_refused() {
        Gather {
            input: &[0.0; 40],
            starts: &[36],
            taps: &[0],
            depth: 5,
            weight: &[0.0; 5 * COLUMNS],
            bias: &[0.0; COLUMNS],
            result: &mut [0.0; COLUMNS],
        }
        .run();
    }
}
