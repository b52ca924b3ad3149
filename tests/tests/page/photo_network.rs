//! The photo network on the page: when it is fetched, what it decides, and what happens without it.

use std::time::Duration;

use serde::Deserialize;
use shared::model::{answer, photo_network};
use shared::{Garment, ModelId};
use tests::image_files::{self, UploadFile};
use tests::page::Page;
use tests::reference::weights_folder;
use tests::site::Fault;
use trainer::predict::{NamedPrediction, Predictor, PreparedFile};
use trainer::weights_store::WeightsStore;

use crate::session::{Check, Session, Stage::Cpu};

const TIMEOUT: Duration = Duration::from_secs(30);

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "the_photo_network_is_fetched_for_a_photo_and_decides_the_answer",
        decides,
    ),
    Check {
        expected_errors: &["404"],
        ..Check::new(
            Cpu,
            "without_the_photo_network_the_answer_is_the_vote_s",
            missing,
        )
    },
    Check::new(Cpu, "the_heat_map_of_a_photo_has_any_class", heat_map),
];

/// The panel of the photo network, and the headline.
#[derive(Debug, Deserialize)]
struct Shown {
    hidden: bool,
    state: String,
    label: Option<String>,
    confidence: Option<String>,
    text: String,
    answer: Option<String>,
    answer_confidence: Option<String>,
    known: Option<String>,
}

fn shown(session: &Session) -> Shown {
    let script = "
        const panel = document.querySelector('[data-testid=\"photo-network\"]');
        const headline = document.querySelector('[data-testid=\"headline\"]');
        return {
            hidden: panel.hidden,
            state: panel.dataset.state,
            label: panel.dataset.label ?? null,
            confidence: panel.dataset.confidence ?? null,
            text: panel.innerText,
            answer: headline.dataset.label ?? null,
            answer_confidence: headline.dataset.confidence ?? null,
            known: headline.dataset.known ?? null,
        };";
    let value = session.browser.run(script, vec![]);
    serde_json::from_value(value).expect("the panel and the headline are on the page")
}

/// Waits until the panel has this state and the vote is complete.
fn wait_for(session: &Session, page: &Page, state: &str) -> Shown {
    page.wait("the photo network", TIMEOUT, |now| {
        now.is_ready() && shown(session).state == state
    });
    shown(session)
}

pub fn coat_on_a_floor(session: &Session) -> UploadFile {
    let coat = session.clear_example(Garment::Coat).image;
    image_files::floor_photo(&coat, [40, 60, 140], 700, 900)
}

/// The predictions of the command line.
pub fn native(file: &UploadFile) -> Vec<NamedPrediction> {
    let store = WeightsStore::new(weights_folder());
    let mut predictor = Predictor::load(&store, &ModelId::ALL).expect("the weights are there");
    let photo = photo::decode(&file.bytes).expect("an image");
    let file = PreparedFile::new(photo).expect("a garment");
    predictor.predict(&file, |_, _, _| {}).predictions
}

fn decides(session: &Session) {
    let is_of_network = |path: &str| path.contains("weights/photo-");
    let before = session.site.requests().len();
    let page = session.page();
    // A 28x28 image is no photo.
    page.show(&image_files::png(
        &session.clear_example(Garment::Bag).image,
    ));
    let requests = session.site.requests().split_off(before);
    assert!(
        !requests.iter().any(|(path, _)| is_of_network(path)),
        "{requests:?}"
    );
    assert!(shown(session).hidden);

    let file = coat_on_a_floor(session);
    page.show(&file);
    let shown = wait_for(session, &page, "ready");
    assert!(!shown.hidden);
    let native = native(&file);
    let expected = |name: &str| {
        let found = native.iter().find(|p| p.name == name);
        let found = found.expect("a prediction of that name");
        (
            found.class.label(),
            found.confidence.to_string(),
            found.is_known,
        )
    };
    let (label, confidence, _) = expected(photo_network::NAME);
    assert_eq!(shown.label.as_deref(), Some(label));
    assert_eq!(shown.confidence.as_deref(), Some(confidence.as_str()));
    let (label, confidence, is_known) = expected(answer::NAME);
    assert_eq!(shown.answer.as_deref(), Some(label));
    assert_eq!(shown.known, Some(is_known.to_string()));
    let difference = |text: Option<String>| {
        let number = text.and_then(|text| text.parse::<f32>().ok());
        number.map(|number| (number - confidence.parse::<f32>().unwrap_or(f32::NAN)).abs())
    };
    let apart = difference(shown.answer_confidence);
    assert!(apart.is_some_and(|apart| apart < 1e-4), "{apart:?}");
}

fn missing(session: &Session) {
    session.site.inject_fault("weights/photo-", Fault::Missing);
    let page = session.page();
    page.show(&coat_on_a_floor(session));
    let shown = wait_for(session, &page, "error");
    assert!(
        shown.text.contains("404") && shown.text.contains("Try again"),
        "{}",
        shown.text
    );
    let vote = page.snapshot().vote;
    assert_eq!(shown.answer.as_deref(), Some(vote.label.as_str()));
    session.site.clear_faults();
    page.click("[data-testid=\"retry-photo-network\"]");
    let shown = wait_for(session, &page, "ready");
    assert!(shown.label.is_some());
}

fn heat_map(session: &Session) {
    let page = session.page();
    page.show(&coat_on_a_floor(session));
    wait_for(session, &page, "ready");
    page.click("[data-testid=\"explain-photo\"]");
    let pixels = || {
        let script = "
            const canvas = document.querySelector('.photo-heat-map canvas');
            return canvas && canvas.width > 1 ? canvas.toDataURL() : null;";
        session.browser.run(script, vec![])
    };
    page.wait("the heat map", TIMEOUT, |_| !pixels().is_null());
    let first = pixels();
    page.select("photo-class", "13");
    page.wait("another heat map", TIMEOUT, |_| pixels() != first);
}
