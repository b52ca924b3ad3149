//! The first convolution, of one channel, fused with the pooling after it: the values between the two are not stored.

use alloc::vec::Vec;

use crate::model::layer::Padding;
use crate::model::shape::Shape;
use crate::simd::F32x4;

/// A 3x3 convolution of a grey image, ReLU and 2x2 max pooling.
pub struct StemConv {
    /// `[output / 4][ky * 3 + kx][4]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl StemConv {
    /// Packs `weight` `[output, 1, 3, 3]` and `bias` `[output]`; `output` is a multiple of four.
    pub fn new(weight: &[f32], bias: &[f32]) -> Self {
        let packed = (0..bias.len()).step_by(4).flat_map(|quad| {
            (0..9).flat_map(move |tap| (quad..quad + 4).map(move |o| weight[o * 9 + tap]))
        });
        Self {
            weight: packed.collect(),
            bias: bias.to_vec(),
        }
    }

    /// Convolves `image` of `shape` into `result` and returns the result's shape.
    ///
    /// # Shapes
    /// `[rows, columns, 1]` to `[(rows - 2) / 2, (columns - 2) / 2, output]`.
    pub fn run(&self, image: &[f32], shape: Shape, result: &mut Vec<f32>) -> Shape {
        let channels = self.bias.len();
        let out = shape.convolved(Padding::Valid, channels).pooled();
        result.resize(out.count(), 0.0);
        let (weight, _) = self.weight.as_chunks::<4>();
        let (bias, _) = self.bias.as_chunks::<4>();
        for (quad, (weight, bias)) in weight.as_chunks::<9>().0.iter().zip(bias).enumerate() {
            // Nine vectors of weights and four sums stay in registers.
            let weight = weight.each_ref().map(F32x4::load);
            let bias = F32x4::load(bias);
            for y in 0..out.rows {
                let rows: [&[f32]; 4] = core::array::from_fn(|r| {
                    &image[(2 * y + r) * shape.columns..][..shape.columns]
                });
                let row = &mut result[y * out.columns * channels..][..out.columns * channels];
                for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                    let patch = rows.map(|row| {
                        let taps = &row[2 * x..2 * x + 4];
                        core::array::from_fn(|i| F32x4::splat(taps[i]))
                    });
                    let value = (max_of_windows(&patch, &weight) + bias).max(F32x4::splat(0.0));
                    pixel[4 * quad..4 * quad + 4].copy_from_slice(&value.to_array());
                }
            }
        }
        out
    }
}

/// The largest of the sums of the four windows of a 4x4 patch.
#[inline(always)]
fn max_of_windows(patch: &[[F32x4; 4]; 4], weight: &[F32x4; 9]) -> F32x4 {
    let window = |y: usize, x: usize| {
        let mut sum = patch[y][x] * weight[0];
        for tap in 1..9 {
            sum = sum.add_product(patch[y + tap / 3][x + tap % 3], weight[tap]);
        }
        sum
    };
    let upper = window(0, 0).max(window(0, 1));
    upper.max(window(1, 0).max(window(1, 1)))
}
