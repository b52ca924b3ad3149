//! Fuzz target: reads arbitrary bytes as a weights file; a model from an accepted file must predict ten probabilities.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::artifact::Artifact;
use shared::model::{Ensemble, Prediction, ensemble};
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    // Random bytes never have the right magic number, version and checksum, so these are filled in.
    for (byte, expected) in bytes.iter_mut().zip(b"HBRD\x01\0") {
        *byte = *expected;
    }
    if let Some(body) = bytes.len().checked_sub(4) {
        let checksum = crc32fast::hash(&bytes[..body]).to_le_bytes();
        bytes[body..].copy_from_slice(&checksum);
    }
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
    if artifact.model == ensemble::NAME
        && let Ok(ensemble) = Ensemble::from_artifact(&artifact)
    {
        let predictions = ModelId::ALL.map(|model| Prediction {
            model,
            probabilities: core::array::from_fn(|c| f32::from(u8::from(c == model as usize))),
        });
        for count in 1..=predictions.len() {
            let combined = ensemble.combine(&predictions[..count]);
            assert_probabilities(&combined.expect("there are predictions"));
        }
    }
    let Some(model) = ModelId::from_name(&artifact.model) else {
        return;
    };
    let Ok(mut classifier) = AnyClassifier::new(model, &artifact) else {
        return;
    };
    for pixels in [[0; 784], core::array::from_fn(|i| (i * i % 251) as u8)] {
        let sample = Sample::new(Grey28::new(pixels));
        let prediction = classifier.classifier().classify(&sample);
        assert_probabilities(&prediction.probabilities);
        if let AnyClassifier::Network(plan) = &classifier {
            plan.explain(Garment::Bag);
        }
        classifier.reason(&sample, Garment::Bag);
    }
});

fn assert_probabilities(probabilities: &[f32; 10]) {
    let sum: f32 = probabilities.iter().sum();
    assert!(
        probabilities.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-4,
        "{probabilities:?} are not probabilities"
    );
}
