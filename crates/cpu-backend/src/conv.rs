//! 3x3 convolution of a shard's images: forward pass and gradients.

use shared::model::shape::Shape;

use super::elementwise;
use super::gemm::{GatherGemm, OuterGemm, RowRange, ScatterGemm};

/// Bytes of activations that are processed at a time, so that they stay in the second-level cache.
const GROUP_BYTES: usize = 256 * 1024;

/// The sizes and offsets of a convolution; images are `[rows, columns, channels]`.
pub struct Conv {
    pub input: Shape,
    /// The input with its border of zeros, if it has one.
    padded: Shape,
    pub output: Shape,
    /// Images of a group, which are processed at a time.
    group: usize,
    /// The start of each output pixel's input in the prepared images of a group.
    starts: Vec<u32>,
    taps: Vec<usize>,
    /// The rows of the output images of a group.
    ranges: Vec<RowRange>,
}

/// Buffers for the gradient of the input.
pub struct InputGradient<'a> {
    pub gradient: &'a mut Vec<f32>,
    /// The gradient of the padded input.
    pub padded: &'a mut Vec<f32>,
}

impl Conv {
    /// A convolution of images with a border of `border` zeros.
    pub fn new(input: Shape, border: usize, channels: usize) -> Self {
        let padded = Shape {
            rows: input.rows + 2 * border,
            columns: input.columns + 2 * border,
            ..input
        };
        let output = Shape {
            rows: padded.rows - 2,
            columns: padded.columns - 2,
            channels,
        };
        let group = (GROUP_BYTES / 4 / (padded.count() + output.count())).clamp(1, 16);
        let mut conv = Self {
            input,
            padded,
            output,
            group,
            starts: Vec::new(),
            taps: vec![0],
            ranges: Vec::new(),
        };
        let pixels = output.rows * output.columns;
        if conv.has_patches() {
            conv.starts = (0..group * pixels).map(|p| (p * 9) as u32).collect();
            conv.ranges.push(RowRange {
                left: 0,
                right: 0,
                rows: pixels,
            });
            return conv;
        }
        let offset = |row: usize, column: usize| (row * padded.columns + column) * padded.channels;
        conv.taps = (0..9).map(|tap| offset(tap / 3, tap % 3)).collect();
        for image in 0..group {
            for row in 0..output.rows {
                conv.ranges.push(RowRange {
                    left: image * padded.count() + offset(row, 0),
                    right: image * output.count() + row * output.columns * channels,
                    rows: output.columns,
                });
                let pixels = (0..output.columns).map(|column| offset(row, column));
                conv.starts
                    .extend(pixels.map(|p| (image * padded.count() + p) as u32));
            }
        }
        conv
    }

    /// Whether the 3x3 patch of each pixel is copied before the product (im2col), rather than read through nine taps: with one
    /// channel, a tap would have one value.
    fn has_patches(&self) -> bool {
        self.input.channels == 1
    }

    /// Contiguous values of one tap.
    fn depth(&self) -> usize {
        if self.has_patches() {
            9
        } else {
            self.input.channels
        }
    }

    /// The number of values of a prepared image.
    fn prepared_count(&self) -> usize {
        if self.has_patches() {
            self.output.rows * self.output.columns * 9
        } else {
            self.padded.count()
        }
    }

    /// Prepares images for the products: pads them or copies their patches. `prepared` stays empty where neither is needed.
    fn prepare(&self, input: &[f32], prepared: &mut Vec<f32>) {
        if self.padded == self.input && !self.has_patches() {
            return;
        }
        let count = input.len() / self.input.count();
        if !self.has_patches() {
            prepared.resize(count * self.padded.count(), 0.0);
            self.pad(input, prepared);
            return;
        }
        let mut padded = vec![0.0; count * self.padded.count()];
        self.pad(input, &mut padded);
        prepared.resize(count * self.prepared_count(), 0.0);
        let images = padded.chunks_exact(self.padded.count());
        for (image, patches) in images.zip(prepared.chunks_exact_mut(self.prepared_count())) {
            let columns = self.padded.columns;
            for (row, patches) in patches
                .chunks_exact_mut(9 * self.output.columns)
                .enumerate()
            {
                let rows = &image[row * columns..][..3 * columns];
                for (x, patch) in patches.as_chunks_mut::<9>().0.iter_mut().enumerate() {
                    for y in 0..3 {
                        patch[3 * y..][..3].copy_from_slice(&rows[y * columns + x..][..3]);
                    }
                }
            }
        }
    }

    /// Copies images into their padded form, whose borders stay zero.
    fn pad(&self, input: &[f32], padded: &mut [f32]) {
        let pairs = input
            .chunks_exact(self.input.count())
            .zip(padded.chunks_exact_mut(self.padded.count()));
        for (image, padded) in pairs {
            let (width, padded_width) = (
                self.input.columns * self.input.channels,
                self.padded.columns * self.padded.channels,
            );
            let border = (self.padded.rows - self.input.rows) / 2;
            let inner = padded.chunks_exact_mut(padded_width).skip(border);
            for (row, padded) in image.chunks_exact(width).zip(inner) {
                padded[border * self.input.channels..][..width].copy_from_slice(row);
            }
        }
    }

    /// Copies images out of their padded form.
    fn unpad(&self, padded: &[f32], images: &mut [f32]) {
        let pairs = images
            .chunks_exact_mut(self.input.count())
            .zip(padded.chunks_exact(self.padded.count()));
        for (image, padded) in pairs {
            let (width, padded_width) = (
                self.input.columns * self.input.channels,
                self.padded.columns * self.padded.channels,
            );
            let border = (self.padded.rows - self.input.rows) / 2;
            let inner = padded.chunks_exact(padded_width).skip(border);
            for (row, padded) in image.chunks_exact_mut(width).zip(inner) {
                row.copy_from_slice(&padded[border * self.input.channels..][..width]);
            }
        }
    }

    /// The forward pass; ReLU behind it where `relu`.
    ///
    /// # Shapes
    /// `weight`: `[3, 3, input, output]`. `prepared` is a buffer of this layer that [`backward`](Self::backward) needs again.
    pub fn forward(
        &self,
        input: &[f32],
        weight: &[f32],
        bias: &[f32],
        relu: bool,
        prepared: &mut Vec<f32>,
        result: &mut [f32],
    ) {
        self.prepare(input, prepared);
        let prepared = if prepared.is_empty() {
            input
        } else {
            prepared.as_slice()
        };
        let pixels = self.output.rows * self.output.columns;
        let groups = prepared.chunks(self.group * self.prepared_count());
        for (prepared, result) in groups.zip(result.chunks_mut(self.group * self.output.count())) {
            let count = result.len() / self.output.count();
            GatherGemm {
                input: prepared,
                starts: &self.starts[..count * pixels],
                taps: &self.taps,
                depth: self.depth(),
                weight,
                bias,
                result: &mut *result,
            }
            .run();
            if relu {
                elementwise::relu(result);
            }
        }
    }

    /// The backward pass: adds the gradient of the weight to `weight_gradient`, and computes the gradient of the input where
    /// `input_gradient` is given.
    ///
    /// # Shapes
    /// `transposed`: the weight as `[3, 3, output, input]`.
    pub fn backward(
        &self,
        input: &[f32],
        prepared: &[f32],
        transposed: &[f32],
        gradient: &[f32],
        weight_gradient: &mut [f32],
        input_gradient: Option<InputGradient>,
    ) {
        let pixels = self.output.rows * self.output.columns;
        let prepared = if prepared.is_empty() { input } else { prepared };
        let groups = prepared.chunks(self.group * self.prepared_count());
        for (prepared, gradient) in groups.zip(gradient.chunks(self.group * self.output.count())) {
            let count = gradient.len() / self.output.count();
            let patches = [RowRange {
                left: 0,
                right: 0,
                rows: count * pixels,
            }];
            OuterGemm {
                left: prepared,
                right: gradient,
                ranges: if self.has_patches() {
                    &patches
                } else {
                    &self.ranges[..count * self.output.rows]
                },
                taps: &self.taps,
                depth: self.depth(),
                columns: self.output.channels,
                result: &mut *weight_gradient,
            }
            .run();
        }
        let Some(InputGradient {
            gradient: result,
            padded,
        }) = input_gradient
        else {
            return;
        };
        let count = input.len() / self.input.count();
        let has_border = self.padded != self.input;
        let target = if has_border {
            &mut *padded
        } else {
            &mut *result
        };
        target.clear();
        target.resize(count * self.padded.count(), 0.0);
        let groups = target.chunks_mut(self.group * self.padded.count());
        for (target, gradient) in groups.zip(gradient.chunks(self.group * self.output.count())) {
            let count = gradient.len() / self.output.count();
            ScatterGemm {
                input: gradient,
                starts: &self.starts[..count * pixels],
                taps: &self.taps,
                depth: self.output.channels,
                weight: transposed,
                columns: self.input.channels,
                result: target,
            }
            .run();
        }
        if has_border {
            result.resize(count * self.input.count(), 0.0);
            self.unpad(padded, result);
        }
    }
}
