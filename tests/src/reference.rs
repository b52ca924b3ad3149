//! The golden reference: what `golden/reference.py` computed with NumPy for ten test images of each class.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::{Grey28, ModelId};

/// The reference's pictures and, per model, its answers.
#[derive(Deserialize)]
pub struct Reference {
    command: String,
    images_sha256: String,
    /// Class of each picture.
    pub labels: Vec<usize>,
    models: BTreeMap<ModelId, Answers>,
    #[serde(skip)]
    pub pictures: Vec<Grey28>,
}

/// One model's answers, picture by picture.
#[derive(Deserialize)]
pub struct Answers {
    weights_sha256: String,
    /// Rows and columns of each map.
    pub map_side: usize,
    pub logits: Vec<[f32; CLASSES]>,
    /// Grad-CAM for the likeliest class: row-major, after its ReLU, not normalised.
    pub maps: Vec<Vec<f32>>,
}

impl Reference {
    /// The committed reference, checked to be of the committed weights and pictures.
    ///
    /// # Panics
    /// Where it is not, with the command that makes it again.
    pub fn read() -> Self {
        let golden = root().join("tests/golden");
        let text = std::fs::read_to_string(golden.join("reference.json")).expect(
            "tests/golden/reference.json is readable: run `python3 tests/golden/reference.py`",
        );
        let mut reference: Self = serde_json::from_str(&text).expect(
            "tests/golden/reference.json has its shape: run `python3 tests/golden/reference.py`",
        );
        let pixels = std::fs::read(golden.join("images.bin"))
            .expect("tests/golden/images.bin is readable: run `python3 tests/golden/reference.py`");
        assert_eq!(
            sha256(&pixels),
            reference.images_sha256,
            "tests/golden/images.bin is not what the reference was made from: run `{}`",
            reference.command
        );
        reference.pictures = pixels
            .chunks(PIXELS)
            .map(|picture| Grey28::from_slice(picture).expect("images.bin is whole pictures"))
            .collect();
        assert_eq!(reference.pictures.len(), reference.labels.len());
        for (model, answers) in &reference.models {
            assert!(
                answers.are_of(&weights_bytes(*model)),
                "weights/{model}.hbd is not what the reference was made from: run `{}`",
                reference.command
            );
            assert_eq!(answers.logits.len(), reference.labels.len());
            assert_eq!(answers.maps.len(), reference.labels.len());
        }
        reference
    }

    /// What the reference answers for `model`.
    pub fn answers(&self, model: ModelId) -> &Answers {
        &self.models[&model]
    }
}

impl Answers {
    /// Whether these are the answers of the weights in these bytes.
    pub fn are_of(&self, weights: &[u8]) -> bool {
        sha256(weights) == self.weights_sha256
    }
}

/// The committed weights of `model`.
pub fn weights(model: ModelId) -> Artifact {
    Artifact::from_bytes(&weights_bytes(model)).expect("the committed weights are whole")
}

fn weights_bytes(model: ModelId) -> Vec<u8> {
    std::fs::read(root().join(format!("weights/{model}.hbd"))).unwrap_or_else(|e| {
        panic!("weights/{model}.hbd: {e}: run `cargo run -p trainer` to train it")
    })
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
