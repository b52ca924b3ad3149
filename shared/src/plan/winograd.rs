//! 3x3 convolution by Winograd's minimal filtering F(4x4, 3x3): 36 products for what takes 144 otherwise (Lavin and Gray 2015,
//! arXiv 1509.09308).
//!
//! A tile of 6x6 of the input and the weights are transformed once; each of the 36 places is then a matrix product over
//! the channels, and what comes out is transformed to 4x4 of the output.

use alloc::vec::Vec;
use core::array::from_fn;

use super::epilogue::{Epilogue, quad};
use super::product;
use crate::model::Padding;
use crate::model::lowering;
use crate::model::shape::Shape;
use crate::simd::F32x4;

/// Rows and columns of the output that a tile makes, and of the input that it needs.
const TILE: usize = 4;
const PATCH: usize = TILE + 2;
/// Numbers of a patch.
const PLACES: usize = PATCH * PATCH;
/// Tiles that are on their way at a time: few enough for the cache, and whole groups of those whose sums fit the registers.
const TILES: usize = 2 * product::ROWS;

/// A convolution with transformed weights.
pub struct Winograd {
    /// `[36][output / 8][input][8]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: usize,
    padding: Padding,
    epilogue: Epilogue,
    /// Of each 2x2 of the output, only the largest is stored.
    is_pooled: bool,
}

/// Buffers that live from picture to picture.
#[derive(Default)]
pub struct Scratch {
    /// `[36][tiles][input]`.
    patches: Vec<f32>,
    /// `[36][tiles][output]`.
    products: Vec<f32>,
}

impl Winograd {
    /// Transforms a convolution's weights; its inputs are a multiple of four and its outputs of eight.
    pub fn new(conv: lowering::Conv) -> Self {
        let (input, output) = (conv.input, conv.bias.len());
        let mut matrices = alloc::vec![0.0; PLACES * input * output]; // [36][input][output]
        for (o, filters) in conv.weight.chunks_exact(9 * input).enumerate() {
            for (i, filter) in filters.as_chunks::<9>().0.iter().enumerate() {
                for (place, value) in transformed_filter(filter).into_iter().enumerate() {
                    matrices[(place * input + i) * output + o] = value;
                }
            }
        }
        let packed = matrices.chunks_exact(input * output);
        Self {
            weight: packed.flat_map(|m| product::pack(m, output)).collect(),
            bias: conv.bias,
            input,
            padding: conv.padding,
            epilogue: Epilogue(conv.affine),
            is_pooled: conv.is_pooled,
        }
    }

    /// `picture` of `shape` to `result`; `identity`, of the convolution's output shape, is added before the ReLU.
    ///
    /// # Shapes
    /// `[rows, columns, input]` to `[rows, columns, output]`, two rows and columns fewer where the padding is valid, and half
    /// as many where it is pooled.
    pub fn run(
        &self,
        picture: &[f32],
        shape: Shape,
        identity: Option<&[f32]>,
        scratch: &mut Scratch,
        result: &mut Vec<f32>,
    ) -> Shape {
        let output = self.bias.len();
        let convolved = shape.convolved(self.padding, output);
        let stored = match self.is_pooled {
            true => convolved.pooled(),
            false => convolved,
        };
        result.resize(stored.count(), 0.0);
        let across = convolved.columns.div_ceil(TILE);
        let tiles = convolved.rows.div_ceil(TILE) * across;
        let corner = |tile: usize| [TILE * (tile / across), TILE * (tile % across)];
        for first in (0..tiles).step_by(TILES) {
            let count = TILES.min(tiles - first);
            scratch.patches.resize(PLACES * count * self.input, 0.0);
            scratch.products.resize(PLACES * count * output, 0.0);
            for i in 0..count {
                let patches = &mut scratch.patches[i * self.input..];
                self.take(picture, shape, corner(first + i), patches, count);
            }
            let weights = self.weight.chunks_exact(self.input * output);
            let patches = scratch.patches.chunks_exact(count * self.input);
            let products = scratch.products.chunks_exact_mut(count * output);
            for ((patches, weight), products) in patches.zip(weights).zip(products) {
                product::run(patches, self.input, weight, products, output);
            }
            for i in 0..count {
                let products = &scratch.products[i * output..];
                let sums = Sums {
                    products,
                    stride: count * output,
                };
                self.give(sums, corner(first + i), identity, convolved, stored, result);
            }
        }
        stored
    }

    /// Transforms the patch at one tile's corner; zeros surround the picture. The 36 numbers lie `count * input` apart.
    fn take(
        &self,
        picture: &[f32],
        shape: Shape,
        [top, left]: [usize; 2],
        patches: &mut [f32],
        count: usize,
    ) {
        let border = match self.padding {
            Padding::Valid => 0,
            Padding::Same => 1,
        };
        // Where the patch's pixels begin in memory; `None` beside the picture.
        let starts: [[Option<usize>; PATCH]; PATCH] = from_fn(|r| {
            from_fn(|c| {
                let row = (top + r).checked_sub(border).filter(|r| *r < shape.rows)?;
                let column = (left + c).checked_sub(border);
                let column = column.filter(|c| *c < shape.columns)?;
                Some((row * shape.columns + column) * shape.channels)
            })
        });
        for channel in (0..self.input).step_by(4) {
            let rows: [[F32x4; PATCH]; PATCH] = from_fn(|r| {
                input_transform(from_fn(|c| match starts[r][c] {
                    Some(start) => quad(picture, start + channel),
                    None => F32x4::splat(0.0),
                }))
            });
            for (c, column) in transposed(&rows).into_iter().enumerate() {
                for (r, value) in input_transform(column).into_iter().enumerate() {
                    let at = (r * PATCH + c) * count * self.input + channel;
                    patches[at..at + 4].copy_from_slice(&value.to_array());
                }
            }
        }
    }

    /// Transforms one tile's sums back, and stores those that lie in the picture.
    fn give(
        &self,
        sums: Sums,
        [top, left]: [usize; 2],
        identity: Option<&[f32]>,
        convolved: Shape,
        stored: Shape,
        result: &mut [f32],
    ) {
        let output = self.bias.len();
        for channel in (0..output).step_by(4) {
            let bias = quad(&self.bias, channel);
            let rows: [[F32x4; TILE]; PATCH] =
                from_fn(|r| output_transform(from_fn(|c| sums.at(r * PATCH + c, channel))));
            let mut tile = [[F32x4::splat(0.0); TILE]; TILE];
            for (c, column) in transposed(&rows).into_iter().enumerate() {
                for (r, sum) in output_transform(column).into_iter().enumerate() {
                    let mut sum = sum + bias;
                    let is_inside = top + r < convolved.rows && left + c < convolved.columns;
                    if let (Some(identity), true) = (identity, is_inside) {
                        let at = ((top + r) * convolved.columns + left + c) * output;
                        sum = sum + quad(identity, at + channel);
                    }
                    tile[r][c] = self.epilogue.apply(sum, channel);
                }
            }
            let mut place = |row: usize, column: usize, value: F32x4| {
                if row < stored.rows && column < stored.columns {
                    let at = (row * stored.columns + column) * output + channel;
                    result[at..at + 4].copy_from_slice(&value.to_array());
                }
            };
            if self.is_pooled {
                for (r, pair) in tile.as_chunks::<2>().0.iter().enumerate() {
                    for c in 0..TILE / 2 {
                        let [upper, lower] = pair.map(|row| row[2 * c].max(row[2 * c + 1]));
                        place(top / 2 + r, left / 2 + c, upper.max(lower));
                    }
                }
            } else {
                for (r, row) in tile.iter().enumerate() {
                    for (c, &value) in row.iter().enumerate() {
                        place(top + r, left + c, value);
                    }
                }
            }
        }
    }
}

/// One tile's 36 sums of each channel.
#[derive(Clone, Copy)]
struct Sums<'a> {
    products: &'a [f32],
    /// How far apart the 36 lie.
    stride: usize,
}

impl Sums<'_> {
    #[inline(always)]
    fn at(self, place: usize, channel: usize) -> F32x4 {
        quad(self.products, place * self.stride + channel)
    }
}

/// G g G': a 3x3 filter as 6x6.
fn transformed_filter(filter: &[f32; 9]) -> [f32; PLACES] {
    let spread = |[a, b, c]: [f32; 3]| {
        let (even, odd) = (a + c, 4.0 * c + a);
        [
            a / 4.0,
            -(even + b) / 6.0,
            (b - even) / 6.0,
            (odd + 2.0 * b) / 24.0,
            (odd - 2.0 * b) / 24.0,
            c,
        ]
    };
    let rows: [[f32; PATCH]; 3] = from_fn(|r| spread(from_fn(|c| filter[3 * r + c])));
    let columns: [[f32; PATCH]; PATCH] = from_fn(|c| spread(from_fn(|r| rows[r][c])));
    from_fn(|place| columns[place % PATCH][place / PATCH])
}

#[inline(always)]
fn transposed<const R: usize, const C: usize>(rows: &[[F32x4; C]; R]) -> [[F32x4; R]; C] {
    from_fn(|c| from_fn(|r| rows[r][c]))
}

/// B' d.
#[inline(always)]
fn input_transform(d: [F32x4; PATCH]) -> [F32x4; PATCH] {
    let [two, four, five] = [2.0, 4.0, 5.0].map(F32x4::splat);
    let even = d[4] - d[2] * four;
    let odd = d[3] - d[1] * four;
    let far = d[4] - d[2];
    let near = (d[3] - d[1]) * two;
    [
        d[0] * four - d[2] * five + d[4],
        even + odd,
        even - odd,
        far + near,
        far - near,
        d[1] * four - d[3] * five + d[5],
    ]
}

/// A' m.
#[inline(always)]
fn output_transform(m: [F32x4; PATCH]) -> [F32x4; TILE] {
    let [two, four, eight] = [2.0, 4.0, 8.0].map(F32x4::splat);
    let (sum, difference) = (m[1] + m[2], m[1] - m[2]);
    let (far_sum, far_difference) = (m[3] + m[4], m[3] - m[4]);
    [
        m[0] + sum + far_sum,
        difference + far_difference * two,
        sum + far_sum * four,
        difference + far_difference * eight + m[5],
    ]
}
