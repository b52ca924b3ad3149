//! ONNX files read back, and run by the plainest code: the answers are the plan's.
// All of this is test code, also what stands outside of `#[test]` functions.
#![allow(clippy::unwrap_used)]

mod graph;
mod wire;

use std::collections::HashMap;

use graph::logits;
use shared::plan::Plan;
use shared::{Classifier, Grey28, ModelId, Sample};
use trainer::export::{ExportError, INPUT, OUTPUT, onnx};
use trainer::weights_store::WeightsStore;
use wire::each;

/// The repository's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn exported(model: ModelId) -> (Vec<u8>, Plan) {
    let artifact = WeightsStore::new(format!("{ROOT}/weights"))
        .artifact(model)
        .unwrap();
    (
        onnx(model, &artifact).unwrap(),
        Plan::new(model, &artifact).unwrap(),
    )
}

#[test]
fn a_network_answers_from_its_onnx_file_as_here() {
    let pictures = std::fs::read(format!("{ROOT}/tests/golden/images.bin")).unwrap();
    for model in ModelId::DEEP {
        let (file, mut plan) = exported(model);
        for picture in pictures.chunks(784).step_by(15) {
            let picture = Grey28::from_slice(picture).unwrap();
            let expected = plan.scores(&Sample::new(picture.clone()));
            for (found, expected) in logits(&file, &picture).iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-3,
                    "{model}: {found}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn the_file_says_what_it_takes_and_what_its_logits_mean() {
    let (file, plan) = exported(ModelId::Cnn);
    assert_eq!(each(each(&file, 8)[0].bytes(), 2)[0].number(), 17);
    let facts: HashMap<&str, &str> = each(&file, 14)
        .into_iter()
        .map(|fact| {
            (
                each(fact.bytes(), 1)[0].text(),
                each(fact.bytes(), 2)[0].text(),
            )
        })
        .collect();
    assert_eq!(
        facts["temperature"].parse::<f32>().unwrap(),
        plan.temperature()
    );
    assert_eq!(facts["labels"].split(',').count(), 10);
    let graph = each(&file, 7)[0].bytes();
    for (field, name, dimensions) in [(11, INPUT, 4), (12, OUTPUT, 2)] {
        let value = each(graph, field)[0].bytes();
        assert_eq!(each(value, 1)[0].text(), name);
        let kind = each(each(value, 2)[0].bytes(), 1)[0].bytes();
        let shape = each(each(kind, 2)[0].bytes(), 1);
        assert_eq!(shape.len(), dimensions);
        assert_eq!(each(shape[0].bytes(), 2)[0].text(), "N");
    }
}

#[test]
fn what_is_no_network_is_refused_with_a_sentence() {
    let artifact = WeightsStore::new(format!("{ROOT}/weights"))
        .artifact(ModelId::Logistic)
        .unwrap();
    let error = onnx(ModelId::Logistic, &artifact).unwrap_err();
    assert!(matches!(error, ExportError::NoNetwork(ModelId::Logistic)));
    assert!(error.to_string().contains("export cnn, resnet or mlp"));
    // Weights of another model are no better.
    assert!(onnx(ModelId::Cnn, &artifact).is_err());
}
