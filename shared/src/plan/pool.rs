//! The mean over rows and columns.

use alloc::{vec, vec::Vec};

use crate::model::shape::Shape;

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
