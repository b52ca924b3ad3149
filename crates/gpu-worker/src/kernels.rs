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
    let stored = comptime![sizes.stored()];
    let quad = ABSOLUTE_POS % quads;
    let square = ABSOLUTE_POS / quads;
    let column = square % comptime![squares[1]] * 2;
    let row = square / comptime![squares[1]] % comptime![squares[0]] * 2;
    let picture = square / comptime![squares[0] * squares[1]];

    // Four variables rather than an array, which software rasterizers keep in memory.
    let mut upper_left = bias[quad];
    let mut upper_right = bias[quad];
    let mut lower_left = bias[quad];
    let mut lower_right = bias[quad];
    for tap in 0..9usize {
        let y = row + tap / 3;
        let x = column + tap % 3;
        let from_upper_left = start(picture, y, x, sizes) * groups;
        let from_upper_right = start(picture, y, x + 1, sizes) * groups;
        let from_lower_left = start(picture, y + 1, x, sizes) * groups;
        let from_lower_right = start(picture, y + 1, x + 1, sizes) * groups;
        let first = tap * comptime![sizes.input] * quads + quad;
        for group in 0..groups {
            let mut of_upper_left = input[from_upper_left + group];
            let mut of_upper_right = input[from_upper_right + group];
            let mut of_lower_left = input[from_lower_left + group];
            let mut of_lower_right = input[from_lower_right + group];
            if comptime![sizes.border > 0] {
                of_upper_left *= Vector::new(share(y, x, sizes));
                of_upper_right *= Vector::new(share(y, x + 1, sizes));
                of_lower_left *= Vector::new(share(y + 1, x, sizes));
                of_lower_right *= Vector::new(share(y + 1, x + 1, sizes));
            }
            #[unroll]
            for lane in 0..lanes {
                let weight = weight[first + (group * lanes + lane) * quads];
                upper_left += weight * Vector::new(of_upper_left.extract(lane));
                upper_right += weight * Vector::new(of_upper_right.extract(lane));
                lower_left += weight * Vector::new(of_lower_left.extract(lane));
                lower_right += weight * Vector::new(of_lower_right.extract(lane));
            }
        }
    }

    let upper_left = finished(
        upper_left, bias, identity, picture, row, column, quad, sizes,
    );
    let upper_right = finished(
        upper_right,
        bias,
        identity,
        picture,
        row,
        column + 1,
        quad,
        sizes,
    );
    let lower_left = finished(
        lower_left,
        bias,
        identity,
        picture,
        row + 1,
        column,
        quad,
        sizes,
    );
    let lower_right = finished(
        lower_right,
        bias,
        identity,
        picture,
        row + 1,
        column + 1,
        quad,
        sizes,
    );
    let place = (picture * comptime![stored[0]] + row) * comptime![stored[1]] + column;
    if comptime![sizes.is_pooled] {
        let largest = max(max(upper_left, upper_right), max(lower_left, lower_right));
        let place = (picture * comptime![stored[0]] + row / 2) * comptime![stored[1]] + column / 2;
        output[place * quads + quad] = largest;
    } else {
        let has_right = column + 1 < comptime![stored[1]];
        let has_lower = row + 1 < comptime![stored[0]];
        output[place * quads + quad] = upper_left;
        if has_right {
            output[(place + 1) * quads + quad] = upper_right;
        }
        if has_lower {
            output[(place + comptime![stored[1]]) * quads + quad] = lower_left;
            if has_right {
                output[(place + comptime![stored[1] + 1]) * quads + quad] = lower_right;
            }
        }
    }
}

/// The pixel of the input at a row and column of the bordered picture, or the one next to it where that lies outside.
#[cube]
fn start(picture: usize, row: usize, column: usize, #[comptime] sizes: Convolution) -> usize {
    let border = comptime![sizes.border];
    let row = clamp(row, border, comptime![sizes.rows - 1 + sizes.border]) - border;
    let column = clamp(column, border, comptime![sizes.columns - 1 + sizes.border]) - border;
    (picture * comptime![sizes.rows] + row) * comptime![sizes.columns] + column
}

/// What a pixel counts: nothing beside the picture.
#[cube]
fn share(row: usize, column: usize, #[comptime] sizes: Convolution) -> f32 {
    let border = comptime![sizes.border];
    let is_inside = row >= border
        && row <= comptime![sizes.rows - 1 + sizes.border]
        && column >= border
        && column <= comptime![sizes.columns - 1 + sizes.border];
    select(is_inside, 1.0f32, 0.0f32)
}

/// A sum and what stands behind it; what lies beside the picture is computed and not stored.
#[cube]
#[allow(clippy::too_many_arguments)]
fn finished<N: Size>(
    sum: Vector<f32, N>,
    bias: &[Vector<f32, N>],
    identity: &[Vector<f32, N>],
    picture: usize,
    row: usize,
    column: usize,
    quad: usize,
    #[comptime] sizes: Convolution,
) -> Vector<f32, N> {
    let quads = comptime![sizes.output / LANES];
    let rows = comptime![sizes.convolved()[0]];
    let columns = comptime![sizes.convolved()[1]];
    let mut sum = sum;
    if comptime![sizes.is_added] {
        let row = min(row, comptime![rows - 1]);
        let column = min(column, comptime![columns - 1]);
        let place = (picture * comptime![rows] + row) * comptime![columns] + column;
        sum += identity[place * quads + quad];
    }
    sum = max(sum, Vector::<f32, N>::new(0.0f32));
    if comptime![sizes.is_scaled] {
        sum = sum * bias[quads + quad] + bias[2 * quads + quad];
    }
    sum
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
