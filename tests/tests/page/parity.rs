//! Golden parity in the browser: the built site's workers against the NumPy reference.

use shared::model::argmax;
use shared::{Garment, Grey28, ModelId};
use tests::distance;
use tests::worker::Worker;

use crate::session::{Check, Session, Stage::Cpu, Stage::WebGpu};

pub const ON_CPU: &[Check] = &[Check::new(
    Cpu,
    "the_plan_in_wasm_agrees_with_the_reference",
    |session| agrees(session, "cpu-worker.js", 2e-4, 1e-4),
)];

pub const ON_WEBGPU: &[Check] = &[Check::new(
    WebGpu,
    "burn_on_webgpu_agrees_with_the_reference",
    |session| agrees(session, "gpu-worker.js", 5e-3, 5e-3),
)];

fn agrees(session: &Session, script: &str, logits: f32, maps: f32) {
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
        println!(
            "{script}, {model}: logits within {:.1e}, maps within {:.1e}",
            worst.logits, worst.maps
        );
        assert!(
            worst.logits <= logits,
            "{model}: logits differ by {}",
            worst.logits
        );
        assert!(
            worst.maps <= maps,
            "{model}: maps differ by {} of their peak",
            worst.maps
        );
    }
}
