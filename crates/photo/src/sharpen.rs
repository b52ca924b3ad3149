//! Sharpening as in the data set: ImageMagick's `-sharpen 1x1`.

use alloc::vec::Vec;

/// The 3x3 kernel's weights in the middle, beside it and in the corners; all nine sum to one.
///
/// ImageMagick's `SharpenImage` takes the Gaussian g(r) = exp(-r^2 / 2) of radius 1 and standard deviation 1, negates it, puts twice
/// its sum S = 1 + 4 g(1) + 4 g(sqrt 2) = 4.8976 in the middle, and divides by what that sums to, S + 1.
const MIDDLE: f32 = 1.660_881_3;
const BESIDE: f32 = -0.102_842_94;
const CORNER: f32 = -0.062_377_39;

/// Sharpens a grey image; beyond its edges the edge pixels repeat.
///
/// # Shapes
/// `[height, width]`, row-major, the same for the result.
pub fn sharpen(grey: &[u8], width: usize) -> Vec<u8> {
    let height = grey.len() / width;
    let mut sharp = Vec::with_capacity(grey.len());
    for y in 0..height {
        let rows = [y.saturating_sub(1), y, (y + 1).min(height - 1)];
        for x in 0..width {
            let columns = [x.saturating_sub(1), x, (x + 1).min(width - 1)];
            let at =
                |row: usize, column: usize| i32::from(grey[rows[row] * width + columns[column]]);
            let corners = at(0, 0) + at(0, 2) + at(2, 0) + at(2, 2);
            let beside = at(0, 1) + at(1, 0) + at(1, 2) + at(2, 1);
            let value = MIDDLE * at(1, 1) as f32 + BESIDE * beside as f32 + CORNER * corners as f32;
            // Rounds; a cast saturates at 0 and 255.
            sharp.push((value + 0.5) as u8);
        }
    }
    sharp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_equals_its_closed_form() {
        let beside = libm::exp(-0.5);
        let corner = libm::exp(-1.0);
        let sum = 1.0 + 4.0 * beside + 4.0 * corner;
        let norm = sum + 1.0;
        assert!((f64::from(MIDDLE) - 2.0 * sum / norm).abs() < 1e-6);
        assert!((f64::from(BESIDE) + beside / norm).abs() < 1e-7);
        assert!((f64::from(CORNER) + corner / norm).abs() < 1e-7);
        assert!((MIDDLE + 4.0 * BESIDE + 4.0 * CORNER - 1.0).abs() < 1e-6);
    }

    #[test]
    fn uniform_areas_do_not_change() {
        assert_eq!(sharpen(&[137; 12], 4), [137; 12]);
        assert_eq!(sharpen(&[9], 1), [9]);
    }

    #[test]
    fn an_edge_overshoots_on_both_sides() {
        // Two columns differ: beside the step, the difference of 40 times (BESIDE + 2 CORNER) = -9.10.
        let sharp = sharpen(&[100, 100, 140, 140].repeat(3), 4);
        assert_eq!(sharp[4..8], [100, 91, 149, 140]);
    }

    #[test]
    fn a_point_spreads_by_the_kernel_and_saturates_at_black_and_white() {
        let mut point = [0; 25];
        point[12] = 100;
        let sharp = sharpen(&point, 5);
        assert_eq!(sharp[12], 166);
        assert_eq!(sharp.iter().filter(|&&value| value > 0).count(), 1);
        point = [200; 25];
        point[12] = 100;
        let sharp = sharpen(&point, 5);
        // 200 - 166.09, and 200 + 10.28, 200 + 6.24 around it.
        assert_eq!(
            (sharp[12], sharp[11], sharp[6], sharp[0]),
            (34, 210, 206, 200)
        );
    }
}
