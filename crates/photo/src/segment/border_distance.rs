//! The difference of each pixel from the photo's border: the first guess of the garment.

use alloc::vec::Vec;

use super::blur::blur;
use super::lab_image::LabImage;

/// The border's width in pixels.
const BORDER: usize = 3;
/// Iterations of the robust fit; each lowers the weights of outliers.
const ITERATIONS: usize = 6;

/// Each pixel's distance in CIELAB from the colour that the border predicts for it, slightly blurred.
///
/// The prediction is a plane over the image for each channel, so that light from one side counts as background. The planes
/// are fitted to the border by iteratively reweighted least squares with Cauchy weights, so that a garment that reaches the
/// border has little influence.
pub fn border_distances(image: &LabImage) -> Vec<f32> {
    let (width, height) = (image.width, image.height);
    let position = |i: usize| {
        let x = (i % width) as f32 / width as f32 - 0.5;
        let y = (i / width) as f32 / height as f32 - 0.5;
        [1.0, x, y]
    };
    let border: Vec<usize> = (0..image.len())
        .filter(|i| {
            let (x, y) = (i % width, i / width);
            x.min(width - 1 - x).min(y).min(height - 1 - y) < BORDER
        })
        .collect();
    let mut weights: Vec<f32> = border.iter().map(|_| 1.0).collect();
    let mut planes = [[0.0; 3]; 3];
    let distance = |planes: &[[f32; 3]; 3], i: usize| {
        let at = position(i);
        let mut squares = 0.0;
        for (plane, colour) in planes.iter().zip(image.colours[i]) {
            let predicted = plane[0] * at[0] + plane[1] * at[1] + plane[2] * at[2];
            squares += (colour - predicted) * (colour - predicted);
        }
        libm::sqrtf(squares)
    };
    for _ in 0..ITERATIONS {
        planes = fit_planes(image, &border, &weights, position);
        let residuals: Vec<f32> = border.iter().map(|&i| distance(&planes, i)).collect();
        let mut ordered = residuals.clone();
        let middle = ordered.len() / 2;
        let (_, median, _) = ordered.select_nth_unstable_by(middle, f32::total_cmp);
        // The median estimates the standard deviation of normal residuals; the constant keeps it above 0.
        let scale = 1.5 * *median + 3.0;
        for (weight, residual) in weights.iter_mut().zip(residuals) {
            *weight = 1.0 / (1.0 + (residual / scale) * (residual / scale));
        }
    }
    let distances: Vec<f32> = (0..image.len()).map(|i| distance(&planes, i)).collect();
    blur(&distances, width)
}

/// Weighted least squares: the coefficients of a plane for each channel.
fn fit_planes(
    image: &LabImage,
    border: &[usize],
    weights: &[f32],
    position: impl Fn(usize) -> [f32; 3],
) -> [[f32; 3]; 3] {
    let mut normal = [[0.0f32; 3]; 3];
    let mut right = [[0.0f32; 3]; 3];
    for (&i, &weight) in border.iter().zip(weights) {
        let at = position(i);
        for row in 0..3 {
            for column in 0..3 {
                normal[row][column] += weight * at[row] * at[column];
                right[row][column] += weight * at[row] * image.colours[i][column];
            }
        }
    }
    // Keeps the equations solvable where the border is a single line.
    (0..3).for_each(|i| normal[i][i] += 1e-3);
    let inverse = inverse(normal);
    core::array::from_fn(|channel| {
        core::array::from_fn(|row| (0..3).map(|k| inverse[row][k] * right[k][channel]).sum())
    })
}

/// The inverse of a symmetric matrix, by cofactors.
fn inverse(m: [[f32; 3]; 3]) -> [[f32; 3]; 3] {
    let cofactor = |r: usize, c: usize| {
        let [r1, r2] = [(r + 1) % 3, (r + 2) % 3];
        let [c1, c2] = [(c + 1) % 3, (c + 2) % 3];
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f32 = (0..3).map(|c| m[0][c] * cofactor(0, c)).sum();
    core::array::from_fn(|r| core::array::from_fn(|c| cofactor(c, r) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(colour: impl Fn(usize, usize) -> [f32; 3]) -> LabImage {
        LabImage {
            width: 40,
            height: 40,
            colours: (0..1600).map(|i| colour(i % 40, i / 40)).collect(),
        }
    }

    #[test]
    fn light_from_one_side_is_background() {
        let wall = |x: usize, y: usize| [40.0 + x as f32, 0.5 * y as f32, 0.0];
        let found = border_distances(&image(wall));
        // The edges are blurred with themselves.
        assert!(found.iter().all(|d| *d < 0.5), "{found:?}");
    }

    #[test]
    fn a_garment_that_reaches_the_border_is_far_from_it() {
        // Trousers that reach the lower border, as far as a third of it.
        let found = border_distances(&image(|x, y| {
            if (14..26).contains(&x) && y > 10 {
                [30.0, 0.0, 20.0]
            } else {
                [80.0, 0.0, 0.0]
            }
        }));
        assert!(found[25 * 40 + 20] > 45.0 && found[39 * 40 + 20] > 45.0);
        assert!(found[5 * 40 + 20] < 8.0 && found[39 * 40 + 2] < 8.0);
    }
}
