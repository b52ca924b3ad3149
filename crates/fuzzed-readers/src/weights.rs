//! Fuzz target: bytes as a weights file. A model from an accepted file must predict probabilities.

use shared::artifact::{Artifact, Storage, Tensor};
use shared::image::RgbaImage;
use shared::model::{
    Ensemble, NoveltyDetector, PhotoClass, Prediction, ensemble, novelty, photo_network,
};
use shared::plan::photo::PhotoNetwork;
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};

use crate::seed::Seed;

/// The first bytes of every weights file: magic number and version.
const START: &[u8] = b"HBRD\x01\0";
/// Bytes before the tensors: the first ones, the number of tensors, and the model's name.
const HEAD: usize = 24;

pub fn read(bytes: &[u8]) {
    let bytes = with_right_checksum(bytes);
    let Ok(artifact) = Artifact::from_bytes(&bytes) else {
        return;
    };
    let written = artifact
        .to_bytes()
        .map(|bytes| Artifact::from_bytes(&bytes));
    assert!(
        matches!(written, Ok(Ok(_))),
        "a file that was read cannot be written and read again"
    );
    match artifact.model.as_str() {
        ensemble::NAME => read_ensemble(&artifact),
        novelty::NAME => read_novelty_detector(&artifact),
        photo_network::NAME => read_photo_network(&artifact),
        _ => read_classifier(&artifact),
    }
}

/// The file with the right first bytes and checksum, which random bytes never have.
fn with_right_checksum(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for (byte, expected) in file.iter_mut().zip(START) {
        *byte = *expected;
    }
    if let Some(body) = file.len().checked_sub(4) {
        let checksum = crc32fast::hash(&file[..body]).to_le_bytes();
        file[body..].copy_from_slice(&checksum);
    }
    file
}

fn samples() -> [Sample; 2] {
    let images = [[0; 784], core::array::from_fn(|i| (i * i % 251) as u8)];
    images.map(|pixels| Sample::new(Grey28::new(pixels)))
}

fn read_ensemble(artifact: &Artifact) {
    let Ok(ensemble) = Ensemble::from_artifact(artifact) else {
        return;
    };
    let predictions = ModelId::ALL.map(|model| Prediction {
        model,
        probabilities: core::array::from_fn(|c| f32::from(u8::from(c == model as usize))),
    });
    for count in 1..=predictions.len() {
        let combined = ensemble.combine(&predictions[..count]);
        assert_probabilities(&combined.expect("there are predictions"));
    }
}

fn read_novelty_detector(artifact: &Artifact) {
    let Ok(detector) = NoveltyDetector::new(artifact) else {
        return;
    };
    for sample in samples() {
        detector.is_known(&sample);
        detector.known_rotation(&sample);
    }
}

fn read_photo_network(artifact: &Artifact) {
    let Ok(mut network) = PhotoNetwork::new(artifact) else {
        return;
    };
    let image = RgbaImage::from_fn(33, 40, |x, y| [x as u8, 6 * y as u8, 200, 255]);
    assert_probabilities(&network.classify(&image));
    network.explain(PhotoClass::Other);
}

fn read_classifier(artifact: &Artifact) {
    let Some(model) = ModelId::from_name(&artifact.model) else {
        return;
    };
    let Ok(mut classifier) = AnyClassifier::new(model, artifact) else {
        return;
    };
    for sample in samples() {
        let prediction = classifier.classifier().classify(&sample);
        assert_probabilities(&prediction.probabilities);
        if let AnyClassifier::Network(plan) = &classifier {
            plan.explain(Garment::Bag);
        }
        classifier.reason(&sample, Garment::Bag);
    }
}

fn assert_probabilities(probabilities: &[f32]) {
    let sum: f32 = probabilities.iter().sum();
    assert!(
        probabilities.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-4,
        "{probabilities:?} are not probabilities"
    );
}

pub fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    // The smallest of the committed files, one of each kind.
    for name in ["logistic", "vote", "resnet"] {
        let path = format!("{}/../../weights/{name}.hbd", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("{path} cannot be read ({error}): restore it from git"));
        seeds.push(Seed::new(name, bytes));
    }
    for storage in [
        Storage::F32,
        Storage::F16,
        Storage::U8,
        Storage::U16,
        Storage::I8,
    ] {
        let tensor = Tensor {
            name: "weight".into(),
            shape: vec![2, 3],
            values: vec![1.0; 6],
            storage,
        };
        let artifact = Artifact {
            model: "mlp".into(),
            tensors: vec![tensor],
        };
        let bytes = artifact.to_bytes().expect("small whole numbers");
        seeds.push(Seed::new(&format!("{storage:?}").to_lowercase(), bytes));
    }
    // As many empty tensors as a file can list: no name, f32, one dimension of length 0.
    let tensors = [0, 0, 1, 0, 0, 0, 0].repeat(65_535);
    seeds.push(Seed::new("empty_tensors", file("cnn", u16::MAX, &tensors)));
    // A tensor with more elements than there are numbers.
    let shape = [u32::MAX.to_le_bytes(); 4].concat();
    let endless = [b"\x01w\0\x04", shape.as_slice()].concat();
    seeds.push(Seed::new("endless_tensor", file("mlp", 1, &endless)));
    seeds
}

/// A file of a model's name, the number of its tensors, and these bytes in their place.
fn file(model: &str, tensors: u16, bytes: &[u8]) -> Vec<u8> {
    let mut file = START.to_vec();
    file.extend(tensors.to_le_bytes());
    file.extend(model.as_bytes());
    file.resize(HEAD, 0);
    file.extend(bytes);
    file.extend([0; 4]);
    with_right_checksum(&file)
}
