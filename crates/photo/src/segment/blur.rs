//! Binomial blur with the kernel 1 2 1 in both directions.

use alloc::vec::Vec;

/// Blurs an image of one channel; beyond the border the edge pixels repeat.
///
/// # Shapes
/// `[height, width]`, row-major, the same for the result.
pub fn blur(values: &[f32], width: usize) -> Vec<f32> {
    let kernel = |before: f32, here: f32, after: f32| 0.25 * (before + after) + 0.5 * here;
    let rows: Vec<f32> = values
        .chunks_exact(width)
        .flat_map(|row| {
            (0..width).map(move |x| {
                let (before, after) = (x.saturating_sub(1), (x + 1).min(width - 1));
                kernel(row[before], row[x], row[after])
            })
        })
        .collect();
    let height = values.len() / width;
    let at = |x: usize, y: usize| rows[y * width + x];
    (0..rows.len())
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let (before, after) = (y.saturating_sub(1), (y + 1).min(height - 1));
            kernel(at(x, before), rows[i], at(x, after))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_point_spreads_over_its_neighbours_and_the_sum_stays() {
        let mut point = vec![0.0; 25];
        point[12] = 16.0;
        let blurred = blur(&point, 5);
        assert_eq!((blurred[12], blurred[11], blurred[6]), (4.0, 2.0, 1.0));
        assert_eq!(blurred.iter().sum::<f32>(), 16.0);
        assert_eq!(blur(&[7.0; 6], 3), [7.0; 6]);
    }
}
