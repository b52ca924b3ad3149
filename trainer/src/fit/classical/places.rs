//! Training pictures' places, measured: how far they spread, how far the nearest is, and how they fit into bytes.

use shared::model::forest::quantise;
use shared::simd;

use super::matrix::Matrix;
use super::projection::Projection;

/// The columns' mean variance.
pub fn variance(rows: &Matrix) -> f32 {
    let mean = rows.mean();
    let mut sum = 0.0_f64;
    for row in rows.rows() {
        sum += row
            .iter()
            .zip(&mean)
            .map(|(v, m)| f64::from((v - m) * (v - m)))
            .sum::<f64>();
    }
    (sum / rows.values.len().max(1) as f64) as f32
}

/// The mean squared distance of a thousand places to their nearest neighbour.
pub fn nearest(rows: &Matrix) -> f32 {
    let squares: Vec<f32> = rows.rows().map(|r| simd::dot(r, r)).collect();
    let some = rows.len().min(1000);
    let sum: f32 = (0..some)
        .map(|i| {
            let others = rows
                .rows()
                .zip(&squares)
                .enumerate()
                .filter(|(j, _)| *j != i);
            let distances = others.map(|(_, (other, square))| {
                square + squares[i] - 2.0 * simd::dot(rows.row(i), other)
            });
            distances.fold(f32::INFINITY, f32::min).max(0.0)
        })
        .sum();
    // All alike: any width will do.
    match sum > 0.0 && sum.is_finite() {
        true => sum / some as f32,
        false => 1.0,
    }
}

/// Stretches and shifts each dimension so that the training pictures fill a byte, in their places and in the
/// projection that leads there.
pub fn to_bytes(projection: &mut Projection, rows: &mut Matrix) {
    let wide = rows.columns;
    let (mut low, mut high) = (vec![f32::INFINITY; wide], vec![f32::NEG_INFINITY; wide]);
    for row in rows.rows() {
        for (i, &v) in row.iter().enumerate() {
            (low[i], high[i]) = (low[i].min(v), high[i].max(v));
        }
    }
    let stretch: Vec<f32> = low
        .iter()
        .zip(&high)
        .map(|(l, h)| if h > l { 255.0 / (h - l) } else { 1.0 })
        .collect();
    for i in 0..wide {
        projection.offset[i] = (projection.offset[i] - low[i]) * stretch[i];
        let columns = projection.weight.columns;
        for weight in &mut projection.weight.values[i * columns..(i + 1) * columns] {
            *weight *= stretch[i];
        }
    }
    for row in rows.values.chunks_exact_mut(wide) {
        for (i, v) in row.iter_mut().enumerate() {
            *v = (*v - low[i]) * stretch[i];
        }
    }
}

/// The places as trees compare them, a row of bytes each.
pub fn as_bytes(rows: &Matrix) -> Vec<Vec<u8>> {
    rows.rows()
        .map(|row| row.iter().map(|&v| quantise(v)).collect())
        .collect()
}
