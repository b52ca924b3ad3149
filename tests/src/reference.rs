//! The golden reference: outputs of all models for ten test images of each class, computed by `golden/reference.py` with NumPy,
//! scikit-learn and LIBSVM.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::svm::PAIRS;
use shared::{Grey28, ModelId};

/// A pre-activation of a hidden unit closer to zero than this may have the other sign in 32 bits, which changes the Grad-CAM map.
pub const MIN_KINK_DISTANCE: f32 = 1e-4;

/// The reference's images, and the outputs of each model.
#[derive(Deserialize)]
pub struct Reference {
    command: String,
    images_sha256: String,
    /// Class of each image.
    pub labels: Vec<usize>,
    /// All features of a few images, by the image's index.
    pub features: BTreeMap<usize, Vec<f32>>,
    /// For each image the sum of its features, and the sum of their squares times their index, counted from 1.
    pub sums: Vec<[f64; 2]>,
    models: BTreeMap<ModelId, ReferenceOutputs>,
    #[serde(skip)]
    pub images: Vec<Grey28>,
}

/// The outputs of a model, image by image.
#[derive(Deserialize)]
pub struct ReferenceOutputs {
    weights_sha256: String,
    /// Rows and columns of each map.
    #[serde(default)]
    pub map_side: usize,
    pub scores: Vec<[f32; CLASSES]>,
    pub probabilities: Vec<[f32; CLASSES]>,
    /// Grad-CAM maps for the most probable class: row-major, after the ReLU, not normalised. Convolutional networks only.
    #[serde(default)]
    pub maps: Vec<Vec<f32>>,
    /// Distance of the hidden units' pre-activations from zero, where the map is discontinuous. CNN only.
    #[serde(default, rename = "kinks")]
    pub kink_distances: Vec<f32>,
    /// LIBSVM's decision values, `[PAIRS]` per image. SVM only.
    #[serde(default)]
    pub decisions: Vec<Vec<f32>>,
    /// The smallest distance of a feature from a split's threshold. Forest only.
    #[serde(default)]
    pub margins: Vec<f32>,
}

impl Reference {
    /// The committed reference.
    ///
    /// # Panics
    /// It belongs to other weights or images than the committed ones; the message names the command that computes it again.
    pub fn load() -> Self {
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
            "the reference belongs to another tests/golden/images.bin: run `{}`",
            reference.command
        );
        reference.images = pixels
            .chunks(PIXELS)
            .map(|image| Grey28::from_slice(image).expect("images.bin is whole images"))
            .collect();
        assert_eq!(reference.images.len(), reference.labels.len());
        for (model, outputs) in &reference.models {
            assert!(
                outputs.belong_to(&weights_bytes(model.name())),
                "the reference belongs to another weights/{model}.hbd: run `{}`",
                reference.command
            );
            let images = reference.labels.len();
            let maps = if has_grad_cam(*model) { images } else { 0 };
            assert_eq!(outputs.scores.len(), images, "{model}");
            assert_eq!(outputs.probabilities.len(), images, "{model}");
            assert_eq!(outputs.maps.len(), maps, "{model}");
            let clear = outputs
                .kink_distances
                .iter()
                .filter(|distance| **distance >= MIN_KINK_DISTANCE)
                .count();
            assert!(
                clear * 10 >= outputs.kink_distances.len() * 9,
                "{model}: fewer than 90% of the maps are compared"
            );
        }
        for decisions in &reference.outputs(ModelId::Svm).decisions {
            assert_eq!(decisions.len(), PAIRS);
        }
        reference
    }

    /// The reference outputs of `model`.
    pub fn outputs(&self, model: ModelId) -> &ReferenceOutputs {
        &self.models[&model]
    }
}

impl ReferenceOutputs {
    /// Whether the outputs were computed with this weights file.
    pub fn belong_to(&self, weights: &[u8]) -> bool {
        sha256(weights) == self.weights_sha256
    }
}

/// Whether the reference has Grad-CAM maps of the model: the convolutional networks.
pub fn has_grad_cam(model: ModelId) -> bool {
    matches!(model, ModelId::Cnn | ModelId::Resnet)
}

/// The committed weights of `model`.
pub fn weights(model: ModelId) -> Artifact {
    artifact(model.name())
}

/// The committed weights file of that name.
pub fn artifact(name: &str) -> Artifact {
    Artifact::from_bytes(&weights_bytes(name)).expect("the committed weights are whole")
}

/// The bytes of the weights file of a model, or of the ensemble.
///
/// # Panics
/// The file cannot be read.
pub fn weights_bytes(name: &str) -> Vec<u8> {
    let file = weights_folder().join(format!("{name}.hbd"));
    std::fs::read(&file).unwrap_or_else(|e| {
        panic!(
            "{}: {e}: run `cargo run -p trainer` to train it",
            file.display()
        )
    })
}

/// The repository's folder `weights`, or the folder in HABERDASH_WEIGHTS.
pub fn weights_folder() -> PathBuf {
    std::env::var_os("HABERDASH_WEIGHTS").map_or_else(|| root().join("weights"), PathBuf::from)
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
