//! Weights that do not arrive as they were written: the model says so, and the others answer.

use std::thread;
use std::time::Duration;

use protocol::Reply;
use shared::{Garment, ModelId};
use tests::image_files;
use tests::page::{Page, START_IMAGE};
use tests::site::Fault;
use tests::worker::Worker;

use crate::errors::assert_is_message;
use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "truncated_weights_get_a_sentence", |s| {
        broken(s, Fault::Truncated)
    }),
    Check::new(Cpu, "altered_weights_get_a_sentence", |s| {
        broken(s, Fault::Altered)
    }),
    Check {
        expected_errors: &["404"],
        ..Check::new(Cpu, "missing_weights_get_a_sentence", |s| {
            broken(s, Fault::Missing)
        })
    },
    Check {
        expected_errors: &["404"],
        ..Check::new(Cpu, "an_early_file_is_taken_once", early)
    },
];

fn broken(session: &Session, fault: Fault) {
    session.site.inject_fault("weights/cnn-", fault);
    let page = Page::open_without_waiting(&session.browser, &session.site);
    let shown = page.wait(
        "a sentence on the weights",
        Duration::from_secs(20),
        |now| now.models.iter().any(|row| row.state == "error") && !now.error.is_empty(),
    );
    assert_eq!(shown.row(ModelId::Cnn).state, "error");
    assert_is_message(&shown.error);
    assert!(
        shown.error.contains("CNN"),
        "\"{}\" does not name the model",
        shown.error
    );

    // The ResNet is whole, and answers.
    let golden = session.clear_example(Garment::Bag);
    page.choose(&[image_files::png(&golden.image)]);
    let shown = page.wait("the ResNet's answer", Duration::from_secs(20), |now| {
        let row = now.row(ModelId::Resnet);
        row.state == "ready" && row.image > START_IMAGE
    });
    let (class, _) = session.expected(ModelId::Resnet, &golden);
    assert_eq!(shown.row(ModelId::Resnet).label, class.label());

    // Mended and reloaded, as the sentence asks for.
    session.site.clear_faults();
    let page = session.page();
    let shown = page.show(&image_files::png(&golden.image));
    assert_matches_reference(session, &golden, &shown, 1e-3);
}

/// The answer that came early is what the first request gets, be it a refusal; the next one asks anew.
fn early(session: &Session) {
    session.site.inject_fault("weights/resnet-", Fault::Missing);
    let worker = Worker::start_early(&session.browser, &session.site, &[ModelId::Resnet]);
    // Time to be answered.
    thread::sleep(Duration::from_secs(2));
    session.site.clear_faults();
    let [first, second] = [0; 2].map(|_| worker.request(&worker.load_requests()).remove(0));
    assert!(
        matches!(&first, Reply::Error(error) if error.to_string().contains("404")),
        "{first:?}"
    );
    assert!(matches!(second, Reply::Loaded { .. }), "{second:?}");
}
