//! Depthwise convolution of a shard's images: forward pass and gradients.

use core::ops::Range;
use std::marker::PhantomData;

use pulp::{Arch, NullaryFnOnce};
use shared::model::photo_network::ConvLayer;
use shared::model::shape::Shape;

/// Neighbouring channels that are processed together. The network's depthwise convolutions have a multiple of it.
const LANES: usize = 16;
/// More taps than any kernel has.
const MAX_TAPS: usize = 25;

type Lanes = [f32; LANES];

/// The sizes of a depthwise convolution of images of one shape.
#[derive(Clone, Copy)]
pub struct Depthwise {
    size: usize,
    stride: usize,
    /// Rows and columns of zeros before the image.
    padding: [usize; 2],
    input: Shape,
    output: Shape,
}

impl Depthwise {
    pub fn new(layer: &ConvLayer, input: Shape) -> Self {
        assert_eq!(input.channels % LANES, 0);
        Self {
            size: layer.size(),
            stride: layer.stride,
            padding: [input.rows, input.columns].map(|side| layer.padding_before(side)),
            input,
            output: layer.output_shape(input),
        }
    }

    /// The taps of one axis that lie within the image, for an output row or column.
    #[inline(always)]
    fn taps(&self, position: usize, axis: usize) -> Range<usize> {
        let side = [self.input.rows, self.input.columns][axis];
        let first = position * self.stride;
        let padding = self.padding[axis];
        padding.saturating_sub(first)..self.size.min(side + padding - first)
    }

    /// Where an output pixel's value of a tap begins in the image.
    #[inline(always)]
    fn input_index(&self, [y, x]: [usize; 2], [ky, kx]: [usize; 2]) -> usize {
        let row = y * self.stride + ky - self.padding[0];
        let column = x * self.stride + kx - self.padding[1];
        (row * self.input.columns + column) * self.input.channels
    }

    /// The forward pass with ReLU6.
    ///
    /// # Shapes
    /// `weight`: `[size, size, channels]`.
    pub fn forward(self, images: &[f32], weight: &[f32], bias: &[f32], results: &mut [f32]) {
        Arch::new().dispatch(Forward {
            conv: self,
            images,
            weight,
            bias,
            results,
            lifetime: PhantomData,
        });
    }

    /// The backward pass: adds the gradients to those of weight and image.
    ///
    /// # Shapes
    /// `weight` and `weight_gradient`: `[size, size, channels]`.
    pub fn backward(
        self,
        images: &[f32],
        weight: &[f32],
        gradients: &[f32],
        weight_gradient: &mut [f32],
        image_gradients: &mut [f32],
    ) {
        Arch::new().dispatch(Backward {
            conv: self,
            images,
            weight,
            gradients,
            weight_gradient,
            image_gradients,
            lifetime: PhantomData,
        });
    }
}

#[inline(always)]
fn lanes(values: &[f32], at: usize) -> &Lanes {
    values[at..]
        .first_chunk()
        .expect("invariant: the number of channels is a multiple of the lanes")
}

#[inline(always)]
fn lanes_mut(values: &mut [f32], at: usize) -> &mut Lanes {
    values[at..]
        .first_chunk_mut()
        .expect("invariant: the number of channels is a multiple of the lanes")
}

struct Forward<'a> {
    conv: Depthwise,
    images: &'a [f32],
    weight: &'a [f32],
    bias: &'a [f32],
    results: &'a mut [f32],
    lifetime: PhantomData<&'a ()>,
}

impl NullaryFnOnce for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            conv,
            images,
            weight,
            bias,
            results,
            ..
        } = self;
        let Shape {
            rows,
            columns,
            channels,
        } = conv.output;
        let images = images.chunks_exact(conv.input.count());
        for (image, result) in images.zip(results.chunks_exact_mut(conv.output.count())) {
            for y in 0..rows {
                let vertical = conv.taps(y, 0);
                for x in 0..columns {
                    let horizontal = conv.taps(x, 1);
                    for channel in (0..channels).step_by(LANES) {
                        let mut sums = *lanes(bias, channel);
                        for ky in vertical.clone() {
                            for kx in horizontal.clone() {
                                let tap = (ky * conv.size + kx) * channels + channel;
                                let at = conv.input_index([y, x], [ky, kx]) + channel;
                                let (weight, value) = (lanes(weight, tap), lanes(image, at));
                                for i in 0..LANES {
                                    sums[i] += weight[i] * value[i];
                                }
                            }
                        }
                        let at = (y * columns + x) * channels + channel;
                        *lanes_mut(result, at) = sums.map(|s| s.clamp(0.0, 6.0));
                    }
                }
            }
        }
    }
}

struct Backward<'a> {
    conv: Depthwise,
    images: &'a [f32],
    weight: &'a [f32],
    gradients: &'a [f32],
    weight_gradient: &'a mut [f32],
    image_gradients: &'a mut [f32],
    lifetime: PhantomData<&'a ()>,
}

impl NullaryFnOnce for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            conv,
            images,
            weight,
            gradients,
            weight_gradient,
            image_gradients,
            ..
        } = self;
        let Shape {
            rows,
            columns,
            channels,
        } = conv.output;
        let taps = conv.size * conv.size;
        for channel in (0..channels).step_by(LANES) {
            let mut sums = [[0.0; LANES]; MAX_TAPS];
            let mut weights = [[0.0; LANES]; MAX_TAPS];
            for (tap, own) in weights[..taps].iter_mut().enumerate() {
                *own = *lanes(weight, tap * channels + channel);
            }
            let images = images.chunks_exact(conv.input.count());
            let images = images.zip(image_gradients.chunks_exact_mut(conv.input.count()));
            for ((image, back), gradient) in images.zip(gradients.chunks_exact(conv.output.count()))
            {
                for y in 0..rows {
                    let vertical = conv.taps(y, 0);
                    for x in 0..columns {
                        let horizontal = conv.taps(x, 1);
                        let own = *lanes(gradient, (y * columns + x) * channels + channel);
                        for ky in vertical.clone() {
                            for kx in horizontal.clone() {
                                let tap = ky * conv.size + kx;
                                let at = conv.input_index([y, x], [ky, kx]) + channel;
                                let value = lanes(image, at);
                                let back = lanes_mut(back, at);
                                for i in 0..LANES {
                                    sums[tap][i] += value[i] * own[i];
                                    back[i] += weights[tap][i] * own[i];
                                }
                            }
                        }
                    }
                }
            }
            for (tap, sum) in sums[..taps].iter().enumerate() {
                let to = lanes_mut(weight_gradient, tap * channels + channel);
                for i in 0..LANES {
                    to[i] += sum[i];
                }
            }
        }
    }
}
