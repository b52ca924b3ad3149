//! The results of the tests of a model's maps for one image and one class.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::evidence_map::{EvidenceMap, MapMethod};
use super::faithfulness::Curves;

/// A map's method, and its deletion and insertion curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestedMap {
    pub method: MapMethod,
    pub curves: Curves,
}

/// The tests of a model's maps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// The model's own map first; then occlusion, if that is another one.
    pub tested: Vec<TestedMap>,
    /// The curves of a random order of the pixels: what a map without information reaches.
    pub random_order: Curves,
    /// The rank correlation of the two maps' pixels, if there are two.
    pub agreement: Option<f32>,
    /// The model's own map.
    pub own: EvidenceMap,
    /// The same map of the same model with its numbers in another order.
    pub shuffled: EvidenceMap,
    /// The rank correlation of these two maps' pixels: near 0 if the map depends on what the model has learned.
    pub shuffled_agreement: f32,
}
