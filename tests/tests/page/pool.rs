//! Batches are shared out among several CPU workers.

use std::time::Duration;

use serde_json::{Value, json};
use shared::Garment;
use tests::image_files::{self, UploadFile};
use tests::page::Page;

use crate::benchmark::{has_test_set, whole_test_set};
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "the_test_set_is_shared_out_among_workers_that_end_afterwards",
        test_set,
    ),
    Check::new(
        Cpu,
        "what_a_silent_worker_of_the_pool_leaves_is_answered_by_others",
        silent_worker,
    ),
];

/// More than a silent worker of the pool is given, and than the workers are kept after a batch.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A machine with three cores, and a list of the page's workers. Those of the numbers in `silent` end without a word after some messages.
const WORKERS: &str = "
    Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', {get: () => 3});
    window.workers = [];
    const Original = window.Worker;
    window.Worker = class extends Original {
        constructor(...parameters) {
            super(...parameters);
            this.sent = 0;
            this.isSilent = SILENT.includes(workers.length);
            workers.push(this);
        }
        postMessage(...parameters) {
            this.sent += 1;
            if (this.isSilent && this.sent > 14) super.terminate();
            super.postMessage(...parameters);
        }
        terminate() {
            this.hasEnded = true;
            super.terminate();
        }
    };";

/// A page on such a machine.
fn page<'a>(session: &'a Session, silent: &Value) -> Page<'a> {
    let script = WORKERS.replace("SILENT", &silent.to_string());
    let script = session.browser.on_new_pages(&script);
    let page = session.page();
    session.browser.forget(&script);
    page
}

/// How many messages each worker has got, and whether the page has ended it.
fn workers(page: &Page) -> Vec<(u64, bool)> {
    let workers = "return workers.map(worker => [worker.sent, worker.hasEnded === true]);";
    let workers = page.browser.run(workers, vec![]);
    serde_json::from_value(workers).expect("numbers and truth values")
}

fn test_set(session: &Session) {
    let page = page(session, &json!([]));
    if !has_test_set(&page) {
        return;
    }
    assert_eq!(workers(&page).len(), 1, "more workers than the page needs");
    whole_test_set(&page);
    let used = workers(&page);
    assert_eq!(used.len(), 3, "{used:?}");
    // One message loads the weights, and there are forty batches.
    assert!(used.iter().all(|(sent, _)| *sent > 4), "{used:?}");
    let ended = "return workers.map(worker => worker.hasEnded === true);";
    let ended = page
        .browser
        .wait(ended, TIMEOUT, |ended| ended == &json!([false, true, true]));
    assert!(ended.is_ok(), "the workers go on: {ended:?}");
}

fn silent_worker(session: &Session) {
    let page = page(session, &json!([1]));
    let classes = [Garment::Bag, Garment::Trouser, Garment::Sandal];
    let images = classes.map(|class| image_files::png(&session.clear_example(class).image));
    let files: Vec<UploadFile> = (0..600)
        .map(|i| UploadFile {
            name: format!("{i:03}.png"),
            ..images[i % classes.len()].clone()
        })
        .collect();
    page.choose(&files);
    let is_done = "return document.querySelector('[data-testid=\"roll\"]')?.dataset.done ?? '';";
    let done = page
        .browser
        .wait(is_done, 2 * TIMEOUT, |done| done == "600");
    assert!(done.is_ok(), "not all files are classified: {done:?}");
    let used = workers(&page);
    let (_, has_ended) = used[1];
    assert!(
        used.len() > 3 && has_ended,
        "no worker was replaced: {used:?}"
    );
    for _ in 0..6 {
        let rows = "return [...document.querySelectorAll('[data-testid=\"roll-row\"]')]
            .map(row => [row.dataset.file, row.dataset.label]);";
        let rows: Vec<(String, String)> =
            serde_json::from_value(page.browser.run(rows, vec![])).expect("rows");
        assert_eq!(rows.len(), 100);
        for (file, label) in rows {
            let number: usize = file.trim_end_matches(".png").parse().expect("a number");
            assert_eq!(label, classes[number % classes.len()].label(), "{file}");
        }
        page.click("[data-testid=\"batch-next\"]");
    }
}
