//! 3x3 convolution with Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2015, arXiv 1509.09308): 36 multiplications
//! instead of 144.
//!
//! The weights, and each 6x6 tile of the input, are transformed once. Each of the 36 positions is then a matrix product over the
//! channels, whose results are transformed to a 4x4 tile of the output.

use alloc::vec::Vec;
use core::array::from_fn;

use super::gemm;
use crate::model::Padding;
use crate::model::lowering;
use crate::model::shape::Shape;
use crate::simd::F32x4;

/// Rows and columns of an output tile.
const TILE: usize = 4;
/// Rows and columns of an input tile.
const PATCH: usize = TILE + 2;
/// Values of an input tile.
const POSITIONS: usize = PATCH * PATCH;
/// Tiles per matrix product: few enough for the cache, and a multiple of the rows of a register tile.
const TILES: usize = 2 * gemm::ROWS;

/// A convolution with transformed weights.
pub struct WinogradConv {
    /// `[36][output / 8][input][8]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: usize,
    padding: Padding,
    epilogue: Epilogue,
    /// Whether 2x2 max pooling follows.
    is_pooled: bool,
}

/// ReLU, then a scale and a shift per channel if there are any.
struct Epilogue(Option<(Vec<f32>, Vec<f32>)>);

impl Epilogue {
    /// Applies to four channels, of which `channel` is the first.
    #[inline(always)]
    fn apply(&self, sum: F32x4, channel: usize) -> F32x4 {
        let value = sum.max(F32x4::splat(0.0));
        match &self.0 {
            None => value,
            Some((scale, shift)) => {
                F32x4::load_at(shift, channel).add_product(value, F32x4::load_at(scale, channel))
            }
        }
    }
}

/// Memory that is reused from image to image.
#[derive(Default)]
pub struct Scratch {
    /// `[36][tiles][input]`.
    patches: Vec<f32>,
    /// `[36][tiles][output]`.
    products: Vec<f32>,
}

impl WinogradConv {
    /// Transforms a convolution's weights; the number of inputs is a multiple of four, that of outputs a multiple of eight.
    pub fn new(conv: lowering::Conv) -> Self {
        let (input, output) = (conv.input, conv.bias.len());
        let mut matrices = alloc::vec![0.0; POSITIONS * input * output]; // [36][input][output]
        for (o, filters) in conv.weight.chunks_exact(9 * input).enumerate() {
            for (i, filter) in filters.as_chunks::<9>().0.iter().enumerate() {
                for (position, value) in transformed_filter(filter).into_iter().enumerate() {
                    matrices[(position * input + i) * output + o] = value;
                }
            }
        }
        let packed = matrices.chunks_exact(input * output);
        Self {
            weight: packed.flat_map(|m| gemm::pack(m, output)).collect(),
            bias: conv.bias,
            input,
            padding: conv.padding,
            epilogue: Epilogue(conv.affine),
            is_pooled: conv.is_pooled,
        }
    }

    /// Convolves `image` of `shape` into `result` and returns the result's shape. `residual`, if any, is added before the ReLU; it
    /// has the shape of the output before pooling.
    ///
    /// # Shapes
    /// `[rows, columns, input]` to `[rows, columns, output]`, with two rows and columns fewer without padding, and half
    /// of them with pooling.
    pub fn run(
        &self,
        image: &[f32],
        shape: Shape,
        residual: Option<&[f32]>,
        scratch: &mut Scratch,
        result: &mut Vec<f32>,
    ) -> Shape {
        let output = self.bias.len();
        let convolved = shape.convolved(self.padding, output);
        let stored = if self.is_pooled {
            convolved.pooled()
        } else {
            convolved
        };
        result.resize(stored.count(), 0.0);
        let across = convolved.columns.div_ceil(TILE);
        let tiles = convolved.rows.div_ceil(TILE) * across;
        let corner = |tile: usize| [TILE * (tile / across), TILE * (tile % across)];
        for first in (0..tiles).step_by(TILES) {
            let count = TILES.min(tiles - first);
            scratch.patches.resize(POSITIONS * count * self.input, 0.0);
            scratch.products.resize(POSITIONS * count * output, 0.0);
            for i in 0..count {
                let patches = &mut scratch.patches[i * self.input..];
                self.transform_input(image, shape, corner(first + i), patches, count);
            }
            let weights = self.weight.chunks_exact(self.input * output);
            let patches = scratch.patches.chunks_exact(count * self.input);
            let products = scratch.products.chunks_exact_mut(count * output);
            for ((patches, weight), products) in patches.zip(weights).zip(products) {
                gemm::multiply(patches, self.input, weight, products, output);
            }
            for i in 0..count {
                let products = &scratch.products[i * output..];
                let sums = TileSums {
                    products,
                    stride: count * output,
                };
                self.store(sums, corner(first + i), residual, convolved, stored, result);
            }
        }
        stored
    }

    /// Transforms the input tile at `[top, left]`, with zeros outside the image. Its 36 values are `count * input` apart in `patches`.
    fn transform_input(
        &self,
        image: &[f32],
        shape: Shape,
        [top, left]: [usize; 2],
        patches: &mut [f32],
        count: usize,
    ) {
        let border = match self.padding {
            Padding::Valid => 0,
            Padding::Same => 1,
        };
        // The offset of each pixel of the tile; `None` outside the image.
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
                    Some(start) => F32x4::load_at(image, start + channel),
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

    /// Transforms the sums of the tile at `[top, left]` and stores the values inside the image.
    fn store(
        &self,
        sums: TileSums,
        [top, left]: [usize; 2],
        residual: Option<&[f32]>,
        convolved: Shape,
        stored: Shape,
        result: &mut [f32],
    ) {
        let output = self.bias.len();
        for channel in (0..output).step_by(4) {
            let bias = F32x4::load_at(&self.bias, channel);
            let rows: [[F32x4; TILE]; PATCH] =
                from_fn(|r| output_transform(from_fn(|c| sums.at(r * PATCH + c, channel))));
            let mut tile = [[F32x4::splat(0.0); TILE]; TILE];
            for (c, column) in transposed(&rows).into_iter().enumerate() {
                for (r, sum) in output_transform(column).into_iter().enumerate() {
                    let mut sum = sum + bias;
                    let is_inside = top + r < convolved.rows && left + c < convolved.columns;
                    if let Some(residual) = residual
                        && is_inside
                    {
                        let at = ((top + r) * convolved.columns + left + c) * output;
                        sum = sum + F32x4::load_at(residual, at + channel);
                    }
                    tile[r][c] = self.epilogue.apply(sum, channel);
                }
            }
            let mut put = |row: usize, column: usize, value: F32x4| {
                if row < stored.rows && column < stored.columns {
                    let at = (row * stored.columns + column) * output + channel;
                    result[at..at + 4].copy_from_slice(&value.to_array());
                }
            };
            if self.is_pooled {
                for (r, pair) in tile.as_chunks::<2>().0.iter().enumerate() {
                    for c in 0..TILE / 2 {
                        let [upper, lower] = pair.map(|row| row[2 * c].max(row[2 * c + 1]));
                        put(top / 2 + r, left / 2 + c, upper.max(lower));
                    }
                }
            } else {
                for (r, row) in tile.iter().enumerate() {
                    for (c, &value) in row.iter().enumerate() {
                        put(top + r, left + c, value);
                    }
                }
            }
        }
    }
}

/// The 36 sums of one tile for each channel.
#[derive(Clone, Copy)]
struct TileSums<'a> {
    products: &'a [f32],
    /// The distance between the 36.
    stride: usize,
}

impl TileSums<'_> {
    #[inline(always)]
    fn at(self, position: usize, channel: usize) -> F32x4 {
        F32x4::load_at(self.products, position * self.stride + channel)
    }
}

/// G g G^T: the transform of a 3x3 filter to 6x6.
fn transformed_filter(filter: &[f32; 9]) -> [f32; POSITIONS] {
    let transform = |[a, b, c]: [f32; 3]| {
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
    let rows: [[f32; PATCH]; 3] = from_fn(|r| transform(from_fn(|c| filter[3 * r + c])));
    let columns: [[f32; PATCH]; PATCH] = from_fn(|c| transform(from_fn(|r| rows[r][c])));
    from_fn(|position| columns[position % PATCH][position / PATCH])
}

#[inline(always)]
fn transposed<const R: usize, const C: usize>(rows: &[[F32x4; C]; R]) -> [[F32x4; R]; C] {
    from_fn(|c| from_fn(|r| rows[r][c]))
}

/// B^T d: the input transform of a row or column.
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

/// A^T m: the output transform of a row or column.
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
