//! A blur over the eight neighbours: 1 2 1 across and down.

use alloc::vec::Vec;

/// Blurs values row by row and column by column; beyond the border lies more of the same.
///
/// # Shapes
/// `[height, width]`, row-major, the same for the result.
pub(super) fn smoothed(values: &[f32], width: usize) -> Vec<f32> {
    let mix = |before: f32, here: f32, after: f32| 0.25 * (before + after) + 0.5 * here;
    let across: Vec<f32> = values
        .chunks_exact(width)
        .flat_map(|row| {
            (0..width).map(move |x| {
                let (before, after) = (x.saturating_sub(1), (x + 1).min(width - 1));
                mix(row[before], row[x], row[after])
            })
        })
        .collect();
    let height = values.len() / width;
    let at = |x: usize, y: usize| across[y * width + x];
    (0..across.len())
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let (before, after) = (y.saturating_sub(1), (y + 1).min(height - 1));
            mix(at(x, before), across[i], at(x, after))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_point_spreads_over_its_neighbours_and_nothing_is_lost() {
        let mut point = vec![0.0; 25];
        point[12] = 16.0;
        let spread = smoothed(&point, 5);
        assert_eq!((spread[12], spread[11], spread[6]), (4.0, 2.0, 1.0));
        assert_eq!(spread.iter().sum::<f32>(), 16.0);
        assert_eq!(smoothed(&[7.0; 6], 3), [7.0; 6]);
    }
}
