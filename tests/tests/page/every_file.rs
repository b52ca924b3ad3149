//! Faults of each file that the first prediction needs, and of a file of each other kind: at the first visit, at the second and during an
//! update. The page answers, or says what to do; after the fault, the next image is answered.

use std::time::{Duration, Instant};

use serde_json::json;
use shared::Garment;
use tests::image_files;
use tests::page::{Page, Snapshot};
use tests::reliability::attempt;
use tests::site::{Fault, SUB_PATH};

use crate::offline::{NEW_TITLE, Visitor, rebuild};
use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

/// What Chromium writes to the console about files that are missing or altered.
const COMPLAINTS: &[&str] = &[
    "404",
    "500",
    "integrity",
    "__wasm_split.js",
    "boot-",
    "Failed to load",
    "JSON",
];

const fn check(name: &'static str, run: fn(&Session)) -> Check {
    Check {
        expected_errors: COMPLAINTS,
        ..Check::new(Cpu, name, run)
    }
}

pub const CHECKS: &[Check] = &[
    check(FIRST_VISIT, first_visit),
    check(STALLED, stalled),
    check(SECOND_VISIT, second_visit),
    check(UPDATE, update),
];

const FIRST_VISIT: &str = "each_faulty_file_of_a_first_visit_is_survived";
const STALLED: &str = "stalled_files_of_a_first_visit_are_survived";
const SECOND_VISIT: &str = "each_faulty_file_of_a_second_visit_is_survived";
const UPDATE: &str = "each_faulty_file_of_an_update_is_survived";

/// Parts of the names of the files that the first prediction needs, without the page itself, for which a browser has its own message, and
/// without the first script, which has its own check.
const NEEDED: [&str; 9] = [
    "base-",
    "/app.js",
    "app-*/__wasm_split.js",
    "/app_bg.wasm",
    "/cpu-worker.js",
    "cpu-worker-*/__wasm_split.js",
    "/cpu-worker_bg.wasm",
    "weights/resnet-",
    "split_photos.wasm",
];

/// A file of each other kind: weights of a model, of the vote and of the novelty detector, the gallery, the manifest, and a later part of
/// the app.
const OTHERS: [&str; 6] = [
    "weights/cnn-",
    "weights/vote-",
    "weights/novelty-",
    "gallery-",
    "weights/manifest-",
    "split_compare.wasm",
];

/// Longer than 20 seconds without progress, and than the 15 seconds after which the page without its first script says so.
const LIMIT: Duration = Duration::from_secs(45);
/// A message that is there this long is not part of starting.
const STAYS: Duration = Duration::from_millis(1500);

/// What the page says to the visitor where something is missing; empty if nothing.
const SAID: &str = "
    const visible = element => element?.checkVisibility({visibilityProperty: true}) ? element.innerText.trim() : '';
    const loading = document.getElementById('loading-text');
    const texts = [
        loading?.className === 'error' || loading?.textContent.startsWith('Nothing') ? visible(loading) : '',
        visible(document.getElementById('loading-help')),
        visible(document.querySelector('[data-testid=\"error\"]')),
        visible(document.querySelector('[data-testid=\"part-failed\"]')),
    ];
    return texts.find(text => text) ?? '';";

/// Waits until the page has answered with all models, or says what is missing for some time. What it says; empty if it has answered.
///
/// # Panics
/// It does neither.
fn outcome(page: &Page, what: &str) -> String {
    let start = Instant::now();
    let mut said = (String::new(), Instant::now());
    loop {
        if page.snapshot().is_ready() {
            return String::new();
        }
        let text = page.browser.run(SAID, vec![]);
        let text = text.as_str().unwrap_or_default();
        if text != said.0 {
            said = (text.to_owned(), Instant::now());
        } else if !text.is_empty() && said.1.elapsed() > STAYS {
            return said.0;
        }
        assert!(
            start.elapsed() < LIMIT,
            "{what}: no answer and no message; the page says {:?}",
            page.browser.run("return document.body.innerText;", vec![])
        );
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn assert_says_what_to_do(text: &str, what: &str) {
    let remedies = ["reload", "again", "check the connection"];
    assert!(
        text.contains('.') && remedies.iter().any(|remedy| text.contains(remedy)),
        "{what}: the page says only {text:?}"
    );
}

/// Opens the page with the fault. Then an image is answered: at once if the page has answered, otherwise after the fault is gone and the
/// page is loaded again.
fn survive(session: &Session, file: &str, fault: Fault, class: Garment) {
    let what = format!("{fault:?} {file}");
    session.site.inject_fault(file, fault);
    let page = Page::open_without_waiting(&session.browser, &session.site);
    let said = outcome(&page, &what);
    if !said.is_empty() {
        assert_says_what_to_do(&said, &what);
        session.site.clear_faults();
        Page::open_without_waiting(&session.browser, &session.site);
        page.wait(
            &format!("the models after {what}"),
            LIMIT,
            Snapshot::is_ready,
        );
    }
    let golden = session.clear_example(class);
    // The code that reads images is downloaded for the first one, and may be what is faulty.
    let before = page.snapshot();
    page.choose(&[image_files::png(&golden.image)]);
    let mut shown = page.wait(&format!("an answer or a message, {what}"), LIMIT, |now| {
        now.answered_since(&before) || now.error.contains("code that reads images")
    });
    if !shown.answered_since(&before) {
        assert_says_what_to_do(&shown.error, &what);
        session.site.clear_faults();
        page.choose(&[image_files::png(&golden.image)]);
        shown = page.wait(&format!("an answer after {what}"), LIMIT, |now| {
            now.answered_since(&before)
        });
    }
    session.site.clear_faults();
    assert_matches_reference(session, &golden, &shown, 1e-3);
}

fn first_visit(session: &Session) {
    let faults = [
        [Fault::Missing, Fault::Altered],
        [Fault::Failing, Fault::Truncated],
    ];
    let classes = [Garment::Bag, Garment::Sandal, Garment::Coat, Garment::Dress];
    let files = NEEDED.into_iter().chain(OTHERS);
    for (i, file) in files.enumerate() {
        for (j, fault) in faults[i % 2].into_iter().enumerate() {
            attempt(FIRST_VISIT, || {
                survive(session, file, fault, classes[(i + j) % 4])
            });
        }
    }
    attempt(FIRST_VISIT, || {
        survive(session, "boot-", Fault::Altered, Garment::Bag)
    });
}

fn stalled(session: &Session) {
    // The downloads of the app, the engine and weights have checks of their own, in `loading` and `faults`.
    for file in ["gallery-", "weights/novelty-", "split_compare.wasm"] {
        attempt(STALLED, || {
            survive(session, file, Fault::Stalled, Garment::Sandal)
        });
    }
}

fn second_visit(session: &Session) {
    let visitor = Visitor::new();
    visitor.visits(session);
    // The browser has all files, so no fault of any of them is noticed: all files have it at once.
    for fault in Fault::ALL {
        for file in NEEDED
            .into_iter()
            .chain(OTHERS)
            .chain(["boot-", "offline.js"])
        {
            visitor.site.inject_fault(file, fault);
        }
        attempt(SECOND_VISIT, || visitor.answers(session));
        visitor.site.clear_faults();
    }
    // The page itself is fetched. Not all alterations can be noticed, and the page that is shown then may be without its script.
    for fault in [
        Fault::Missing,
        Fault::Failing,
        Fault::Truncated,
        Fault::Stalled,
    ] {
        visitor.site.inject_fault(SUB_PATH, fault);
        attempt(SECOND_VISIT, || visitor.answers(session));
        visitor.site.clear_faults();
    }
    visitor.site.inject_fault(SUB_PATH, Fault::Altered);
    attempt(SECOND_VISIT, || {
        let page = Page::open_without_waiting(&visitor.browser, &visitor.site);
        let said = outcome(&page, "an altered page");
        if !said.is_empty() {
            assert_says_what_to_do(&said, "an altered page");
        }
        visitor.site.clear_faults();
        visitor.leaves();
        visitor.answers(session);
    });
}

/// A new version is on the server, and one of its files is faulty: the version before stays whole, and is shown when the server fails.
fn update(session: &Session) {
    let visitor = Visitor::new();
    visitor.visits(session);
    let (_, new) = rebuild(&visitor.site);
    // A server that fails is what each of them is followed by.
    for fault in [Fault::Missing, Fault::Truncated, Fault::Altered] {
        for file in [SUB_PATH, "offline.js", &new] {
            survive_update(session, &visitor, file, fault);
        }
    }
    survive_update(session, &visitor, SUB_PATH, Fault::Stalled);
    // What has stalled goes on when the fault is gone, and the update with it, so this is a visitor's last fault.
    survive_update(session, &visitor, &new, Fault::Stalled);
    visitor.answers(session);
    assert_eq!(visitor.title(), NEW_TITLE);
    visitor.waits_for("the new file", |kept| kept.contains(&new));

    let visitor = Visitor::new();
    visitor.visits(session);
    let (_, new) = rebuild(&visitor.site);
    survive_update(session, &visitor, "offline.js", Fault::Stalled);
    visitor.answers(session);
    visitor.waits_for("the new file", |kept| kept.contains(&new));
}

/// Asks the browser to look for a new version, and gives it a second to install one. Whether it did.
const LOOK_FOR_UPDATE: &str = "
    const pause = millis => new Promise(resolve => setTimeout(resolve, millis));
    const registration = await navigator.serviceWorker.getRegistration();
    await Promise.race([registration.update().catch(() => {}), pause(500)]);
    for (let i = 0; registration.installing && i < 10; i += 1) await pause(50);
    return Boolean(registration.waiting);";

fn survive_update(session: &Session, visitor: &Visitor, file: &str, fault: Fault) {
    attempt(UPDATE, || {
        try_update(session, visitor, file, fault);
    });
    visitor.site.clear_faults();
}

fn try_update(session: &Session, visitor: &Visitor, file: &str, fault: Fault) {
    let what = format!("an update with {fault:?} {file}");
    visitor.site.inject_fault(file, fault);
    // A browser does not open a page to its end whose script never comes.
    let address = match fault {
        Fault::Stalled => visitor.site.blank(),
        _ => visitor.site.url(),
    };
    visitor.browser.open(&address);
    let is_installed = visitor.browser.run_async(LOOK_FOR_UPDATE, vec![]);
    assert_eq!(is_installed.expect("a state"), json!(false), "{what}");
    visitor.leaves();
    if file == SUB_PATH {
        visitor.site.clear_faults();
    }
    // Now the server fails.
    visitor.browser.cdp("Network.clearBrowserCache", json!({}));
    visitor.site.inject_fault("", Fault::Failing);
    visitor.answers(session);
    assert_ne!(visitor.title(), NEW_TITLE, "{what}");
    visitor.leaves();
}
