//! The axis of a plot: the mapping from values to pixels, and its ticks.

/// How values are spaced along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences have equal lengths.
    Linear,
    /// Equal ratios have equal lengths.
    Log,
    /// For accuracies: equal ratios of the error rate (1 - accuracy) have equal lengths.
    LogError,
}

/// The smallest error rate that [`Scale::LogError`] shows.
const LEAST_ERROR: f64 = 1e-3;

impl Scale {
    fn apply(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => log10(value),
            Self::LogError => -log10((1.0 - value).max(LEAST_ERROR)),
        }
    }
}

/// A logarithm to six decimals: its last digits differ between machines, and the report must not.
fn log10(value: f64) -> f64 {
    (value.log10() * 1e6).round() / 1e6
}

/// A range of values along a range of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    pub scale: Scale,
    /// The values at both ends.
    pub range: (f64, f64),
    /// The pixels at both ends. The second may be smaller: the y axis points up.
    pub pixels: (f64, f64),
}

impl Axis {
    /// The pixel of a value. Values out of range are moved to the nearer end.
    pub fn place(&self, value: f64) -> f64 {
        let (from, to) = (
            self.scale.apply(self.range.0),
            self.scale.apply(self.range.1),
        );
        let share = if to > from {
            ((self.scale.apply(value) - from) / (to - from)).clamp(0.0, 1.0)
        } else {
            0.5
        };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// Whether a value is in the range, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.range.0 <= value && value <= self.range.1
    }

    /// Round values in the range. On a linear axis about `count` of them, multiples of 1, 2 or 5 times a power of ten;
    /// else the powers of ten, with 2 and 5 times each where there are fewer than three.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        if self.scale != Scale::Linear {
            let powers = self.decade_ticks(&[1.0]);
            return if powers.len() >= 3 {
                powers
            } else {
                self.decade_ticks(&[1.0, 2.0, 5.0])
            };
        }
        let (from, to) = self.range;
        let rough = (to - from) / count.max(1) as f64;
        if rough.is_nan() || rough <= 0.0 {
            return vec![from];
        }
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|m| m * power)
            .into_iter()
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * power);
        let first = (from / step).ceil() as i64;
        let last = (to / step + 1e-9).floor() as i64;
        (first..=last).map(|i| i as f64 * step).collect()
    }

    /// The powers of ten times each of `factors` that are in the range.
    pub fn decade_ticks(&self, factors: &[f64]) -> Vec<f64> {
        let (from, to) = self.range;
        let powers = (from.log10().floor() as i32)..=(to.log10().ceil() as i32);
        powers
            .flat_map(|power| factors.iter().map(move |f| f * 10_f64.powi(power)))
            .filter(|value| self.contains(*value))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(from: f64, to: f64, scale: Scale) -> Axis {
        Axis {
            scale,
            range: (from, to),
            pixels: (100.0, 0.0),
        }
    }

    #[test]
    fn maps_ends_and_middle() {
        let linear = axis(0.8, 1.0, Scale::Linear);
        assert_eq!(linear.place(0.8), 100.0);
        assert!((linear.place(0.9) - 50.0).abs() < 1e-9);
        assert_eq!(linear.place(7.0), 0.0);
        // The geometric mean is the middle of a logarithmic axis.
        assert!((axis(1e4, 1e6, Scale::Log).place(1e5) - 50.0).abs() < 1e-9);
        // An error of 10% is in the middle between 100% and 1%.
        assert!((axis(0.0, 0.99, Scale::LogError).place(0.9) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_round() {
        let ticks = axis(82.7, 94.4, Scale::Linear).ticks(6);
        assert_eq!(ticks, [84.0, 86.0, 88.0, 90.0, 92.0, 94.0]);
        assert_eq!(axis(5e4, 4e6, Scale::Log).ticks(5).len(), 6);
        assert_eq!(
            axis(50.0, 4e6, Scale::Log).ticks(5),
            [1e2, 1e3, 1e4, 1e5, 1e6]
        );
        assert_eq!(axis(3.0, 3.0, Scale::Linear).ticks(4), [3.0]);
        assert_eq!(
            axis(1.6e4, 2.5e6, Scale::Log).decade_ticks(&[1.0, 2.0, 5.0]),
            [2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6]
        );
    }

    #[test]
    fn a_logarithm_has_no_last_digits() {
        assert_eq!(log10(3.0), 0.477_121);
        assert_eq!(log10(1000.0), 3.0);
    }
}
