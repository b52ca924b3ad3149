//! ReferenceImage parity in the browser: the built site's workers against the NumPy reference, and against the same models run
//! natively.

use shared::model::argmax;
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};
use tests::distance::{self, Distance};
use tests::reference::weights;
use tests::worker::Worker;

use crate::session::{Check, Session, Stage::Cpu, Stage::WebGpu};

/// As natively, with the same measured distance.
const PLAN: Distance = Distance {
    scores: 2e-4,
    maps: 1e-4,
};

/// Measured on SwiftShader: logits 5.7e-5, maps 4.3e-6; other drivers round otherwise.
const WEBGPU: Distance = Distance {
    scores: 1e-3,
    maps: 1e-3,
};

/// Scores in wasm are those of the same code natively, whose SIMD sums in the same order.
const NATIVE: f32 = 1e-5;

/// The networks whose maps the reference has: those that Grad-CAM explains.
const CONVOLUTIONAL: [ModelId; 2] = [ModelId::Cnn, ModelId::Resnet];

pub const ON_CPU: &[Check] = &[
    Check::new(
        Cpu,
        "the_plan_in_wasm_agrees_with_the_reference",
        |session| agrees(session, "cpu-worker.js", PLAN),
    ),
    Check::new(Cpu, "all_seven_in_wasm_agree_with_native_code", |session| {
        as_natively(session, "cpu-worker.js", &ModelId::ALL, NATIVE);
    }),
];

pub const ON_WEBGPU: &[Check] = &[
    Check::new(WebGpu, "webgpu_agrees_with_the_reference", |session| {
        agrees(session, "gpu-worker.js", WEBGPU)
    }),
    Check::new(
        WebGpu,
        "the_networks_on_webgpu_agree_with_native_code",
        |session| as_natively(session, "gpu-worker.js", &ModelId::DEEP, WEBGPU.scores),
    ),
];

/// The largest difference of a score, as a share of the largest score where that is above one.
fn as_natively(session: &Session, script: &str, models: &[ModelId], limit: f32) {
    let worker = Worker::start(&session.browser, &session.site, script, models);
    let images = &session.reference.images;
    for &model in models {
        let mut classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let mut worst = 0.0_f32;
        for (image, found) in images.iter().zip(worker.scores(model, images)) {
            let expected = classifier.classifier().scores(&Sample::new(image.clone()));
            let scale = expected.iter().fold(1.0_f32, |most, s| most.max(s.abs()));
            let apart = distance::difference(&found, &expected) / scale;
            assert!(
                apart <= limit,
                "{script}, {model}: scores differ by {apart}"
            );
            worst = worst.max(apart);
        }
        println!("{script}, {model}: scores within {worst:.1e} of native ones");
    }
}

fn agrees(session: &Session, script: &str, limit: Distance) {
    let worker = Worker::start(&session.browser, &session.site, script, &CONVOLUTIONAL);
    for model in CONVOLUTIONAL {
        let golden = &session.reference.outputs(model).scores;
        let cases: Vec<(Grey28, Garment)> = session
            .reference
            .images
            .iter()
            .zip(golden)
            .map(|(image, logits)| (image.clone(), Garment::ALL[argmax(logits)]))
            .collect();
        let mut answers = worker.scores_and_maps(model, &cases).into_iter();
        let worst = distance::from_reference(&session.reference, model, |_, _| {
            answers.next().expect("an answer an image")
        });
        worst.assert_within(script, model, limit);
    }
}
