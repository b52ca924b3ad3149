//! Code whose content differs from what was built is not run: the page says so, and goes on when it can.

use std::time::Duration;

use serde_json::Value;
use shared::Garment;
use tests::image_files;
use tests::page::{Page, Snapshot};
use tests::site::Fault;

use crate::errors::assert_is_message;
use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

/// What Chromium writes to the console.
const REFUSALS: &[&str] = &["integrity", "__wasm_split.js"];

pub const CHECKS: &[Check] = &[
    Check {
        expected_errors: REFUSALS,
        ..Check::new(Cpu, "altered_code_of_the_engine_is_not_run", altered_engine)
    },
    Check {
        expected_errors: REFUSALS,
        ..Check::new(Cpu, "altered_code_of_the_app_is_not_run", altered_app)
    },
    Check {
        expected_errors: REFUSALS,
        ..Check::new(
            Cpu,
            "altered_code_that_reads_images_is_not_run_and_loaded_again",
            altered_part,
        )
    },
];

const LIMIT: Duration = Duration::from_secs(40);

fn altered_engine(session: &Session) {
    for file in ["cpu-worker.js", "cpu-worker_bg.wasm"] {
        session.site.inject_fault(file, Fault::Altered);
        let page = Page::open_without_waiting(&session.browser, &session.site);
        let shown = page.wait(&format!("word of the altered {file}"), LIMIT, |now| {
            let mut rows = now.models.iter();
            rows.len() == 7 && rows.all(|row| row.state == "error") && !now.error.is_empty()
        });
        assert_is_message(&shown.error);
        session.site.clear_faults();
        page.click("[data-model=\"mlp\"] [data-testid=\"retry\"]");
        page.wait("the engine", LIMIT, |now| {
            now.is_ready() && now.error.is_empty()
        });
    }
}

fn altered_app(session: &Session) {
    for file in ["/app.js", "/app_bg.wasm"] {
        session.site.inject_fault(file, Fault::Altered);
        session.browser.open(&session.site.url());
        let said = session.browser.wait(
            "return document.getElementById('loading-text')?.innerText ?? '';",
            LIMIT,
            is_refusal,
        );
        said.unwrap_or_else(|text| panic!("{file} is altered, and the page says: {text}"));
        session.site.clear_faults();
    }
    assert!(
        session
            .page()
            .wait("the page", LIMIT, Snapshot::is_ready)
            .is_ready()
    );
}

fn is_refusal(text: &Value) -> bool {
    text.as_str()
        .is_some_and(|text| text.contains("could not be loaded") && text.contains("reload"))
}

fn altered_part(session: &Session) {
    session.site.inject_fault("split_photos", Fault::Altered);
    let page = Page::open(&session.browser, &session.site);
    let golden = session.clear_example(Garment::Bag);
    let file = image_files::png(&golden.image);
    page.choose(std::slice::from_ref(&file));
    let shown = page.wait("word of the altered code", LIMIT, |now| {
        now.error.contains("The code that reads images")
    });
    assert_is_message(&shown.error);
    page.wait("the image that was shown before", LIMIT, Snapshot::is_ready);
    session.site.clear_faults();
    let before = page.snapshot();
    page.choose(&[file]);
    // The message is removed when the page has taken the file.
    let shown = page.wait("the image after all", LIMIT, |now| {
        now.answered_since(&before) && now.error.is_empty()
    });
    assert_matches_reference(session, &golden, &shown, 1e-3);
}
