//! Noise of all grains, on squares of any size.

use rand::Rng;

/// Values in rows, about 0 to 1.
#[derive(Clone)]
pub struct Field {
    pub side: usize,
    pub values: Vec<f32>,
}

impl Field {
    pub fn of(side: usize, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let values = (0..side * side).map(|i| value(i % side, i / side));
        Self {
            side,
            values: values.collect(),
        }
    }

    /// Grids of chance at ever finer steps, each `fading` times as strong as the coarser one; from 0 to 1.
    pub fn fractal(side: usize, fading: f32, rng: &mut impl Rng) -> Self {
        let mut field = Self::of(side, |_, _| 0.0);
        let (mut cells, mut strength) = (2, 1.0);
        while cells <= side {
            let wide = cells + 1;
            let grid: Vec<f32> = (0..wide * wide)
                .map(|_| rng.random_range(-1.0..1.0) * strength)
                .collect();
            let coarse = Self {
                side: wide,
                values: grid,
            };
            let step = cells as f32 / side as f32;
            for (i, value) in field.values.iter_mut().enumerate() {
                *value += coarse.between((i % side) as f32 * step, (i / side) as f32 * step);
            }
            (cells, strength) = (cells * 2, strength * fading);
        }
        field.stretched()
    }

    /// From 0 to 1.
    pub fn stretched(mut self) -> Self {
        let least = self.values.iter().copied().fold(f32::INFINITY, f32::min);
        let most = self
            .values
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let range = (most - least).max(1e-6);
        self.values
            .iter_mut()
            .for_each(|v| *v = (*v - least) / range);
        self
    }

    /// The value between the four around a place; nothing beyond the edges.
    pub fn between(&self, x: f32, y: f32) -> f32 {
        let last = (self.side - 1) as f32;
        if !(0.0..=last).contains(&x) || !(0.0..=last).contains(&y) {
            return 0.0;
        }
        let (left, top) = (x as usize, y as usize);
        let (right, low) = ((left + 1).min(self.side - 1), (top + 1).min(self.side - 1));
        let (across, down) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| self.values[y * self.side + x];
        let line = |y: usize| at(left, y) + across * (at(right, y) - at(left, y));
        line(top) + down * (line(low) - line(top))
    }
}
