//! Fractal noise on a square grid, for synthetic images.

use rand::Rng;

/// Values of a square grid, row by row, mostly from 0 to 1.
#[derive(Clone)]
pub struct Grid {
    pub side: usize,
    pub values: Vec<f32>,
}

impl Grid {
    /// A grid of the values at each column and row.
    pub fn from_fn(side: usize, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let values = (0..side * side).map(|i| value(i % side, i / side));
        Self {
            side,
            values: values.collect(),
        }
    }

    /// Fractal noise from 0 to 1: a sum of random grids, each twice as fine as the one before and `persistence` times as strong.
    pub fn fractal_noise(side: usize, persistence: f32, rng: &mut impl Rng) -> Self {
        let mut sum = Self::from_fn(side, |_, _| 0.0);
        let (mut cells, mut amplitude) = (2, 1.0);
        while cells <= side {
            let coarse_side = cells + 1;
            let values = (0..coarse_side * coarse_side)
                .map(|_| rng.random_range(-1.0..1.0) * amplitude)
                .collect();
            let coarse = Self {
                side: coarse_side,
                values,
            };
            let step = cells as f32 / side as f32;
            for (i, value) in sum.values.iter_mut().enumerate() {
                *value += coarse.interpolate((i % side) as f32 * step, (i / side) as f32 * step);
            }
            (cells, amplitude) = (cells * 2, amplitude * persistence);
        }
        sum.normalised()
    }

    /// Scaled to 0 to 1.
    pub fn normalised(mut self) -> Self {
        let values = self.values.iter().copied();
        let lowest = values.clone().fold(f32::INFINITY, f32::min);
        let highest = values.fold(f32::NEG_INFINITY, f32::max);
        let range = (highest - lowest).max(1e-6);
        for value in &mut self.values {
            *value = (*value - lowest) / range;
        }
        self
    }

    /// Bilinear interpolation; 0 outside the grid.
    pub fn interpolate(&self, x: f32, y: f32) -> f32 {
        let last = (self.side - 1) as f32;
        if !(0.0..=last).contains(&x) || !(0.0..=last).contains(&y) {
            return 0.0;
        }
        let (left, top) = (x as usize, y as usize);
        let right = (left + 1).min(self.side - 1);
        let bottom = (top + 1).min(self.side - 1);
        let (across, down) = (x - left as f32, y - top as f32);
        let value = |x: usize, y: usize| self.values[y * self.side + x];
        let row = |y: usize| value(left, y) + across * (value(right, y) - value(left, y));
        row(top) + down * (row(bottom) - row(top))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_between_four_values() {
        let grid = Grid::from_fn(2, |x, y| (x + 2 * y) as f32);
        assert_eq!(grid.interpolate(0.5, 0.5), 1.5);
        assert_eq!(grid.interpolate(1.0, 0.25), 1.5);
        assert_eq!(grid.interpolate(1.5, 0.0), 0.0);
    }
}
