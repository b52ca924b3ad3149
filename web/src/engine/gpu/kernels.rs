//! What a network's passes are on the graphics processor, in burn's kernel language: a convolution with all that stands behind
//! it, and a dense layer. Every pass is one dispatch, which is what a single picture's time is made of.
//!
//! Activations lie rows x columns x channels, four channels to a vector.

use burn::cubecl;
use cubecl::prelude::*;

/// Channels of a vector.
pub const LANES: usize = 4;

/// A convolution's sizes and what stands behind it; each gives a shader of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Convolution {
    pub rows: usize,
    pub columns: usize,
    /// Channels in and out.
    pub input: usize,
    pub output: usize,
    /// Rows and columns of zeros around the picture: none or one.
    pub border: usize,
    pub is_added: bool,
    pub is_scaled: bool,
    pub is_pooled: bool,
}

impl Convolution {
    /// Rows and columns of the sums.
    fn convolved(self) -> [usize; 2] {
        [self.rows, self.columns].map(|side| side + 2 * self.border - 2)
    }

    /// Rows and columns of what is stored.
    pub fn stored(self) -> [usize; 2] {
        match self.is_pooled {
            true => self.convolved().map(|side| side / 2),
            false => self.convolved(),
        }
    }

    /// Rows and columns of squares of 2x2 sums.
    fn squares(self) -> [usize; 2] {
        match self.is_pooled {
            true => self.stored(),
            false => self.convolved().map(|side| side.div_ceil(2)),
        }
    }

    /// Units of work of one picture.
    pub fn units(self) -> usize {
        let [rows, columns] = self.squares();
        rows * columns * self.output / LANES
    }
}

/// A square of 2x2 sums of four channels a unit.
///
/// # Shapes
/// `input`: `[batch, rows, columns, input / 4]` vectors, or `[batch, rows, columns]` numbers where there is one channel;
/// `weight`: `[9, input, output / 4]` vectors; `bias`: `[output / 4]`, and behind it the scales and the shifts where there are
/// any; `identity`: the sums' shape.
#[cube(launch_unchecked)]
pub fn convolve<N: Size, I: Size>(
    input: &[Vector<f32, I>],
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    identity: &[Vector<f32, N>],
    output: &mut [Vector<f32, N>],
    units: u32,
    #[comptime] sizes: Convolution,
) {
    if ABSOLUTE_POS >= units as usize {
        terminate!();
    }
    let lanes = input.vector_size();
    let quads = comptime![sizes.output / LANES];
    let groups = comptime![sizes.input / lanes];
    let squares = comptime![sizes.squares()];
    let convolved = comptime![sizes.convolved()];
    let stored = comptime![sizes.stored()];
    let quad = ABSOLUTE_POS % quads;
    let square = ABSOLUTE_POS / quads;
    let column = square % comptime![squares[1]] * 2;
    let row = square / comptime![squares[1]] % comptime![squares[0]] * 2;
    let picture = square / comptime![squares[0] * squares[1]];

    let mut sums = Array::<Vector<f32, N>>::new(4usize);
    #[unroll]
    for s in 0..4usize {
        sums[s] = bias[quad];
    }
    for tap in 0..9usize {
        // Where each of the four windows' tap lies; what lies beside the picture counts nothing.
        let mut places = Array::<usize>::new(4usize);
        let mut shares = Array::<f32>::new(4usize);
        #[unroll]
        for s in 0..4usize {
            let y = row + tap / 3 + comptime![s / 2];
            let x = column + tap % 3 + comptime![s % 2];
            let last_row = comptime![sizes.rows - 1 + sizes.border];
            let last_column = comptime![sizes.columns - 1 + sizes.border];
            let border = comptime![sizes.border];
            let is_inside = y >= border && y <= last_row && x >= border && x <= last_column;
            let y = clamp(y, border, last_row) - border;
            let x = clamp(x, border, last_column) - border;
            places[s] =
                ((picture * comptime![sizes.rows] + y) * comptime![sizes.columns] + x) * groups;
            shares[s] = select(is_inside, 1.0f32, 0.0f32);
        }
        let first = tap * comptime![sizes.input] * quads + quad;
        for group in 0..groups {
            let mut values = Array::<Vector<f32, I>>::new(4usize);
            #[unroll]
            for s in 0..4usize {
                values[s] = input[places[s] + group] * Vector::new(shares[s]);
            }
            #[unroll]
            for lane in 0..lanes {
                let weight = weight[first + (group * lanes + lane) * quads];
                #[unroll]
                for s in 0..4usize {
                    sums[s] += weight * Vector::new(values[s].extract(lane));
                }
            }
        }
    }

    let zero = Vector::<f32, N>::new(0.0f32);
    #[unroll]
    for s in 0..4usize {
        if comptime![sizes.is_added] {
            let y = min(row + comptime![s / 2], comptime![convolved[0] - 1]);
            let x = min(column + comptime![s % 2], comptime![convolved[1] - 1]);
            let place = (picture * comptime![convolved[0]] + y) * comptime![convolved[1]] + x;
            sums[s] += identity[place * quads + quad];
        }
        sums[s] = max(sums[s], zero);
        if comptime![sizes.is_scaled] {
            sums[s] = sums[s] * bias[quads + quad] + bias[2 * quads + quad];
        }
    }
    if comptime![sizes.is_pooled] {
        let largest = max(
            max(sums[0usize], sums[1usize]),
            max(sums[2usize], sums[3usize]),
        );
        let place = (picture * comptime![stored[0]] + row / 2) * comptime![stored[1]] + column / 2;
        output[place * quads + quad] = largest;
    } else {
        #[unroll]
        for s in 0..4usize {
            let y = row + comptime![s / 2];
            let x = column + comptime![s % 2];
            if y < comptime![stored[0]] && x < comptime![stored[1]] {
                let place = (picture * comptime![stored[0]] + y) * comptime![stored[1]] + x;
                output[place * quads + quad] = sums[s];
            }
        }
    }
}

/// A dense layer's sizes; each gives a shader of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    pub input: usize,
    /// A multiple of four.
    pub output: usize,
    pub relu: bool,
    /// The input is the mean over so many pixels, whose channels lie side by side; 1 where it is as it is.
    pub pixels: usize,
}

/// Four outputs a unit.
///
/// # Shapes
/// `input`: `[batch, pixels, input]`; `weight`: `[input, output / 4]` vectors; `bias`: `[output / 4]`.
#[cube(launch_unchecked)]
pub fn multiply<N: Size>(
    input: &[f32],
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    output: &mut [Vector<f32, N>],
    units: u32,
    #[comptime] sizes: Product,
) {
    if ABSOLUTE_POS >= units as usize {
        terminate!();
    }
    let quads = comptime![sizes.output / LANES];
    let quad = ABSOLUTE_POS % quads;
    let first = ABSOLUTE_POS / quads * comptime![sizes.pixels * sizes.input];
    let mut sum = bias[quad];
    for i in 0..comptime![sizes.input] {
        let mut value = input[first + i];
        if comptime![sizes.pixels > 1] {
            for pixel in 1..comptime![sizes.pixels] {
                value += input[first + pixel * comptime![sizes.input] + i];
            }
            value *= comptime![1.0 / sizes.pixels as f32];
        }
        sum += weight[i * quads + quad] * Vector::new(value);
    }
    if comptime![sizes.relu] {
        sum = max(sum, Vector::<f32, N>::new(0.0f32));
    }
    output[ABSOLUTE_POS] = sum;
}
