//! Pooling over rows x columns x channels.

use alloc::{vec, vec::Vec};

use super::shape::Shape;

/// The largest of each 2x2; an odd last row and column are dropped.
pub fn max(picture: &[f32], shape: Shape, result: &mut Vec<f32>) -> Shape {
    let out = shape.pooled();
    let c = shape.channels;
    let row = shape.columns * c;
    result.resize(out.len(), 0.0);
    for (y, target) in result.chunks_exact_mut(out.columns * c).enumerate() {
        let upper = &picture[2 * y * row..][..row];
        let lower = &picture[(2 * y + 1) * row..][..row];
        for (x, target) in target.chunks_exact_mut(c).enumerate() {
            let quads = [upper, lower].map(|r| r[2 * x * c..][..2 * c].split_at(c));
            let [(a, b), (d, e)] = quads;
            for (i, target) in target.iter_mut().enumerate() {
                *target = a[i].max(b[i]).max(d[i].max(e[i]));
            }
        }
    }
    out
}

/// Each channel's mean.
pub fn average(picture: &[f32], shape: Shape) -> Vec<f32> {
    let mut means = vec![0.0; shape.channels];
    for pixel in picture.chunks_exact(shape.channels) {
        for (mean, value) in means.iter_mut().zip(pixel) {
            *mean += value;
        }
    }
    let pixels = (shape.rows * shape.columns) as f32;
    for mean in &mut means {
        *mean /= pixels;
    }
    means
}
