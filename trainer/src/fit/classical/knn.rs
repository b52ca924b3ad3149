//! The distance scale of the k-nearest-neighbours model.

use ndarray::Array2;
use shared::simd;

use super::matrix::row_slices;

/// Points whose nearest neighbour is searched.
const SAMPLED: usize = 1000;

/// The mean squared distance of the first points to their nearest neighbour; 1 if all points are the same.
pub fn mean_nearest_distance(points: &Array2<f32>) -> f32 {
    let points = row_slices(points);
    let squares: Vec<f32> = points.iter().map(|p| simd::dot(p, p)).collect();
    let sampled = points.len().min(SAMPLED);
    let sum: f32 = (0..sampled)
        .map(|i| {
            let others = points
                .iter()
                .zip(&squares)
                .enumerate()
                .filter(|(j, _)| *j != i);
            let distances = others.map(|(_, (other, square))| {
                square + squares[i] - 2.0 * simd::dot(points[i], other)
            });
            distances.fold(f32::INFINITY, f32::min).max(0.0)
        })
        .sum();
    if sum > 0.0 && sum.is_finite() {
        sum / sampled as f32
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_nearest_neighbour_counts() {
        // Nearest distances: 1, 1 and 4, squared 1, 1 and 16.
        let points = array![[0.0], [1.0], [5.0]];
        assert_eq!(mean_nearest_distance(&points), 6.0);
    }

    #[test]
    fn equal_points_have_the_scale_one() {
        assert_eq!(mean_nearest_distance(&array![[2.0], [2.0]]), 1.0);
    }
}
