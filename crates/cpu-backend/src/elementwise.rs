//! Elementwise kernels: activations, sums over channels, pooling and the optimizer step.
//!
//! Their speed is limited by memory as long as the compiler vectorises them. Therefore they work on rows of a fixed length and are
//! compiled for every instruction set.

use std::marker::PhantomData;

use pulp::{Arch, NullaryFnOnce};
use shared::model::shape::Shape;

use super::adamw::{AdamW, BETA_1, BETA_2, EPSILON};
use super::gemm::COLUMN_BLOCK;

/// Defines functions that are compiled for every instruction set and dispatched at run time.
macro_rules! multiversioned {
    ($($(#[$doc:meta])* pub fn $name:ident<'a>($($argument:ident: $type:ty),* $(,)?) $body:block)*) => {$(
        $(#[$doc])*
        pub fn $name<'a>($($argument: $type),*) {
            struct Job<'a> {
                $($argument: $type,)*
                lifetime: PhantomData<&'a ()>,
            }
            impl<'a> NullaryFnOnce for Job<'a> {
                type Output = ();
                #[inline(always)]
                fn call(self) {
                    let Self { $($argument,)* .. } = self;
                    $body
                }
            }
            Arch::new().dispatch(Job { $($argument,)* lifetime: PhantomData });
        }
    )*};
}

/// Neighbouring channels: a whole number of vectors.
type Row = [f32; COLUMN_BLOCK];

#[inline(always)]
fn rows(list: &[f32]) -> &[Row] {
    list.as_chunks().0
}

#[inline(always)]
fn rows_mut(list: &mut [f32]) -> &mut [Row] {
    list.as_chunks_mut().0
}

/// The maximum, in the form that compiles to one instruction; `b` where `a` is not a number.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

multiversioned! {
    /// ReLU, in place.
    pub fn relu<'a>(values: &'a mut [f32]) {
        for row in rows_mut(values) {
            for value in row {
                *value = larger(*value, 0.0);
            }
        }
    }

    /// The backward pass of a ReLU, in place: the gradient is 0 where the ReLU's result is 0.
    pub fn relu_backward<'a>(result: &'a [f32], gradient: &'a mut [f32]) {
        for (gradient, result) in rows_mut(gradient).iter_mut().zip(rows(result)) {
            for c in 0..COLUMN_BLOCK {
                // A mask of bits, because a branch would not be vectorised.
                let kept = u32::from(result[c] > 0.0).wrapping_neg();
                gradient[c] = f32::from_bits(gradient[c].to_bits() & kept);
            }
        }
    }

    /// Adds the values to the sums.
    pub fn add<'a>(values: &'a [f32], sums: &'a mut [f32]) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }

    /// Adds a bias to each row, and limits the sums to a range.
    pub fn add_bias<'a>(bias: &'a [f32], floor: f32, ceiling: f32, values: &'a mut [f32]) {
        for row in values.chunks_exact_mut(bias.len()) {
            for (value, bias) in row.iter_mut().zip(bias) {
                let sum = *value + bias;
                let sum = if sum > floor { sum } else { floor };
                *value = if sum < ceiling { sum } else { ceiling };
            }
        }
    }

    /// ReLU of the sum of two lists.
    pub fn add_then_relu<'a>(x: &'a [f32], y: &'a [f32], result: &'a mut [f32]) {
        for ((result, x), y) in rows_mut(result).iter_mut().zip(rows(x)).zip(rows(y)) {
            for c in 0..COLUMN_BLOCK {
                result[c] = larger(x[c] + y[c], 0.0);
            }
        }
    }

    /// The products of two lists, element by element.
    pub fn multiply<'a>(x: &'a [f32], y: &'a [f32], result: &'a mut [f32]) {
        for ((result, x), y) in result.iter_mut().zip(x).zip(y) {
            *result = x * y;
        }
    }

    /// Adds each row of a `[rows, channels]` matrix, times `scale`, to `[channels]` sums.
    pub fn add_rows<'a>(matrix: &'a [f32], scale: f32, sums: &'a mut [f32]) {
        let channels = sums.len();
        for (place, sums) in rows_mut(sums).iter_mut().enumerate() {
            let mut own = *sums;
            for row in matrix.chunks_exact(channels) {
                let row = &rows(row)[place];
                for c in 0..COLUMN_BLOCK {
                    own[c] += scale * row[c];
                }
            }
            *sums = own;
        }
    }

    /// For each channel, adds its values to `first` and their squares to `second`.
    pub fn sum_and_squares<'a>(values: &'a [f32], first: &'a mut [f64], second: &'a mut [f64]) {
        let channels = first.len();
        for block in values.chunks(BLOCK * channels) {
            for place in 0..channels / COLUMN_BLOCK {
                let (mut sum, mut squares) = ([0.0; COLUMN_BLOCK], [0.0; COLUMN_BLOCK]);
                for row in block.chunks_exact(channels) {
                    let x = &rows(row)[place];
                    for c in 0..COLUMN_BLOCK {
                        sum[c] += x[c];
                        squares[c] += x[c] * x[c];
                    }
                }
                widen(&sum, &mut first[place * COLUMN_BLOCK..]);
                widen(&squares, &mut second[place * COLUMN_BLOCK..]);
            }
        }
    }

    /// For each channel, adds its gradients to `first` and their products with the centred values to `second`.
    pub fn sum_and_products<'a>(
        values: &'a [f32],
        mean: &'a [f32],
        gradient: &'a [f32],
        first: &'a mut [f64],
        second: &'a mut [f64],
    ) {
        let channels = first.len();
        let blocks = values.chunks(BLOCK * channels).zip(gradient.chunks(BLOCK * channels));
        for (values, gradient) in blocks {
            for (place, mean) in rows(mean).iter().enumerate() {
                let (mut sum, mut products) = ([0.0; COLUMN_BLOCK], [0.0; COLUMN_BLOCK]);
                let both = values.chunks_exact(channels).zip(gradient.chunks_exact(channels));
                for (x, d) in both {
                    let (x, d) = (&rows(x)[place], &rows(d)[place]);
                    for c in 0..COLUMN_BLOCK {
                        sum[c] += d[c];
                        products[c] += d[c] * (x[c] - mean[c]);
                    }
                }
                widen(&sum, &mut first[place * COLUMN_BLOCK..]);
                widen(&products, &mut second[place * COLUMN_BLOCK..]);
            }
        }
    }

    /// `max(x * scale + shift, floor)`, with a scale and a shift per channel.
    pub fn scale_and_shift<'a>(
        values: &'a [f32],
        scale: &'a [f32],
        shift: &'a [f32],
        floor: f32,
        result: &'a mut [f32],
    ) {
        let channels = scale.len();
        let both = values.chunks_exact(channels).zip(result.chunks_exact_mut(channels));
        for (x, y) in both {
            let parts = rows(x).iter().zip(rows_mut(y)).zip(rows(scale).iter().zip(rows(shift)));
            for ((x, y), (scale, shift)) in parts {
                for c in 0..COLUMN_BLOCK {
                    y[c] = larger(x[c] * scale[c] + shift[c], floor);
                }
            }
        }
    }

    /// `gradient * scale + value * slope + shift` in place of the gradient, with constants per channel.
    pub fn combine<'a>(
        values: &'a [f32],
        scale: &'a [f32],
        slope: &'a [f32],
        shift: &'a [f32],
        gradient: &'a mut [f32],
    ) {
        let channels = scale.len();
        let both = values.chunks_exact(channels).zip(gradient.chunks_exact_mut(channels));
        for (x, d) in both {
            let parts = rows(x).iter().zip(rows_mut(d)).zip(rows(scale).iter().zip(rows(slope)).zip(rows(shift)));
            for ((x, d), ((scale, slope), shift)) in parts {
                for c in 0..COLUMN_BLOCK {
                    d[c] = d[c] * scale[c] + x[c] * slope[c] + shift[c];
                }
            }
        }
    }

    /// One step of AdamW, and of the EMA of the parameters.
    pub fn adamw<'a>(
        step: AdamW,
        parameters: &'a mut [f32],
        gradients: &'a [f32],
        first: &'a mut [f32],
        second: &'a mut [f32],
        ema: &'a mut [f32],
    ) {
        let moments = first.iter_mut().zip(second).zip(ema);
        for ((p, &g), ((m, v), a)) in parameters.iter_mut().zip(gradients).zip(moments) {
            *m = BETA_1 * *m + (1.0 - BETA_1) * g;
            *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
            let scale = (*v * step.second_correction).sqrt() + EPSILON;
            *p = *p * step.decay - step.learning_rate * *m * step.first_correction / scale;
            *a += step.ema_rate * (*p - *a);
        }
    }

    /// 2x2 max pooling of images.
    pub fn max_pool<'a>(shape: Shape, input: &'a [f32], result: &'a mut [f32]) {
        let Shape { columns, channels, .. } = shape;
        let width = columns * channels;
        let pooled = shape.pooled();
        let images = input.chunks_exact(shape.count()).zip(result.chunks_exact_mut(pooled.count()));
        for (input, result) in images {
            let pairs = input.chunks_exact(2 * width).zip(result.chunks_exact_mut(columns / 2 * channels));
            for (pair, result) in pairs {
                let (upper, lower) = pair.split_at(width);
                for (column, result) in result.chunks_exact_mut(channels).enumerate() {
                    let at = 2 * column * channels;
                    let (a, b) = upper[at..][..2 * channels].split_at(channels);
                    let (c, d) = lower[at..][..2 * channels].split_at(channels);
                    let four = rows(a).iter().zip(rows(b)).zip(rows(c).iter().zip(rows(d)));
                    for (result, ((a, b), (c, d))) in rows_mut(result).iter_mut().zip(four) {
                        for i in 0..COLUMN_BLOCK {
                            result[i] = larger(larger(a[i], b[i]), larger(c[i], d[i]));
                        }
                    }
                }
            }
        }
    }

    /// The backward pass of 2x2 max pooling: the gradient goes to the first maximum of each 2x2. `input_gradient` must be all zeros.
    pub fn max_pool_backward<'a>(
        shape: Shape,
        input: &'a [f32],
        result: &'a [f32],
        gradient: &'a [f32],
        input_gradient: &'a mut [f32],
    ) {
        let Shape { columns, channels, .. } = shape;
        let width = columns * channels;
        let pooled = shape.pooled();
        let images = input.chunks_exact(shape.count()).zip(input_gradient.chunks_exact_mut(shape.count()));
        let results = result.chunks_exact(pooled.count()).zip(gradient.chunks_exact(pooled.count()));
        for ((input, back), (result, gradient)) in images.zip(results) {
            let pairs = input.chunks_exact(2 * width).zip(back.chunks_exact_mut(2 * width));
            let row = pooled.columns * channels;
            let results = result.chunks_exact(row).zip(gradient.chunks_exact(row));
            for ((pair, back), (result, gradient)) in pairs.zip(results) {
                let (upper, lower) = pair.split_at(width);
                let (back_upper, back_lower) = back.split_at_mut(width);
                let results = result.chunks_exact(channels).zip(gradient.chunks_exact(channels));
                for (column, (result, gradient)) in results.enumerate() {
                    let at = 2 * column * channels;
                    let (a, b) = upper[at..][..2 * channels].split_at(channels);
                    let c = &lower[at..][..channels];
                    let (to_a, to_b) = back_upper[at..][..2 * channels].split_at_mut(channels);
                    let (to_c, to_d) = back_lower[at..][..2 * channels].split_at_mut(channels);
                    for place in 0..channels / COLUMN_BLOCK {
                        let (result, gradient) = (&rows(result)[place], &rows(gradient)[place]);
                        let (a, b, c) = (&rows(a)[place], &rows(b)[place], &rows(c)[place]);
                        let (to_a, to_b) = (&mut rows_mut(to_a)[place], &mut rows_mut(to_b)[place]);
                        let (to_c, to_d) = (&mut rows_mut(to_c)[place], &mut rows_mut(to_d)[place]);
                        for i in 0..COLUMN_BLOCK {
                            // 0 once an earlier one has received the gradient.
                            let mut left = gradient[i];
                            to_a[i] = if a[i] == result[i] { left } else { 0.0 };
                            left -= to_a[i];
                            to_b[i] = if b[i] == result[i] { left } else { 0.0 };
                            left -= to_b[i];
                            to_c[i] = if c[i] == result[i] { left } else { 0.0 };
                            to_d[i] = left - to_c[i];
                        }
                    }
                }
            }
        }
    }
}

/// Rows that are added up in 32 bits before they are added to the sum in 64 bits.
const BLOCK: usize = 64;

/// Adds sums in 32 bits to sums in 64.
#[inline(always)]
fn widen(sums: &Row, wide: &mut [f64]) {
    for (wide, sum) in wide.iter_mut().zip(sums) {
        *wide += f64::from(*sum);
    }
}
