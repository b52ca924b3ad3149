//! Weights that do not arrive as they were written: the model says so, and the others answer.

use std::thread;
use std::time::Duration;

use protocol::Reply;
use shared::{Garment, ModelId};
use tests::page::Page;
use tests::picture;
use tests::site::Fault;
use tests::worker::Worker;

use crate::input::answers_as_the_reference;
use crate::refusal::is_a_sentence;
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "truncated_weights_get_a_sentence", |s| {
        broken(s, Fault::Truncated)
    }),
    Check::new(Cpu, "altered_weights_get_a_sentence", |s| {
        broken(s, Fault::Altered)
    }),
    Check {
        noise: &["404"],
        ..Check::new(Cpu, "missing_weights_get_a_sentence", |s| {
            broken(s, Fault::Missing)
        })
    },
    Check {
        noise: &["404"],
        ..Check::new(Cpu, "an_early_file_is_taken_once", early)
    },
];

fn broken(session: &Session, fault: Fault) {
    session.site.break_file("weights/cnn-", fault);
    let page = Page::open_at_once(&session.browser, &session.site);
    let shown = page.wait(
        "a sentence on the weights",
        Duration::from_secs(20),
        |now| now.models.iter().any(|row| row.state == "error") && !now.error.is_empty(),
    );
    assert_eq!(shown.row(ModelId::Cnn).state, "error");
    is_a_sentence(&shown.error);
    assert!(
        shown.error.contains("CNN"),
        "\"{}\" does not name the model",
        shown.error
    );

    // The ResNet is whole, and answers.
    let golden = session.clear(Garment::Bag);
    page.choose(&[picture::png(&golden.picture)]);
    let shown = page.wait("the ResNet's answer", Duration::from_secs(20), |now| {
        let row = now.row(ModelId::Resnet);
        row.state == "ready" && !row.label.is_empty()
    });
    let (class, _) = session.expected(ModelId::Resnet, &golden);
    assert_eq!(shown.row(ModelId::Resnet).label, class.label());

    // Mended and reloaded, as the sentence asks for.
    session.site.mend();
    let page = session.page();
    let shown = page.show(&picture::png(&golden.picture));
    answers_as_the_reference(session, &golden, &shown, 1e-3);
}

/// The answer that came early is what the first request gets, be it a refusal; the next one asks anew.
fn early(session: &Session) {
    session.site.break_file("weights/resnet-", Fault::Missing);
    let worker = Worker::start_early(&session.browser, &session.site, &[ModelId::Resnet]);
    // Time to be answered.
    thread::sleep(Duration::from_secs(2));
    session.site.mend();
    let [first, second] = [0; 2].map(|_| worker.ask(&worker.loads()).remove(0));
    assert!(
        matches!(&first, Reply::Error { sentence } if sentence.contains("404")),
        "{first:?}"
    );
    assert!(matches!(second, Reply::Loaded { .. }), "{second:?}");
}
