//! Quantisation of projected features to bytes, which the forest is fitted to.

use ndarray::Array2;
use shared::model::forest::quantise;

use super::projection::Projection;

/// Scales and shifts each dimension so that the training points span 0 to 255, both in the points and in the projection.
pub fn scale_to_bytes(projection: &mut Projection, points: &mut Array2<f32>) {
    let dimensions = points.ncols();
    let mut lowest = vec![f32::INFINITY; dimensions];
    let mut highest = vec![f32::NEG_INFINITY; dimensions];
    for point in points.rows() {
        for (i, &v) in point.iter().enumerate() {
            lowest[i] = lowest[i].min(v);
            highest[i] = highest[i].max(v);
        }
    }
    let scale: Vec<f32> = lowest
        .iter()
        .zip(&highest)
        .map(|(l, h)| if h > l { 255.0 / (h - l) } else { 1.0 })
        .collect();
    for i in 0..dimensions {
        projection.offset[i] = (projection.offset[i] - lowest[i]) * scale[i];
        let mut weights = projection.weight.row_mut(i);
        weights.mapv_inplace(|weight| weight * scale[i]);
    }
    for mut point in points.rows_mut() {
        for (i, v) in point.iter_mut().enumerate() {
            *v = (*v - lowest[i]) * scale[i];
        }
    }
}

/// Rounds scaled points to bytes, as the forest does when it predicts.
pub fn round_to_bytes(points: &Array2<f32>) -> Array2<u8> {
    points.mapv(quantise)
}
