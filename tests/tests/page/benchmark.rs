//! What this machine can do: engines are timed, and the whole test set is answered live.

use std::time::Duration;

use serde_json::Value;
use shared::Garment;
use tests::image_files;
use tests::page::Page;
use tests::site::Fault;

use crate::errors::assert_is_message;
use crate::session::{Check, Session, Stage::Cpu, Stage::WebGpu};
use crate::upload::assert_matches_reference;

pub const ON_CPU: &[Check] = &[
    Check::new(Cpu, "the_engine_is_timed_on_a_press", measured),
    Check::new(
        Cpu,
        "a_run_gives_way_to_a_picture_and_can_be_stopped",
        gives_way,
    ),
    Check::new(
        Cpu,
        "the_test_set_is_answered_as_the_trainer_recorded",
        whole,
    ),
    Check {
        expected_errors: &["404"],
        ..Check::new(
            Cpu,
            "a_damaged_test_set_is_refused_and_fetched_anew",
            damaged,
        )
    },
    Check::new(Cpu, "a_build_without_the_test_set_says_so", left_out),
];

pub const ON_WEBGPU: &[Check] = &[Check::new(
    WebGpu,
    "many_pictures_at_once_go_to_the_faster_engine",
    faster,
)];

const TIMEOUT: Duration = Duration::from_secs(60);
/// SwiftShader compiles shaders on the CPU, on a machine that may be busy.
const GPU_TIMEOUT: Duration = Duration::from_secs(240);
const RUN: &str = "[data-testid=\"run\"]";
const MEASURE: &str = "[data-testid=\"machine-measure\"]";

const STATE: &str = "
    const root = document.querySelector('[data-testid=\"machine\"]');
    const text = hook => root.querySelector(`[data-testid=\"${hook}\"]`).innerText;
    return {run: root.dataset.run, done: Number(root.dataset.done), accuracy: root.dataset.accuracy ?? '',
        engine: root.dataset.engine ?? '', batch: root.dataset.batchEngine ?? '', button: text('run'),
        reason: text('machine-reason'), words: text('run-words'), outcome: text('run-outcome'),
        speeds: [...root.querySelectorAll('tr[data-engine]')].map(row => ({...row.dataset})),
        matrix: [...root.querySelectorAll('.matrix tbody tr')].map(row =>
            [...row.querySelectorAll('td')].map(cell => Number(cell.innerText)))};";

fn wait(page: &Page, what: &str, limit: Duration, is_it: impl Fn(&Value) -> bool) -> Value {
    let found = page.browser.wait(STATE, limit, |state| is_it(state));
    found.unwrap_or_else(|state| panic!("waited {limit:?} for {what}: {state:#}"))
}

fn text<'a>(state: &'a Value, field: &str) -> &'a str {
    state[field].as_str().unwrap_or_default()
}

/// Whether the site has the test set: a machine that it cannot be installed on builds without.
pub fn has_test_set(page: &Page) -> bool {
    let named = "return document.querySelector('meta[name=\"haberdash-assets\"]').content.includes('t10k-images');";
    let has = page.browser.run(named, vec![]) == Value::Bool(true);
    if !has {
        println!("skipped: the site was built without the test set");
    }
    has
}

/// The rows of an engine: images a second.
fn rates(state: &Value, engine: &str) -> Vec<(String, f64)> {
    let rows = state["speeds"].as_array().into_iter().flatten();
    rows.filter(|row| row["engine"] == engine)
        .map(|row| {
            let number = |name| text(row, name).parse::<f64>().unwrap_or_default();
            assert!(number("single") > 1.0, "an image in no time: {row}");
            (text(row, "model").to_string(), number("many"))
        })
        .collect()
}

fn measured(session: &Session) {
    let page = session.page();
    page.click(MEASURE);
    let state = wait(&page, "both networks' times", TIMEOUT, |state| {
        rates(state, "cpu").len() == 2 && !text(state, "reason").contains("Measuring")
    });
    for (model, rate) in rates(&state, "cpu") {
        // From a telephone to whatever comes.
        assert!((10.0..1e6).contains(&rate), "{model}: {rate} a second");
    }
    assert_eq!(state["batch"], "cpu");
    assert_is_message(text(&state, "reason"));
    assert!(text(&state, "reason").contains("the CPU"));
    assert!(text(&state, "words").starts_with("About "), "{state:#}");
}

/// Notes how far the run has come when a file is handed in, and when its first vote is counted.
const NOTES: &str = "
    const done = () => Number(document.querySelector('[data-testid=\"machine\"]').dataset.done);
    const vote = document.querySelector('[data-testid=\"vote\"]');
    addEventListener('change', () => { window.notes = [done()]; }, true);
    new MutationObserver(() => { if (window.notes?.length == 1) notes.push(done()); })
        .observe(vote, {attributes: true, attributeFilter: ['data-picture']});";
/// A file waits for the batch under way when it comes, its predictions for another, and so does the vote: with some to spare. The
/// workers of the pool, at most seven, go on meanwhile.
const BETWEEN: u64 = 8 * 8 * 25;

fn gives_way(session: &Session) {
    let page = session.page();
    if !has_test_set(&page) {
        return;
    }
    // The slowest: it takes much longer than this check.
    page.select("run-model", "knn");
    page.click(RUN);
    let state = wait(&page, "the first answers", TIMEOUT, |s| {
        s["done"].as_u64() > Some(0)
    });
    assert_eq!(state["button"], "Stop");
    session.browser.run(NOTES, vec![]);
    let golden = session.clear_example(Garment::Sandal);
    let shown = page.show(&image_files::png(&golden.image));
    assert_matches_reference(session, &golden, &shown, 1e-3);
    let notes = session.browser.run("return notes;", vec![]);
    let at = |i: usize| notes[i].as_u64().expect("a count");
    assert!(at(1) - at(0) <= BETWEEN, "the image had to wait: {notes}");
    let state = wait(&page, "more answers", TIMEOUT, |s| {
        s["done"] != state["done"]
    });
    assert_eq!(state["run"], "running", "{state:#}");
    assert!(text(&state, "words").contains(" a second on the CPU"));
    page.click(RUN);
    let stopped = wait(&page, "the end", Duration::from_secs(2), |s| {
        s["run"] == "over"
    });
    assert!(
        text(&stopped, "outcome").contains("was stopped"),
        "{stopped:#}"
    );
    // What the worker was still busy with comes late and counts for nothing.
    std::thread::sleep(Duration::from_millis(700));
    let later = page.browser.run(STATE, vec![]);
    assert_eq!(later["done"], stopped["done"]);
    assert_eq!(later["matrix"], stopped["matrix"]);
    let counted = stopped["matrix"].as_array().into_iter().flatten();
    let counted = counted.flat_map(|row| row.as_array().into_iter().flatten());
    assert_eq!(
        counted.filter_map(Value::as_u64).sum::<u64>(),
        stopped["done"].as_u64().unwrap_or_default()
    );
}

fn whole(session: &Session) {
    let page = session.page();
    if !has_test_set(&page) {
        return;
    }
    whole_test_set(&page);
}

/// Runs the test set through the CNN, and compares the result with the trainer's.
pub fn whole_test_set(page: &Page) {
    page.click(RUN);
    let state = wait(page, "all 10,000 answers", TIMEOUT, |s| {
        ["over", "failed"].contains(&text(s, "run"))
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../weights/metrics/cnn.json");
    let recorded = std::fs::read_to_string(path).expect("the trainer's record");
    let recorded: Value = serde_json::from_str(&recorded).expect("JSON");
    assert_eq!(state["matrix"], recorded["confusion"], "{state:#}");
    let outcome = text(&state, "outcome");
    assert!(
        outcome.contains("The trainer recorded the same"),
        "{outcome}"
    );
    assert_eq!(state["engine"], "cpu");
}

fn damaged(session: &Session) {
    for fault in [Fault::Altered, Fault::Truncated, Fault::Missing] {
        let page = Page::open_without_waiting(&session.browser, &session.site);
        page.wait("the page", TIMEOUT, |now| !now.engine.is_empty());
        if !has_test_set(&page) {
            return;
        }
        session.site.inject_fault("t10k-images", fault);
        page.click(RUN);
        let state = wait(&page, "a refusal", TIMEOUT, |s| s["run"] == "failed");
        assert_is_message(text(&state, "outcome"));
        assert!(text(&state, "outcome").contains("test images"), "{state:#}");
        session.site.clear_faults();
        page.click(RUN);
        wait(&page, "answers", TIMEOUT, |s| s["done"].as_u64() > Some(0));
        page.click(RUN);
    }
}

/// Takes the test set out of the page's map of files before the page reads it.
pub const WITHOUT_TEST_SET: &str = "
    new MutationObserver((_, observer) => {
        const meta = document.querySelector('meta[name=\"haberdash-assets\"]');
        if (!meta) return;
        observer.disconnect();
        const files = Object.entries(JSON.parse(meta.content));
        meta.content = JSON.stringify(Object.fromEntries(files.filter(([name]) => !name.startsWith('t10k'))));
    }).observe(document, {childList: true, subtree: true});";

fn left_out(session: &Session) {
    let script = session.browser.on_new_pages(WITHOUT_TEST_SET);
    let page = session.page();
    session.browser.forget(&script);
    page.click(RUN);
    let state = wait(&page, "a sentence", TIMEOUT, |s| s["run"] == "failed");
    assert_is_message(text(&state, "outcome"));
    assert!(
        text(&state, "outcome").contains("cargo xtask build"),
        "{state:#}"
    );
}

fn faster(session: &Session) {
    let page = session.page();
    let shown = page.wait("WebGPU to be ready", GPU_TIMEOUT, |now| {
        ["ready", "failed", "absent"].contains(&now.gpu_state.as_str())
    });
    assert_eq!(shown.gpu_state, "ready", "{}", shown.engine_text);
    page.click(MEASURE);
    let state = wait(&page, "both engines' times", GPU_TIMEOUT, |state| {
        rates(state, "webgpu").len() == 2 && !text(state, "reason").contains("Measuring")
    });
    let cnn = |engine| rates(&state, engine)[0].1;
    let expected = if cnn("webgpu") > cnn("cpu") {
        "webgpu"
    } else {
        "cpu"
    };
    assert_eq!(state["batch"], expected, "{state:#}");
    assert!(text(&state, "reason").contains("as measured"), "{state:#}");
    // By choice, and as good.
    page.select("engine-choice", "webgpu");
    if has_test_set(&page) {
        page.click(RUN);
        wait(&page, "answers", GPU_TIMEOUT, |s| {
            s["done"].as_u64() >= Some(500)
        });
        page.click(RUN);
        let state = wait(&page, "the end", TIMEOUT, |s| s["run"] == "over");
        assert_eq!(state["engine"], "webgpu", "{state:#}");
        let accuracy: f64 = text(&state, "accuracy").parse().unwrap_or_default();
        assert!(accuracy > 0.9, "{state:#}");
    }
}
