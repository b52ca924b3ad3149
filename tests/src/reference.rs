//! The golden reference: what `golden/reference.py` computed with NumPy, scikit-learn and LIBSVM for ten test images of each
//! class.

use crate::distance::KINK;
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::svm::PAIRS;
use shared::{Grey28, ModelId};

/// The reference's pictures and, per model, its answers.
#[derive(Deserialize)]
pub struct Reference {
    command: String,
    images_sha256: String,
    /// Class of each picture.
    pub labels: Vec<usize>,
    /// All features of a few pictures, by the picture's place.
    pub features: BTreeMap<usize, Vec<f32>>,
    /// Of each picture the sum of its features, and the sum of their squares, each times its place counted from 1.
    pub sums: Vec<[f64; 2]>,
    models: BTreeMap<ModelId, Answers>,
    #[serde(skip)]
    pub pictures: Vec<Grey28>,
}

/// One model's answers, picture by picture.
#[derive(Deserialize)]
pub struct Answers {
    weights_sha256: String,
    /// Rows and columns of each map.
    #[serde(default)]
    pub map_side: usize,
    pub scores: Vec<[f32; CLASSES]>,
    pub probabilities: Vec<[f32; CLASSES]>,
    /// Grad-CAM for the likeliest class: row-major, after its ReLU, not normalised. Of the convolutional networks alone.
    #[serde(default)]
    pub maps: Vec<Vec<f32>>,
    /// Of the CNN alone: how far from zero the nearest of its hidden units' sums is. Where one passes zero, the map jumps.
    #[serde(default)]
    pub kinks: Vec<f32>,
    /// Of the SVM alone: LIBSVM's decision values, `[PAIRS]` a picture.
    #[serde(default)]
    pub decisions: Vec<Vec<f32>>,
    /// Of the forest alone: by how much the nearest of all comparisons came out as it did.
    #[serde(default)]
    pub margins: Vec<f32>,
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
                answers.are_of(&weights_bytes(model.name())),
                "weights/{model}.hbd is not what the reference was made from: run `{}`",
                reference.command
            );
            let many = reference.labels.len();
            let maps = if convolutional(*model) { many } else { 0 };
            assert_eq!(answers.scores.len(), many, "{model}");
            assert_eq!(answers.probabilities.len(), many, "{model}");
            assert_eq!(answers.maps.len(), maps, "{model}");
            let clear = answers.kinks.iter().filter(|kink| **kink >= KINK).count();
            assert!(
                clear * 10 >= answers.kinks.len() * 9,
                "{model}: nearly no map is compared"
            );
        }
        for decisions in &reference.answers(ModelId::Svm).decisions {
            assert_eq!(decisions.len(), PAIRS);
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

/// Whether Grad-CAM has something to weigh in `model`.
pub fn convolutional(model: ModelId) -> bool {
    matches!(model, ModelId::Cnn | ModelId::Resnet)
}

/// The committed weights of `model`.
pub fn weights(model: ModelId) -> Artifact {
    artifact(model.name())
}

/// The committed weights of that name.
pub fn artifact(name: &str) -> Artifact {
    Artifact::from_bytes(&weights_bytes(name)).expect("the committed weights are whole")
}

/// The bytes of the weights file of a model, or of the vote.
///
/// # Panics
/// Where it cannot be read, with the command that makes it.
pub fn weights_bytes(name: &str) -> Vec<u8> {
    let file = weights_folder().join(format!("{name}.hbd"));
    std::fs::read(&file).unwrap_or_else(|e| {
        panic!(
            "{}: {e}: run `cargo run -p trainer` to train it",
            file.display()
        )
    })
}

/// The repository's weights, or other ones that HABERDASH_WEIGHTS names.
fn weights_folder() -> PathBuf {
    std::env::var_os("HABERDASH_WEIGHTS").map_or_else(|| root().join("weights"), PathBuf::from)
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
