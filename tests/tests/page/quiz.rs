//! The quiz: its images are those of its code, its answers are counted, and its result has the models' recorded predictions.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{Garment, Grey28, ModelId};
use tests::page::Page;

use crate::benchmark::WITHOUT_TEST_SET;
use crate::compare::published;
use crate::errors::assert_is_message;
use crate::layout::{ENTER, tab_to};
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "a_quiz_is_played_with_the_keyboard_alone_and_tells_nothing_before",
        right_answers,
    ),
    Check::new(
        Cpu,
        "wrong_answers_are_listed_with_the_models_predictions",
        wrong_answers,
    ),
    Check::new(Cpu, "a_quiz_has_a_link_and_survives_a_reload", codes),
    Check::new(
        Cpu,
        "digits_that_are_typed_elsewhere_are_no_answers",
        elsewhere,
    ),
    Check::new(Cpu, "without_the_test_set_the_quiz_says_so", left_out),
];

const TIMEOUT: Duration = Duration::from_secs(40);

const CODE: &str = "7KX2M";
/// The images of this code. Computed in Python from the data set's labels, with the generator and the shuffle written anew.
const IMAGES: [usize; 20] = [
    8913, 9565, 3603, 605, 6744, 2202, 897, 3731, 4873, 2155, 3798, 7279, 5834, 3429, 5174, 429,
    5335, 6828, 5818, 4148,
];

const STATE: &str = "
    const root = document.querySelector('[data-testid=\"quiz\"]');
    if (!root) return {state: 'missing'};
    const text = name => root.querySelector(`[data-testid=\"${name}\"]`)?.innerText ?? '';
    const focused = document.activeElement;
    return {state: root.dataset.state, status: text('quiz-status'), code: text('quiz-code'), progress: text('quiz-progress'),
        verdict: text('quiz-verdict'), right: root.querySelector('[data-testid=\"quiz-verdict\"]')?.dataset.right ?? '',
        focus: focused.dataset.testid ?? focused.id ?? ''};";

/// Opens the page with something after its address, and waits for the quiz.
fn open<'a>(session: &'a Session, after: &str) -> Page<'a> {
    session.browser.open("about:blank");
    session
        .browser
        .open(&format!("{}{after}", session.site.url()));
    session.browser.forget_history();
    let page = Page {
        browser: &session.browser,
    };
    wait(&page, "the quiz", |now| now["state"] == "idle");
    page
}

fn wait(page: &Page, what: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    let found = page.browser.wait(STATE, TIMEOUT, is_there);
    found.unwrap_or_else(|now| panic!("waited for {what}: {now:#}"))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The test set as the site has it.
struct TestSet {
    images: Vec<Grey28>,
    labels: Vec<usize>,
}

impl TestSet {
    /// `None` if the site was built without it.
    fn load(session: &Session) -> Option<Self> {
        let (images, labels) = session.test_set()?;
        Some(Self { images, labels })
    }

    /// The number of the image that the quiz shows.
    fn shown(&self, page: &Page) -> usize {
        let canvas = page.canvas("quiz-image");
        let pixels: Vec<u8> = canvas.rgba.chunks(4).map(|pixel| pixel[0]).collect();
        let mut images = self.images.iter();
        let index = images.position(|image| image.pixels().as_slice() == pixels);
        index.expect("the quiz shows an image of the test set")
    }

    /// Answers all images, by keys or by clicks. Returns the images' numbers.
    fn play(&self, page: &Page, by_keys: bool, answer: impl Fn(usize) -> usize) -> Vec<usize> {
        let mut shown = Vec::new();
        for place in 1..=20 {
            let progress = format!("{place} of 20");
            let now = wait(page, &progress, |now| {
                now["state"] == "guessing" && now["progress"] == json!(progress)
            });
            assert_eq!(now["verdict"], "");
            let now = wait(page, "the focus", |now| now["focus"] == "quiz-progress");
            assert_eq!(now["right"], "");
            let index = self.shown(page);
            shown.push(index);
            let truth = self.labels[index];
            assert_tells_nothing(page, index);
            let answer = answer(truth);
            if by_keys {
                page.browser.press(digit(answer));
            } else {
                let label = Garment::ALL[answer].label();
                page.click(&format!(
                    "[data-testid=\"quiz-key\"][data-label=\"{label}\"]"
                ));
            }
            let now = wait(page, "the verdict", |now| {
                now["state"] == "answered" && now["focus"] == "quiz-next"
            });
            assert_eq!(text(&now, "right"), (answer == truth).to_string());
            let verdict = text(&now, "verdict");
            assert!(verdict.contains(Garment::ALL[truth].label()), "{verdict}");
            if by_keys {
                // Only the first answer counts.
                page.browser.press(digit((answer + 1) % 10));
                page.browser.press(ENTER);
            } else {
                page.click("[data-testid=\"quiz-next\"]");
            }
        }
        wait(page, "the result", |now| {
            now["state"] == "over" && now["focus"] == "quiz-result-title"
        });
        shown
    }
}

fn digit(label: usize) -> char {
    char::from_digit(label as u32, 10).expect("a label is a digit")
}

/// Nothing in the question's markup depends on the class: each class is named as often as the others, and the number of the image
/// is not there.
fn assert_tells_nothing(page: &Page, index: usize) {
    let html = page.browser.run(
        "return document.querySelector('.question').outerHTML;",
        vec![],
    );
    let html = html.as_str().expect("markup");
    let counts = Garment::ALL.map(|garment| html.matches(garment.label()).count());
    assert_eq!(counts, [2; 10], "{html}");
    let buttons: Vec<&str> = html.split("<button").skip(1).take(10).collect();
    let plain = |i: usize| {
        let label = Garment::ALL[i].label();
        buttons[i].replace(label, "").replace(&i.to_string(), "")
    };
    let first = plain(0);
    let first = first.split("</button>").next();
    for i in 1..10 {
        assert_eq!(plain(i).split("</button>").next(), first, "{html}");
    }
    assert!(index < 100 || !html.contains(&index.to_string()), "{html}");
}

/// The labels that the trainer recorded.
fn recorded(name: &str) -> Vec<usize> {
    let metrics = published(&format!("metrics/{name}.json"));
    let digits = metrics["answers"].as_str().expect("a digit for each image");
    let digits = digits.chars().filter_map(|c| c.to_digit(10));
    digits.map(|digit| digit as usize).collect()
}

const RESULT: &str = "
    const root = document.querySelector('[data-testid=\"quiz-result\"]');
    if (!root) return null;
    return {right: root.dataset.right, of: root.dataset.of, text: root.innerText,
        comparison: root.querySelector('[data-testid=\"quiz-comparison\"]').innerText,
        standings: [...root.querySelectorAll('[data-testid=\"quiz-standing\"]')].map(row => [row.dataset.model,
            row.dataset.right ? Number(row.dataset.right) : null, parseFloat(row.querySelector('td:last-child').innerText)]),
        matrix: [...root.querySelectorAll('[data-testid=\"quiz-confusion\"] tbody tr')].map(row =>
            [...row.querySelectorAll('td')].map(cell => Number(cell.innerText || 0))),
        missed: [...root.querySelectorAll('[data-testid=\"quiz-missed\"]')].map(a => ({index: Number(a.dataset.index),
            label: a.dataset.label, answer: a.dataset.answer, text: a.innerText}))};";

/// The result, with the models' predictions in it.
fn result(page: &Page) -> Value {
    let whole = |result: &Value| {
        result["standings"]
            .as_array()
            .is_some_and(|s| s.len() == 10)
    };
    let found = page.browser.wait(RESULT, TIMEOUT, whole);
    found.unwrap_or_else(|result| panic!("the result lacks the models: {result:#}"))
}

/// Compares the table with the trainer's predictions for these images.
fn assert_standings(result: &Value, set: &TestSet, images: &[usize], right: usize) {
    let standings = result["standings"].as_array().expect("rows");
    let row = |name: &str| {
        let found = standings.iter().find(|row| row[0] == name);
        found.unwrap_or_else(|| panic!("{name} is missing: {result:#}"))
    };
    assert_eq!(*row("you"), json!(["you", right, right * 5]));
    assert_eq!(*row("people"), json!(["people", null, 83.5]));
    let mut beaten = 0;
    for name in ModelId::ALL.map(ModelId::name).into_iter().chain(["vote"]) {
        let recorded = recorded(name);
        let is_right = |i: &&usize| recorded[**i] == set.labels[**i];
        let expected = images.iter().filter(is_right).count();
        assert_eq!(*row(name), json!([name, expected, expected * 5]));
        beaten += usize::from(name != "vote" && expected < right);
    }
    let shares: Vec<f64> = standings.iter().filter_map(|row| row[2].as_f64()).collect();
    assert!(shares.is_sorted_by(|a, b| a >= b), "{result:#}");
    let words = ["none", "one", "two", "three", "four", "five", "six", "all"];
    let comparison = text(result, "comparison");
    assert!(
        comparison.starts_with(&format!("You beat {} of the seven models.", words[beaten])),
        "{comparison}"
    );
}

fn right_answers(session: &Session) {
    let Some(set) = TestSet::load(session) else {
        return;
    };
    let page = open(session, &format!("#quiz={CODE}"));
    // The link leads to the quiz.
    let is_in_view = "const it = document.getElementById('quiz').getBoundingClientRect(); return Math.abs(it.top) < innerHeight / 2;";
    let seen = page.browser.wait(is_in_view, TIMEOUT, |seen| seen == true);
    assert!(seen.is_ok(), "the link does not scroll to the quiz");
    tab_to(&page, "quiz-start");
    page.browser.press(ENTER);
    assert_eq!(set.play(&page, true, |truth| truth), IMAGES);
    let result = result(&page);
    assert_eq!((text(&result, "right"), text(&result, "of")), ("20", "20"));
    assert!(
        text(&result, "text").contains("20 of 20 right"),
        "{result:#}"
    );
    assert_standings(&result, &set, &IMAGES, 20);
    let diagonal: Vec<Vec<u8>> = (0..10)
        .map(|row| {
            (0..10)
                .map(|column| if row == column { 2 } else { 0 })
                .collect()
        })
        .collect();
    assert_eq!(result["matrix"], json!(diagonal));
    assert_eq!(result["missed"], json!([]));
}

fn wrong_answers(session: &Session) {
    let Some(set) = TestSet::load(session) else {
        return;
    };
    let page = open(session, "");
    page.click("[data-testid=\"quiz-start\"]");
    let other = |truth: usize| (truth + 3) % 10;
    let images = set.play(&page, false, other);
    let now = wait(&page, "a code", |now| text(now, "code").len() == 5);
    let code = text(&now, "code").to_owned();
    let result = result(&page);
    assert_eq!((text(&result, "right"), text(&result, "of")), ("0", "20"));
    assert_standings(&result, &set, &images, 0);
    let matrix: Vec<Vec<u8>> = (0..10)
        .map(|row| {
            (0..10)
                .map(|column| if column == other(row) { 2 } else { 0 })
                .collect()
        })
        .collect();
    assert_eq!(result["matrix"], json!(matrix));
    let missed = result["missed"].as_array().expect("a list");
    assert_eq!(missed.len(), 20);
    let answers = ModelId::ALL.map(|model| recorded(model.name()));
    for (missed, index) in missed.iter().zip(&images) {
        let truth = set.labels[*index];
        assert_eq!(missed["index"], json!(index));
        assert_eq!(missed["label"], Garment::ALL[truth].label());
        assert_eq!(missed["answer"], Garment::ALL[other(truth)].label());
        let right = answers.iter().filter(|of| of[*index] == truth).count();
        let expected = format!("{right} of 7 models right");
        assert!(text(missed, "text").contains(&expected), "{missed:#}");
    }
    // A missed image is shown with the seven predictions, and the quiz stays.
    page.wait("all models", TIMEOUT, tests::page::Snapshot::is_ready);
    let before = page.snapshot();
    page.click("[data-testid=\"quiz-missed\"]");
    let shown = page.wait_for_answer(&before);
    for (model, answers) in ModelId::ALL.into_iter().zip(&answers) {
        let expected = Garment::ALL[answers[images[0]]].label();
        assert_eq!(shown.row(model).label, expected, "{model}");
    }
    let now = wait(&page, "the focus", |now| now["focus"] == "answers");
    assert_eq!(now["state"], "over");
    wait_for_fragment(&page, &format!("#test={}&quiz={code}", images[0]));
    // Another quiz has another code and other images.
    page.click("[data-testid=\"quiz-again\"]");
    let now = wait(&page, "the next quiz", |now| now["progress"] == "1 of 20");
    assert_ne!(text(&now, "code"), code);
}

fn wait_for_fragment(page: &Page, expected: &str) {
    let hash = "return location.hash;";
    let found = page.browser.wait(hash, TIMEOUT, |hash| hash == expected);
    found.unwrap_or_else(|hash| panic!("the fragment is {hash}, not {expected}"));
}

fn codes(session: &Session) {
    let Some(set) = TestSet::load(session) else {
        return;
    };
    let notices =
        "return [...document.querySelectorAll('.notice')].map(e => e.innerText).join(' ');";
    // What is no code is ignored with a sentence.
    for broken in ["7KX2", "7KX2MM", "U7KX2", "%3Cb%3E"] {
        let page = open(session, &format!("#quiz={broken}"));
        let notice = page
            .browser
            .wait(notices, TIMEOUT, |text| text != "")
            .expect("a sentence");
        let notice = notice.as_str().unwrap_or_default();
        assert_is_message(notice);
        assert!(notice.contains("quiz"), "{notice}");
        let now = wait(&page, "the quiz", |now| now["state"] == "idle");
        assert_eq!((text(&now, "code"), text(&now, "status")), ("", ""));
    }
    // Small letters, and a letter for a digit: the same quiz.
    let page = open(session, "#quiz=7kx2m");
    wait(&page, "the code", |now| now["code"] == CODE);
    assert_eq!(page.browser.run(notices, vec![]), "");
    page.click("[data-testid=\"quiz-start\"]");
    wait(&page, "the first image", |now| now["progress"] == "1 of 20");
    assert_eq!(set.shown(&page), IMAGES[0]);
    page.click("[data-testid=\"quiz-key\"]");
    wait(&page, "the verdict", |now| now["state"] == "answered");
    let hash = "return location.hash;";
    let written = page.browser.wait(hash, TIMEOUT, |hash| {
        hash.as_str().is_some_and(|h| h.contains("&quiz=7KX2M"))
    });
    written.expect("the address has the code");
    // The link has only the quiz.
    page.browser.run(
        "window.copied = null;
         Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.copied = text; }}, configurable: true});",
        vec![],
    );
    page.click("[data-testid=\"quiz-copy\"]");
    let copied = page
        .browser
        .wait("return window.copied;", TIMEOUT, |copied| !copied.is_null())
        .expect("a link");
    assert_eq!(copied, json!(format!("{}#quiz={CODE}", session.site.url())));
    page.browser
        .run("window.isEarlier = true; location.reload();", vec![]);
    let reloaded = "return !window.isEarlier && document.querySelector('[data-testid=\"quiz-code\"]')?.innerText;";
    let reloaded = page.browser.wait(reloaded, TIMEOUT, |code| code == CODE);
    assert!(reloaded.is_ok(), "the code is lost: {reloaded:?}");
    page.click("[data-testid=\"quiz-start\"]");
    wait(&page, "the first image", |now| now["progress"] == "1 of 20");
    assert_eq!(set.shown(&page), IMAGES[0]);
    // Another code in the address offers another quiz.
    page.browser.run("location.hash = 'quiz=ZZZZZ';", vec![]);
    let now = wait(&page, "the other quiz", |now| now["code"] == "ZZZZZ");
    assert_eq!(now["state"], "idle");
}

fn elsewhere(session: &Session) {
    if TestSet::load(session).is_none() {
        return;
    }
    let page = open(session, &format!("#quiz={CODE}"));
    page.click("[data-testid=\"quiz-start\"]");
    wait(&page, "the first image", |now| {
        now["focus"] == "quiz-progress"
    });
    let press_at = |script: &str| {
        page.browser.run(script, vec![]);
        page.browser.press('3');
        std::thread::sleep(Duration::from_millis(200));
        page.browser.run(STATE, vec![])["state"].clone()
    };
    let field = "const field = document.createElement('input'); document.querySelector('.quiz').append(field); field.focus();";
    assert_eq!(press_at(field), "guessing", "a field within the quiz");
    let gallery = "document.querySelector('[data-testid=\"gallery-item\"]').focus();";
    assert_eq!(press_at(gallery), "guessing", "a button elsewhere");
    let top = "document.activeElement.blur(); scrollTo({top: 0, behavior: 'instant'});";
    assert_eq!(press_at(top), "guessing", "the quiz cannot be seen");
    let nowhere = "document.activeElement.blur(); document.querySelector('.quiz').scrollIntoView({behavior: 'instant'});";
    press_at(nowhere);
    wait(&page, "the answer", |now| now["state"] == "answered");
}

fn left_out(session: &Session) {
    let script = session.browser.on_new_pages(WITHOUT_TEST_SET);
    let page = open(session, "");
    session.browser.forget(&script);
    page.click("[data-testid=\"quiz-start\"]");
    let now = wait(&page, "a sentence", |now| now["state"] == "failed");
    assert_is_message(text(&now, "status"));
    assert!(
        text(&now, "status").contains("cargo xtask build"),
        "{now:#}"
    );
}
