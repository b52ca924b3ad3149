//! A weights file of any bytes: it is refused or answered from, and an answer is ten probabilities.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::artifact::Artifact;
use shared::model::{Ensemble, Prediction, ensemble};
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    // Chance hits upon no magic and no checksum, so these are made honest.
    for (place, honest) in bytes.iter_mut().zip(b"HBRD\x01\0") {
        *place = *honest;
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
        "what was read cannot be written and read again"
    );
    if artifact.model == ensemble::NAME
        && let Ok(vote) = Ensemble::from_artifact(&artifact)
    {
        let verdicts = ModelId::ALL.map(|model| Prediction {
            model,
            probabilities: core::array::from_fn(|c| f32::from(u8::from(c == model as usize))),
        });
        for heard in 1..=verdicts.len() {
            hold(&vote.combine(&verdicts[..heard]).unwrap_or_default());
        }
    }
    let Some(model) = ModelId::from_name(&artifact.model) else {
        return;
    };
    let Ok(mut member) = AnyClassifier::new(model, &artifact) else {
        return;
    };
    for pixels in [[0; 784], core::array::from_fn(|i| (i * i % 251) as u8)] {
        let verdict = member
            .classifier()
            .classify(&Sample::new(Grey28::new(pixels)));
        hold(&verdict.probabilities);
        if let AnyClassifier::Network(plan) = &member {
            plan.explain(Garment::Bag);
        }
    }
});

fn hold(probabilities: &[f32; 10]) {
    let sum: f32 = probabilities.iter().sum();
    assert!(
        probabilities.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-4,
        "{probabilities:?} are no probabilities"
    );
}
