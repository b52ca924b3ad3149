//! Depthwise convolution with ReLU6: each channel has a kernel of its own.
//!
//! The sums of a few neighbouring pixels x four channels stay in registers, so that a weight is loaded once for all of them.

use alloc::vec::Vec;

use crate::model::photo_network::ConvLayer;
use crate::model::shape::Shape;
use crate::simd::F32x4;

/// Neighbouring output pixels that are computed together.
const PIXELS: usize = 4;
/// Channels of a vector.
const LANES: usize = 4;

/// A depthwise convolution.
pub struct DepthwiseConv {
    layer: ConvLayer,
    /// `[size, size, channels]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl DepthwiseConv {
    /// `weight` is `[channels, size, size]`, `bias` `[channels]`; the number of channels is a multiple of four.
    pub fn new(layer: ConvLayer, weight: &[f32], bias: &[f32]) -> Self {
        let taps = layer.size() * layer.size();
        let channels = bias.len();
        let weight = (0..taps).flat_map(|tap| (0..channels).map(move |c| weight[c * taps + tap]));
        Self {
            weight: weight.collect(),
            bias: bias.to_vec(),
            layer,
        }
    }

    /// Convolves `image` of `shape` into `result` and returns the result's shape. `padded` is a buffer.
    pub fn run(
        &self,
        image: &[f32],
        shape: Shape,
        padded: &mut Vec<f32>,
        result: &mut Vec<f32>,
    ) -> Shape {
        let out = self.layer.output_shape(shape);
        result.resize(out.count(), 0.0);
        let columns = self.pad(image, shape, padded);
        match (self.layer.size(), self.layer.stride) {
            (3, 1) => self.convolve::<3, 1>(padded, columns, out, result),
            (3, _) => self.convolve::<3, 2>(padded, columns, out, result),
            (_, 1) => self.convolve::<5, 1>(padded, columns, out, result),
            _ => self.convolve::<5, 2>(padded, columns, out, result),
        }
        out
    }

    /// Copies the image into a border of zeros, wide enough for whole groups of output pixels, and returns the padded image's columns.
    fn pad(&self, image: &[f32], shape: Shape, padded: &mut Vec<f32>) -> usize {
        let out = self.layer.output_shape(shape);
        let (size, stride) = (self.layer.size(), self.layer.stride);
        let rows = (out.rows - 1) * stride + size;
        let columns = (out.columns.next_multiple_of(PIXELS) - 1) * stride + size;
        let (top, left) = (
            self.layer.padding_before(shape.rows),
            self.layer.padding_before(shape.columns),
        );
        let channels = shape.channels;
        padded.clear();
        padded.resize(rows.max(top + shape.rows) * columns * channels, 0.0);
        let width = shape.columns * channels;
        for (y, row) in image.chunks_exact(width).enumerate() {
            padded[((top + y) * columns + left) * channels..][..width].copy_from_slice(row);
        }
        columns
    }

    #[inline(always)]
    fn convolve<const SIZE: usize, const STRIDE: usize>(
        &self,
        padded: &[f32],
        columns: usize,
        out: Shape,
        result: &mut [f32],
    ) {
        let channels = out.channels;
        let [floor, ceiling] = [0.0, 6.0].map(F32x4::splat);
        for y in 0..out.rows {
            for x in (0..out.columns).step_by(PIXELS) {
                let count = PIXELS.min(out.columns - x);
                for channel in (0..channels).step_by(LANES) {
                    let mut sums = [F32x4::load_at(&self.bias, channel); PIXELS];
                    for ky in 0..SIZE {
                        let first = ((y * STRIDE + ky) * columns + x * STRIDE) * channels + channel;
                        let row = &padded[first..];
                        let weights = &self.weight[ky * SIZE * channels + channel..];
                        for kx in 0..SIZE {
                            let weight = F32x4::load_at(weights, kx * channels);
                            for (p, sum) in sums.iter_mut().enumerate() {
                                let value = F32x4::load_at(row, (p * STRIDE + kx) * channels);
                                *sum = sum.add_product(value, weight);
                            }
                        }
                    }
                    for (p, &sum) in sums[..count].iter().enumerate() {
                        let at = (y * out.columns + x + p) * channels + channel;
                        let value = sum.max(floor).min(ceiling);
                        result[at..at + LANES].copy_from_slice(&value.to_array());
                    }
                }
            }
        }
    }
}
