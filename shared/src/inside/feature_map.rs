//! The values of one channel of a layer in 8 bits.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// The number of steps between the lowest and the highest value.
const STEPS: f32 = 255.0;

/// A channel's values, row by row, each as a number of equal steps above the lowest one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureMap {
    /// The lowest value, or 0 if all are above it, so that the zeros of a ReLU stay exact.
    pub low: f32,
    /// The size of a step.
    pub step: f32,
    /// The number of steps.
    #[serde(with = "serde_bytes")]
    pub steps: Vec<u8>,
}

impl FeatureMap {
    /// Rounds the values to 8 bits; no value changes by more than half a step.
    pub fn new(values: &[f32]) -> Self {
        let low = values.iter().copied().fold(0.0, f32::min);
        let high = values.iter().copied().fold(0.0, f32::max);
        let step = (high - low) / STEPS;
        let steps = values.iter().map(|value| {
            if step > 0.0 {
                // A conversion to 8 bits stays between 0 and 255.
                ((value - low) / step + 0.5) as u8
            } else {
                0
            }
        });
        Self {
            low,
            step,
            steps: steps.collect(),
        }
    }

    /// The values, as far as 8 bits keep them.
    pub fn values(&self) -> impl Iterator<Item = f32> {
        self.steps
            .iter()
            .map(|&steps| self.low + f32::from(steps) * self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_change_by_half_a_step_at_most_and_zeros_stay() {
        let positive: Vec<f32> = (0..40).map(|i| (i as f32 * 0.37).max(3.0) - 3.0).collect();
        let signed: Vec<f32> = (0..40).map(|i| i as f32 * 0.11 - 1.3).collect();
        for values in [&positive, &signed] {
            let map = FeatureMap::new(values);
            for (value, kept) in values.iter().zip(map.values()) {
                assert!((value - kept).abs() <= map.step * 0.501, "{value}: {kept}");
            }
        }
        let map = FeatureMap::new(&positive);
        let zeros = positive.iter().filter(|&&v| v == 0.0).count();
        assert!(zeros > 1);
        assert_eq!(map.values().filter(|&v| v == 0.0).count(), zeros);
        assert!(FeatureMap::new(&[0.0; 3]).values().all(|v| v == 0.0));
    }
}
