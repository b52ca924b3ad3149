//! WebGPU kernels in burn's kernel language: a convolution fused with the operations after it, and a dense layer.
//!
//! Each is one dispatch: the time for a single image depends on the number of dispatches. Activations are stored as rows x
//! columns x channels, with four channels in a vector.

use burn::cubecl;
use cubecl::prelude::*;

/// Channels in a vector.
pub const LANES: usize = 4;

/// The sizes of a convolution and the operations after it. Each value compiles to its own shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Convolution {
    pub rows: usize,
    pub columns: usize,
    /// Channels in and out.
    pub input: usize,
    pub output: usize,
    /// Rows and columns of zero padding on each side: none or one.
    pub padding: usize,
    pub has_residual: bool,
    pub has_batch_norm: bool,
    pub is_pooled: bool,
}

impl Convolution {
    /// Rows and columns of the convolution's result.
    fn convolved(self) -> [usize; 2] {
        [self.rows, self.columns].map(|side| side + 2 * self.padding - 2)
    }

    /// Rows and columns of the output, after pooling.
    pub fn stored(self) -> [usize; 2] {
        if self.is_pooled {
            self.convolved().map(|side| side / 2)
        } else {
            self.convolved()
        }
    }

    /// Rows and columns of tiles of 2x2 results.
    fn tiles(self) -> [usize; 2] {
        if self.is_pooled {
            self.stored()
        } else {
            self.convolved().map(|side| side.div_ceil(2))
        }
    }

    /// Threads for one image.
    pub fn threads(self) -> usize {
        let [rows, columns] = self.tiles();
        rows * columns * self.output / LANES
    }
}

/// The convolution. Each thread computes a tile of 2x2 results of four channels.
///
/// # Shapes
/// `input`: `[batch, rows, columns, input / 4]` vectors, or `[batch, rows, columns]` numbers where there is one channel;
/// `weight`: `[9, input, output / 4]` vectors; `bias`: `[output / 4]`, followed by the scales and the shifts if there is a
/// batch norm; `residual`: the shape of the convolution's result.
#[cube(launch_unchecked)]
pub fn convolve<N: Size, I: Size>(
    input: &[Vector<f32, I>],
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    residual: &[Vector<f32, N>],
    output: &mut [Vector<f32, N>],
    threads: u32,
    #[comptime] sizes: Convolution,
) {
    if ABSOLUTE_POS >= threads as usize {
        terminate!();
    }
    let lanes = input.vector_size();
    let quads = comptime![sizes.output / LANES];
    let groups = comptime![sizes.input / lanes];
    let tiles = comptime![sizes.tiles()];
    let stored = comptime![sizes.stored()];
    let quad = ABSOLUTE_POS % quads;
    let tile = ABSOLUTE_POS / quads;
    let column = tile % comptime![tiles[1]] * 2;
    let row = tile / comptime![tiles[1]] % comptime![tiles[0]] * 2;
    let image = tile / comptime![tiles[0] * tiles[1]];

    // Four variables rather than an array, which software rasterizers keep in memory.
    let mut upper_left = bias[quad];
    let mut upper_right = bias[quad];
    let mut lower_left = bias[quad];
    let mut lower_right = bias[quad];
    for tap in 0..9usize {
        let y = row + tap / 3;
        let x = column + tap % 3;
        let from_upper_left = start(image, y, x, sizes) * groups;
        let from_upper_right = start(image, y, x + 1, sizes) * groups;
        let from_lower_left = start(image, y + 1, x, sizes) * groups;
        let from_lower_right = start(image, y + 1, x + 1, sizes) * groups;
        let first = tap * comptime![sizes.input] * quads + quad;
        for group in 0..groups {
            let mut of_upper_left = input[from_upper_left + group];
            let mut of_upper_right = input[from_upper_right + group];
            let mut of_lower_left = input[from_lower_left + group];
            let mut of_lower_right = input[from_lower_right + group];
            if comptime![sizes.padding > 0] {
                of_upper_left *= Vector::new(padding_factor(y, x, sizes));
                of_upper_right *= Vector::new(padding_factor(y, x + 1, sizes));
                of_lower_left *= Vector::new(padding_factor(y + 1, x, sizes));
                of_lower_right *= Vector::new(padding_factor(y + 1, x + 1, sizes));
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

    let upper_left = epilogue(upper_left, bias, residual, image, row, column, quad, sizes);
    let upper_right = epilogue(
        upper_right,
        bias,
        residual,
        image,
        row,
        column + 1,
        quad,
        sizes,
    );
    let lower_left = epilogue(
        lower_left,
        bias,
        residual,
        image,
        row + 1,
        column,
        quad,
        sizes,
    );
    let lower_right = epilogue(
        lower_right,
        bias,
        residual,
        image,
        row + 1,
        column + 1,
        quad,
        sizes,
    );
    let index = (image * comptime![stored[0]] + row) * comptime![stored[1]] + column;
    if comptime![sizes.is_pooled] {
        let largest = max(max(upper_left, upper_right), max(lower_left, lower_right));
        let index = (image * comptime![stored[0]] + row / 2) * comptime![stored[1]] + column / 2;
        output[index * quads + quad] = largest;
    } else {
        let has_right = column + 1 < comptime![stored[1]];
        let has_lower = row + 1 < comptime![stored[0]];
        output[index * quads + quad] = upper_left;
        if has_right {
            output[(index + 1) * quads + quad] = upper_right;
        }
        if has_lower {
            output[(index + comptime![stored[1]]) * quads + quad] = lower_left;
            if has_right {
                output[(index + comptime![stored[1] + 1]) * quads + quad] = lower_right;
            }
        }
    }
}

/// The index of the input's pixel at a row and column of the padded image, or of the nearest pixel if that is padding.
#[cube]
fn start(image: usize, row: usize, column: usize, #[comptime] sizes: Convolution) -> usize {
    let padding = comptime![sizes.padding];
    let row = clamp(row, padding, comptime![sizes.rows - 1 + sizes.padding]) - padding;
    let column = clamp(
        column,
        padding,
        comptime![sizes.columns - 1 + sizes.padding],
    ) - padding;
    (image * comptime![sizes.rows] + row) * comptime![sizes.columns] + column
}

/// The factor of a pixel of the padded image: 1, or 0 for padding.
#[cube]
fn padding_factor(row: usize, column: usize, #[comptime] sizes: Convolution) -> f32 {
    let padding = comptime![sizes.padding];
    let is_inside = row >= padding
        && row <= comptime![sizes.rows - 1 + sizes.padding]
        && column >= padding
        && column <= comptime![sizes.columns - 1 + sizes.padding];
    select(is_inside, 1.0f32, 0.0f32)
}

/// Applies the operations after the convolution. Results outside the image are computed but not stored.
#[cube]
#[allow(clippy::too_many_arguments)]
fn epilogue<N: Size>(
    sum: Vector<f32, N>,
    bias: &[Vector<f32, N>],
    residual: &[Vector<f32, N>],
    image: usize,
    row: usize,
    column: usize,
    quad: usize,
    #[comptime] sizes: Convolution,
) -> Vector<f32, N> {
    let quads = comptime![sizes.output / LANES];
    let rows = comptime![sizes.convolved()[0]];
    let columns = comptime![sizes.convolved()[1]];
    let mut sum = sum;
    if comptime![sizes.has_residual] {
        let row = min(row, comptime![rows - 1]);
        let column = min(column, comptime![columns - 1]);
        let index = (image * comptime![rows] + row) * comptime![columns] + column;
        sum += residual[index * quads + quad];
    }
    sum = max(sum, Vector::<f32, N>::new(0.0f32));
    if comptime![sizes.has_batch_norm] {
        sum = sum * bias[quads + quad] + bias[2 * quads + quad];
    }
    sum
}

/// The sizes of a dense layer. Each value compiles to its own shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    pub input: usize,
    /// A multiple of four.
    pub output: usize,
    pub relu: bool,
    /// The number of pixels that the input is averaged over; 1 without global average pooling.
    pub pixels: usize,
}

/// The dense layer. Each thread computes four outputs.
///
/// # Shapes
/// `input`: `[batch, pixels, input]`; `weight`: `[input, output / 4]` vectors; `bias`: `[output / 4]`.
#[cube(launch_unchecked)]
pub fn multiply<N: Size>(
    input: &[f32],
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    output: &mut [Vector<f32, N>],
    threads: u32,
    #[comptime] sizes: Product,
) {
    if ABSOLUTE_POS >= threads as usize {
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
