//! The golden reference of the models' own reasons, computed by `golden/reasons.py` with PyTorch and scikit-learn.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::ModelId;
use shared::garment::CLASSES;

use crate::reference::{root, sha256, weights_bytes};

/// The reasons for some of the reference's images.
#[derive(Deserialize)]
pub struct ReasonReference {
    command: String,
    weights_sha256: BTreeMap<ModelId, String>,
    /// The images of `neighbours` and `trees`, by their index in the reference.
    pub images: Vec<usize>,
    pub maps: Vec<ReferenceMap>,
    pub neighbours: ReferenceNeighbours,
    pub decisions: Vec<ReferenceDecision>,
    pub trees: Vec<ReferenceTrees>,
}

/// A map for an image and a class.
#[derive(Deserialize)]
pub struct ReferenceMap {
    pub model: ModelId,
    pub image: usize,
    pub class: usize,
    /// The method's name.
    pub method: String,
    pub layer: u8,
    pub side: usize,
    pub values: Vec<f32>,
}

/// The nearest points of each image.
#[derive(Deserialize)]
pub struct ReferenceNeighbours {
    pub points: Vec<Vec<u32>>,
    pub labels: Vec<Vec<u8>>,
    pub distances: Vec<Vec<f32>>,
    pub shares: Vec<Vec<f32>>,
}

/// The support vectors' decision for an image and a class.
#[derive(Deserialize)]
pub struct ReferenceDecision {
    pub image: usize,
    pub class: usize,
    pub sum: f32,
    pub supporting: ReferenceVectors,
    pub opposing: ReferenceVectors,
}

/// Support vectors, the largest contribution first.
#[derive(Deserialize)]
pub struct ReferenceVectors {
    pub vectors: Vec<u32>,
    pub labels: Vec<u8>,
    pub contributions: Vec<f32>,
}

/// The votes of the trees for an image, and the path through one of them.
#[derive(Deserialize)]
pub struct ReferenceTrees {
    pub label: usize,
    pub votes: [u32; CLASSES],
    pub distribution: Vec<f32>,
    pub tree: u32,
    pub leaf: Vec<f32>,
    pub path: Vec<ReferenceComparison>,
}

/// A comparison on a path.
#[derive(Deserialize)]
pub struct ReferenceComparison {
    pub feature: u16,
    pub value: u8,
    pub threshold: u8,
    pub reachable: Vec<f32>,
}

impl ReasonReference {
    /// The committed reference.
    ///
    /// # Panics
    /// It belongs to other weights than the committed ones; the message names the command that computes it again.
    pub fn load() -> Self {
        let file = root().join("tests/golden/reasons.json");
        let text = std::fs::read_to_string(file)
            .expect("tests/golden/reasons.json is readable: run `python3 tests/golden/reasons.py`");
        let reference: Self = serde_json::from_str(&text).expect(
            "tests/golden/reasons.json has its shape: run `python3 tests/golden/reasons.py`",
        );
        for (model, hash) in &reference.weights_sha256 {
            assert_eq!(
                sha256(&weights_bytes(model.name())),
                *hash,
                "the reasons belong to another weights/{model}.hbd: run `{}`",
                reference.command
            );
        }
        assert_eq!(reference.weights_sha256.len(), ModelId::ALL.len());
        reference
    }
}
