//! Golden parity in the browser: the built site's workers against the NumPy reference.

use shared::model::argmax;
use shared::{Garment, Grey28, ModelId};
use tests::distance::{self, Distance};
use tests::worker::Worker;

use crate::session::{Check, Session, Stage::Cpu, Stage::WebGpu};

/// As natively, with the same measured distance.
const PLAN: Distance = Distance {
    logits: 2e-4,
    maps: 1e-4,
};

/// Measured on SwiftShader: logits 5.7e-5, maps 4.3e-6; other drivers round otherwise.
const WEBGPU: Distance = Distance {
    logits: 1e-3,
    maps: 1e-3,
};

pub const ON_CPU: &[Check] = &[Check::new(
    Cpu,
    "the_plan_in_wasm_agrees_with_the_reference",
    |session| agrees(session, "cpu-worker.js", PLAN),
)];

pub const ON_WEBGPU: &[Check] = &[Check::new(
    WebGpu,
    "burn_on_webgpu_agrees_with_the_reference",
    |session| agrees(session, "gpu-worker.js", WEBGPU),
)];

fn agrees(session: &Session, script: &str, limit: Distance) {
    let worker = Worker::start(&session.browser, &session.site, script);
    for model in ModelId::ALL {
        let golden = &session.reference.answers(model).logits;
        let cases: Vec<(Grey28, Garment)> = session
            .reference
            .pictures
            .iter()
            .zip(golden)
            .map(|(picture, logits)| (picture.clone(), Garment::ALL[argmax(logits)]))
            .collect();
        let mut answers = worker.answers(model, &cases).into_iter();
        let worst = distance::from_reference(&session.reference, model, |_, _| {
            answers.next().expect("an answer a picture")
        });
        worst.hold(script, model, limit);
    }
}
