//! An axis of a plot: numbers to pixels, and where its marks go.

/// A stretch of numbers laid along a stretch of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The numbers at both ends.
    pub range: (f64, f64),
    /// The pixels at both ends; the second may be the smaller, as upwards.
    pub pixels: (f64, f64),
    /// Whether equal ratios are equally long.
    pub logarithmic: bool,
}

impl Axis {
    /// The pixel of a number; those out of range are held at the ends.
    pub fn place(&self, value: f64) -> f64 {
        let scale = |v: f64| if self.logarithmic { v.ln() } else { v };
        let (from, to) = (scale(self.range.0), scale(self.range.1));
        let share = if to > from {
            ((scale(value) - from) / (to - from)).clamp(0.0, 1.0)
        } else {
            0.5
        };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// Round numbers within the range, about `count` of them: powers of ten, with 2 and 5 where there are few; or
    /// multiples of 1, 2 or 5 times a power of ten.
    pub fn marks(&self, count: usize) -> Vec<f64> {
        let (from, to) = self.range;
        if self.logarithmic {
            let powers = (from.log10().floor() as i32)..=(to.log10().ceil() as i32);
            let within = |v: &f64| (from..=to).contains(v);
            let tens: Vec<f64> = powers
                .clone()
                .map(|p| 10_f64.powi(p))
                .filter(within)
                .collect();
            if tens.len() >= 3 {
                return tens;
            }
            return powers
                .flat_map(|p| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(p)))
                .filter(within)
                .collect();
        }
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
}

/// Where labels go that would lie on each other: each is moved down until it is `gap` below those it would hide.
///
/// `labels` are (left, right, y); the answer has their y, in the same order.
pub fn spread(labels: &[(f64, f64, f64)], gap: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| labels[*a].2.total_cmp(&labels[*b].2));
    let mut places: Vec<f64> = labels.iter().map(|l| l.2).collect();
    for (n, &i) in order.iter().enumerate() {
        let (left, right, _) = labels[i];
        // Those above are settled, topmost first.
        for &above in &order[..n] {
            let (l, r, _) = labels[above];
            let beside = right < l || r < left;
            if !beside && (places[i] - places[above]).abs() < gap {
                places[i] = places[above] + gap;
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(from: f64, to: f64, logarithmic: bool) -> Axis {
        Axis {
            range: (from, to),
            pixels: (100.0, 0.0),
            logarithmic,
        }
    }

    #[test]
    fn ends_and_middle_are_where_they_belong() {
        let linear = axis(0.8, 1.0, false);
        assert_eq!(linear.place(0.8), 100.0);
        assert!((linear.place(0.9) - 50.0).abs() < 1e-9);
        assert_eq!(linear.place(7.0), 0.0);
        // The geometric mean is the middle of a logarithmic axis.
        assert!((axis(1e4, 1e6, true).place(1e5) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn marks_are_round() {
        let marks = axis(82.7, 94.4, false).marks(6);
        assert_eq!(marks, [84.0, 86.0, 88.0, 90.0, 92.0, 94.0]);
        assert_eq!(axis(5e4, 4e6, true).marks(5).len(), 6);
        assert_eq!(axis(50.0, 4e6, true).marks(5), [1e2, 1e3, 1e4, 1e5, 1e6]);
        assert_eq!(axis(3.0, 3.0, false).marks(4), [3.0]);
    }

    #[test]
    fn labels_keep_their_distance() {
        let labels = [
            (0.0, 50.0, 20.0),
            (40.0, 90.0, 22.0),
            (200.0, 250.0, 21.0),
            (10.0, 30.0, 25.0),
        ];
        let places = spread(&labels, 14.0);
        // The third has nothing beside it.
        assert_eq!(places, [20.0, 34.0, 21.0, 34.0]);
    }
}
