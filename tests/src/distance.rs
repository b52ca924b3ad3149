//! How far answers are from the golden reference's.

use shared::ModelId;
use shared::garment::CLASSES;
use shared::model::argmax;
use shared::{Garment, Grey28};

use crate::reference::Reference;

/// The largest differences seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Distance {
    /// Between scores, absolute.
    pub scores: f32,
    /// Between Grad-CAM maps, as a share of the reference map's peak.
    pub maps: f32,
}

impl Distance {
    /// The larger of each.
    pub fn max(self, other: Self) -> Self {
        Self {
            scores: larger(self.scores, other.scores),
            maps: larger(self.maps, other.maps),
        }
    }

    /// Prints the distance, and that it is no larger than `limit`.
    ///
    /// # Panics
    /// Where it is larger.
    pub fn hold(self, what: &str, model: ModelId, limit: Self) {
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

/// A hidden unit whose sum is closer to zero than this may come out on the other side in 32 bits, and the map with it.
pub const KINK: f32 = 1e-4;

/// The distance of `model`'s answers to all golden pictures; `answer` gives scores, and the map of a class, which is not
/// looked at where the reference has none.
pub fn from_reference(
    reference: &Reference,
    model: ModelId,
    mut answer: impl FnMut(&Grey28, Garment) -> ([f32; CLASSES], Vec<f32>),
) -> Distance {
    let golden = reference.answers(model);
    let mut worst = Distance::default();
    for (i, picture) in reference.pictures.iter().enumerate() {
        let class = Garment::ALL[argmax(&golden.scores[i])];
        let (scores, map) = answer(picture, class);
        let is_clear = golden.kinks.get(i).is_none_or(|kink| *kink >= KINK);
        let maps = golden.maps.get(i).filter(|_| is_clear);
        worst = worst.max(Distance {
            scores: difference(&scores, &golden.scores[i]),
            maps: maps.map_or(0.0, |golden| relative(&map, golden)),
        });
    }
    worst
}

/// The largest absolute difference; not a number where either is not.
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

/// The largest difference as a share of `reference`'s peak; absolute where that is zero.
pub fn relative(map: &[f32], reference: &[f32]) -> f32 {
    let peak = reference.iter().copied().fold(0.0, f32::max);
    difference(map, reference) / if peak > 0.0 { peak } else { 1.0 }
}

/// Unlike `f32::max`, keeps what is not a number, so that it fails every comparison.
fn larger(one: f32, other: f32) -> f32 {
    if one.is_nan() || one > other {
        one
    } else {
        other
    }
}
