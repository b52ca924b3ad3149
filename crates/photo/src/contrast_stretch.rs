//! Contrast stretch: brings a garment's greys into the range of the data set's garments.

use super::histogram::Histogram;

/// The usual greys of the darkest and the brightest parts of the data set's garments, after negation.
const LOWEST: f32 = 60.0;
const HIGHEST: f32 = 230.0;
/// One in so many pixels may be darker, and as many brighter, than the greys that become these two.
const TAIL: usize = 20;
/// The largest slope, so that the noise of a plain garment is not amplified.
pub const MAX_SLOPE: f32 = 2.5;
/// The same for a garment that was cut out already: its outline is exact, and white ones have little contrast.
pub const MAX_SLOPE_OF_CUT_OUT: f32 = 8.0;

/// A linear map from the photo's greys to those of the 28x28 image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContrastStretch {
    /// Negative where greys are negated.
    slope: f32,
    /// The grey in the middle of the photo's range, and what it becomes.
    photo_middle: f32,
    target_middle: f32,
}

impl ContrastStretch {
    /// Fits the map to a garment's greys: its darkest and brightest twentieth are brought to the data set's range.
    ///
    /// `negate` as the data set's photos were. Without any greys, the middle grey stays in the middle.
    pub fn fit(greys: impl IntoIterator<Item = u8>, negate: bool, max_slope: f32) -> Self {
        let histogram = Histogram::from_values(greys);
        let last = histogram.total().saturating_sub(1);
        let quantile = |index: usize| histogram.nth(index).map_or(128.0, f32::from);
        let (low, high) = (quantile(last / TAIL), quantile(last - last / TAIL));
        let slope = ((HIGHEST - LOWEST) / (high - low).max(1.0)).min(max_slope);
        // A range that stays narrower than the data set's keeps its middle, as far as it lies within the data set's.
        let range = slope * (high - low);
        let photo_middle = 0.5 * (low + high);
        let middle = if negate {
            255.0 - photo_middle
        } else {
            photo_middle
        };
        Self {
            slope: if negate { -slope } else { slope },
            photo_middle,
            target_middle: middle.clamp(LOWEST + range / 2.0, HIGHEST - range / 2.0),
        }
    }

    /// What a grey of the photo becomes, 0 to 255.
    pub fn apply(&self, grey: f32) -> f32 {
        (self.target_middle + self.slope * (grey - self.photo_middle)).clamp(0.0, 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_garments_range_becomes_the_data_sets() {
        let greys = (0..=100).map(|i| 80 + i);
        // From 85 to 175, without the tails: 170 levels for 90, negated.
        let stretch = ContrastStretch::fit(greys.clone(), true, MAX_SLOPE);
        assert!(
            (stretch.apply(85.0) - HIGHEST).abs() < 0.5
                && (stretch.apply(175.0) - LOWEST).abs() < 0.5
        );
        let stretch = ContrastStretch::fit(greys, false, MAX_SLOPE);
        assert!((stretch.apply(85.0) - LOWEST).abs() < 0.5);
    }

    #[test]
    fn the_noise_of_a_plain_garment_is_not_amplified() {
        let stretch = ContrastStretch::fit((0..100).map(|i| 100 + i % 3), true, MAX_SLOPE);
        let difference = stretch.apply(100.0) - stretch.apply(102.0);
        assert!((difference - 5.0).abs() < 1e-3, "{difference}");
        // The middle stays, negated: 154.
        assert!((stretch.apply(101.0) - 154.0).abs() < 1.0);
    }

    #[test]
    fn white_cloth_is_not_darker_than_the_data_sets_darkest() {
        let stretch = ContrastStretch::fit([250; 40], true, MAX_SLOPE);
        assert_eq!(stretch.apply(250.0), LOWEST);
        assert_eq!(
            ContrastStretch::fit([], true, MAX_SLOPE).apply(128.0),
            127.0
        );
    }
}
