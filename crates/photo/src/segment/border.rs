//! What stands out from the photo's border.

use alloc::vec::Vec;

use super::grid::Grid;
use super::smooth::smoothed;

/// Pixels that the border is wide.
const WIDE: usize = 3;
/// Rounds of fitting; each gives what does not fit a smaller say.
const ROUNDS: usize = 6;

/// How far each pixel's colour is from what the border lets expect there, slightly blurred.
///
/// Expected is a colour that changes evenly over the picture, as light that falls from one side makes it: a plane through
/// each channel, fitted to the border so that a garment that reaches it counts for little (weights after Cauchy).
pub(super) fn distances(grid: &Grid) -> Vec<f32> {
    let (width, height) = (grid.width, grid.height);
    let place = |i: usize| {
        let x = (i % width) as f32 / width as f32 - 0.5;
        let y = (i / width) as f32 / height as f32 - 0.5;
        [1.0, x, y]
    };
    let border: Vec<usize> = (0..grid.len())
        .filter(|i| {
            let (x, y) = (i % width, i / width);
            x.min(width - 1 - x).min(y).min(height - 1 - y) < WIDE
        })
        .collect();
    let mut weights: Vec<f32> = border.iter().map(|_| 1.0).collect();
    let mut planes = [[0.0; 3]; 3];
    let apart = |planes: &[[f32; 3]; 3], i: usize| {
        let at = place(i);
        let mut squares = 0.0;
        for (plane, colour) in planes.iter().zip(grid.colours[i]) {
            let expected = plane[0] * at[0] + plane[1] * at[1] + plane[2] * at[2];
            squares += (colour - expected) * (colour - expected);
        }
        libm::sqrtf(squares)
    };
    for _ in 0..ROUNDS {
        planes = fit(grid, &border, &weights, place);
        let found: Vec<f32> = border.iter().map(|&i| apart(&planes, i)).collect();
        let mut ordered = found.clone();
        let middle = ordered.len() / 2;
        let (_, median, _) = ordered.select_nth_unstable_by(middle, f32::total_cmp);
        // The standard deviation, were the distances normal, and a little for an even background.
        let scale = 1.5 * *median + 3.0;
        for (weight, distance) in weights.iter_mut().zip(found) {
            *weight = 1.0 / (1.0 + (distance / scale) * (distance / scale));
        }
    }
    let all: Vec<f32> = (0..grid.len()).map(|i| apart(&planes, i)).collect();
    smoothed(&all, width)
}

/// Least squares, a plane a channel.
fn fit(
    grid: &Grid,
    border: &[usize],
    weights: &[f32],
    place: impl Fn(usize) -> [f32; 3],
) -> [[f32; 3]; 3] {
    let mut normal = [[0.0f32; 3]; 3];
    let mut right = [[0.0f32; 3]; 3];
    for (&i, &weight) in border.iter().zip(weights) {
        let at = place(i);
        for row in 0..3 {
            for column in 0..3 {
                normal[row][column] += weight * at[row] * at[column];
                right[row][column] += weight * at[row] * grid.colours[i][column];
            }
        }
    }
    // Keeps it solvable where the border is a single line.
    (0..3).for_each(|i| normal[i][i] += 1e-3);
    let inverse = inverse(normal);
    core::array::from_fn(|channel| {
        core::array::from_fn(|row| (0..3).map(|k| inverse[row][k] * right[k][channel]).sum())
    })
}

/// Of a symmetric matrix, by cofactors.
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

    fn grid(colour: impl Fn(usize, usize) -> [f32; 3]) -> Grid {
        Grid {
            width: 40,
            height: 40,
            colours: (0..1600).map(|i| colour(i % 40, i / 40)).collect(),
        }
    }

    #[test]
    fn light_that_falls_from_one_side_is_expected() {
        let wall = |x: usize, y: usize| [40.0 + x as f32, 0.5 * y as f32, 0.0];
        let found = distances(&grid(wall));
        // The edges are blurred with themselves.
        assert!(found.iter().all(|d| *d < 0.5), "{found:?}");
    }

    #[test]
    fn a_garment_that_leaves_the_picture_still_stands_out() {
        // Trousers that reach the lower border, as far as a third of it.
        let found = distances(&grid(|x, y| match (14..26).contains(&x) && y > 10 {
            true => [30.0, 0.0, 20.0],
            false => [80.0, 0.0, 0.0],
        }));
        assert!(found[25 * 40 + 20] > 45.0 && found[39 * 40 + 20] > 45.0);
        assert!(found[5 * 40 + 20] < 8.0 && found[39 * 40 + 2] < 8.0);
    }
}
