//! Distances between a model's outputs and the golden reference.

use shared::ModelId;
use shared::garment::CLASSES;
use shared::model::argmax;
use shared::{Garment, Grey28};

use crate::reference::{MIN_KINK_DISTANCE, Reference};

/// The largest differences.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Distance {
    /// Absolute difference of scores.
    pub scores: f32,
    /// Difference of Grad-CAM maps, as a fraction of the reference map's peak.
    pub maps: f32,
}

impl Distance {
    /// The larger value of each.
    pub fn max(self, other: Self) -> Self {
        Self {
            scores: larger(self.scores, other.scores),
            maps: larger(self.maps, other.maps),
        }
    }

    /// Prints the distance.
    ///
    /// # Panics
    /// The distance is larger than `limit`.
    pub fn assert_within(self, what: &str, model: ModelId, limit: Self) {
        let Self { scores, maps } = self;
        println!("{what}, {model}: scores within {scores:.1e}, maps within {maps:.1e}");
        assert!(
            scores <= limit.scores,
            "{what}, {model}: scores differ by {scores}"
        );
        assert!(
            maps <= limit.maps,
            "{what}, {model}: maps differ by {maps} of their peak"
        );
    }
}

/// The distance of `model`'s outputs from the reference, over all its images. `outputs` gives scores and the heat map of a class;
/// the map is ignored if the reference has none.
pub fn from_reference(
    reference: &Reference,
    model: ModelId,
    mut outputs: impl FnMut(&Grey28, Garment) -> ([f32; CLASSES], Vec<f32>),
) -> Distance {
    let golden = reference.outputs(model);
    let mut worst = Distance::default();
    for (i, image) in reference.images.iter().enumerate() {
        let class = Garment::ALL[argmax(&golden.scores[i])];
        let (scores, map) = outputs(image, class);
        let is_clear = golden
            .kink_distances
            .get(i)
            .is_none_or(|distance| *distance >= MIN_KINK_DISTANCE);
        let maps = golden.maps.get(i).filter(|_| is_clear);
        worst = worst.max(Distance {
            scores: difference(&scores, &golden.scores[i]),
            maps: maps.map_or(0.0, |golden| relative_difference(&map, golden)),
        });
    }
    worst
}

/// The largest absolute difference; NaN if a value is NaN.
pub fn difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(
        one.len(),
        other.len(),
        "as many values as the reference has"
    );
    one.iter()
        .zip(other)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, larger)
}

/// The largest difference as a fraction of `reference`'s peak; absolute if the peak is zero.
pub fn relative_difference(map: &[f32], reference: &[f32]) -> f32 {
    let peak = reference.iter().copied().fold(0.0, f32::max);
    difference(map, reference) / if peak > 0.0 { peak } else { 1.0 }
}

/// Unlike `f32::max`, keeps NaN, which fails all comparisons.
fn larger(one: f32, other: f32) -> f32 {
    if one.is_nan() || one > other {
        one
    } else {
        other
    }
}
