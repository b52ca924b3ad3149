//! How bright the garment's parts become.

use super::counts::Counts;

/// Where the darkest and the brightest of the data set's garments lie, most of the time, once negated.
const LOWEST: f32 = 60.0;
const HIGHEST: f32 = 230.0;
/// The share of a garment's pixels that may be darker, or brighter, than what is brought there.
const TAIL: usize = 20;
/// How much contrast may grow: a plain garment stays one.
const STEEPEST: f32 = 2.5;

/// A straight line from the photo's greys to the picture's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tone {
    /// The photo's grey that becomes `HIGHEST`; a negated one is dark.
    from: f32,
    slope: f32,
    start: f32,
}

impl Tone {
    /// Brings the darkest and brightest twentieth of a garment's greys to where the data set has them. `negates` as the data
    /// set does.
    pub fn of(greys: impl IntoIterator<Item = u8>, negates: bool) -> Self {
        let counts = Counts::of(greys);
        let last = counts.total().saturating_sub(1);
        let at = |i: usize| f32::from(counts.at(i).unwrap_or(128));
        let (low, high) = (at(last / TAIL), at(last - last / TAIL));
        let slope = ((HIGHEST - LOWEST) / (high - low).max(1.0)).min(STEEPEST);
        // What is stretched less stays as far from the middle as it was, within the range.
        let reach = slope * (high - low);
        let middle = 0.5 * (low + high);
        let negated = if negates { 255.0 - middle } else { middle };
        let middle = negated.clamp(LOWEST + reach / 2.0, HIGHEST - reach / 2.0);
        Self {
            from: 0.5 * (low + high),
            slope: if negates { -slope } else { slope },
            start: middle,
        }
    }

    /// What a grey of the photo becomes, 0 to 255: bright on black.
    pub fn apply(&self, grey: f32) -> f32 {
        (self.start + self.slope * (grey - self.from)).clamp(0.0, 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_garments_range_becomes_the_data_sets() {
        let greys = (0..=100).map(|i| 80 + i);
        // From 85 to 175, without the tails: 170 levels for 90, negated.
        let tone = Tone::of(greys.clone(), true);
        assert!(
            (tone.apply(85.0) - HIGHEST).abs() < 0.5 && (tone.apply(175.0) - LOWEST).abs() < 0.5
        );
        let tone = Tone::of(greys, false);
        assert!((tone.apply(85.0) - LOWEST).abs() < 0.5);
    }

    #[test]
    fn a_plain_garment_is_not_stretched_to_noise() {
        let tone = Tone::of((0..100).map(|i| 100 + i % 3), true);
        let apart = tone.apply(100.0) - tone.apply(102.0);
        assert!((apart - 5.0).abs() < 1e-3, "{apart}");
        // As dark as it is, within the range: 154 negated.
        assert!((tone.apply(101.0) - 154.0).abs() < 1.0);
    }

    #[test]
    fn white_cloth_is_no_darker_than_any_of_the_data_set() {
        let tone = Tone::of([250; 40], true);
        assert_eq!(tone.apply(250.0), LOWEST);
        assert_eq!(Tone::of([], true).apply(128.0), 127.0);
    }
}
