//! The lists of test images behind the figures: their images, labels and predictions are those of the data set and of the trainer.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};
use tests::page::Page;
use tests::reference::weights;

use crate::benchmark::WITHOUT_TEST_SET;
use crate::compare::{open_comparison, published};
use crate::errors::assert_is_message;
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "a_cell_of_a_matrix_lists_its_test_images", cell),
    Check::new(Cpu, "the_cells_of_a_matrix_are_reached_by_arrow_keys", keys),
    Check::new(Cpu, "the_questions_across_the_seven_are_answered", across),
    Check::new(Cpu, "two_images_are_compared_side_by_side", side_by_side),
    Check::new(Cpu, "the_wrong_images_of_a_run_are_listed", run),
    Check::new(
        Cpu,
        "a_reliability_diagram_has_the_trainer_s_calibration_error",
        reliability,
    ),
    Check::new(Cpu, "every_class_has_a_bar_for_each_model", class_bars),
    Check::new(Cpu, "without_the_test_set_the_list_says_so", left_out),
];

const TIMEOUT: Duration = Duration::from_secs(60);
/// Seven models classify some hundred images, on a machine that may be busy.
const LONG_TIMEOUT: Duration = Duration::from_secs(240);

const LIST: &str = "
    const root = document.querySelector('[data-testid=\"test-images\"]');
    if (!root) return {state: 'missing'};
    const list = root.querySelector('[data-testid=\"image-list\"]');
    return {state: root.dataset.state, count: Number(root.dataset.count), busy: list.getAttribute('aria-busy'),
        text: root.querySelector('[data-testid=\"test-images-text\"]').innerText,
        images: [...list.querySelectorAll('[data-testid=\"cell-picture\"]')].map(b => ({index: Number(b.dataset.index),
            truth: b.dataset.true, predicted: b.dataset.predicted, model: b.dataset.model,
            confidence: b.dataset.confidence ? Number(b.dataset.confidence) : null, name: b.getAttribute('aria-label')}))};";

/// Waits until the list has one of the states and is drawn.
fn wait_for_list(page: &Page, states: &[&str], limit: Duration) -> Value {
    let found = page.browser.wait(LIST, limit, |list| {
        states.contains(&text(list, "state")) && list["busy"] == "false"
    });
    found.unwrap_or_else(|list| panic!("waited {limit:?} for {states:?}: {:#}", list["text"]))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn images(list: &Value) -> &[Value] {
    list["images"].as_array().map_or(&[], Vec::as_slice)
}

fn indices(list: &Value) -> Vec<usize> {
    let all = images(list).iter();
    let mut all: Vec<usize> = all
        .filter_map(|i| i["index"].as_u64())
        .map(|i| i as usize)
        .collect();
    all.sort_unstable();
    all
}

/// The test set as the site has it, and the labels that the trainer recorded for each model.
struct TestSet {
    images: Vec<Grey28>,
    labels: Vec<usize>,
    /// In the order of [`ModelId::ALL`].
    answers: Vec<Vec<usize>>,
}

impl TestSet {
    /// `None` if the site was built without it.
    fn load(session: &Session) -> Option<Self> {
        let (images, labels) = session.test_set()?;
        Some(Self {
            images,
            labels,
            answers: ModelId::ALL.map(|model| answers(model.name())).to_vec(),
        })
    }

    /// A model's confidence for an image, computed natively.
    fn confidence(&self, model: ModelId, index: usize) -> f64 {
        let mut classifier = AnyClassifier::new(model, &weights(model)).expect("a classifier");
        let sample = Sample::new(self.images[index].clone());
        f64::from(classifier.classifier().classify(&sample).confidence())
    }

    fn where_answers(&self, fits: impl Fn(usize, &[usize]) -> bool) -> Vec<usize> {
        let of_image = |i: usize| self.answers.iter().map(|a| a[i]).collect::<Vec<_>>();
        let all = 0..self.labels.len();
        all.filter(|i| fits(self.labels[*i], &of_image(*i)))
            .collect()
    }
}

/// The labels that the trainer recorded.
fn answers(name: &str) -> Vec<usize> {
    let metrics = published(&format!("metrics/{name}.json"));
    let digits = metrics["answers"].as_str().expect("a digit for each image");
    let digits = digits.chars().filter_map(|c| c.to_digit(10));
    digits.map(|digit| digit as usize).collect()
}

fn open_cell(page: &Page, truth: Garment, predicted: Garment) -> u64 {
    let selector = format!(
        "[data-testid=\"confusion\"] [data-testid=\"confusion-cell\"][data-true=\"{truth}\"][data-predicted=\"{predicted}\"]"
    );
    let script = format!("return Number(document.querySelector('{selector}').dataset.count);");
    let count = page.browser.run(&script, vec![]);
    page.click(&selector);
    count.as_u64().expect("a count")
}

fn cell(session: &Session) {
    let Some(test_set) = TestSet::load(session) else {
        return;
    };
    let page = session.page();
    open_comparison(&page);
    page.select("confusion-model", "cnn");
    let (truth, predicted) = (Garment::Shirt, Garment::Coat);
    let count = open_cell(&page, truth, predicted);
    let list = wait_for_list(&page, &["listed"], TIMEOUT);
    let expected: Vec<usize> = {
        let recorded = answers("cnn");
        let all = 0..test_set.labels.len();
        let fits =
            |i: &usize| test_set.labels[*i] == truth.index() && recorded[*i] == predicted.index();
        all.filter(fits).collect()
    };
    assert_eq!(count as usize, expected.len());
    assert_eq!(indices(&list), expected);
    assert!(
        images(&list)
            .iter()
            .all(|i| i["truth"] == truth.label() && i["predicted"] == predicted.label())
    );
    let confidences: Vec<f64> = images(&list)
        .iter()
        .filter_map(|i| i["confidence"].as_f64())
        .collect();
    assert_eq!(confidences.len(), expected.len());
    assert!(
        confidences.windows(2).all(|pair| pair[0] >= pair[1]),
        "{confidences:?}"
    );
    for place in [0, confidences.len() - 1] {
        let index = images(&list)[place]["index"].as_u64().expect("an index") as usize;
        let native = test_set.confidence(ModelId::Cnn, index);
        assert!(
            (confidences[place] - native).abs() < 1e-3,
            "{index}: {confidences:?}"
        );
    }
    let first = &images(&list)[0];
    let index = first["index"].as_u64().expect("an index") as usize;
    assert!(
        text(first, "name").starts_with(&format!(
            "Test image {index}: true class Shirt, predicted Coat, confidence "
        )),
        "{first}"
    );
    // The button shows the image of this number.
    let painted = "const canvas = document.querySelector('[data-testid=\"cell-picture\"] canvas');
        return [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 == 0);";
    let pixels = json!(test_set.images[index].pixels().to_vec());
    let painted = session.browser.wait(painted, TIMEOUT, |p| *p == pixels);
    assert!(painted.is_ok(), "image {index} is not painted");
    // It is shown as an image of the gallery is, with all predictions.
    let before = page.snapshot();
    page.click(&format!(
        "[data-testid=\"cell-picture\"][data-index=\"{index}\"]"
    ));
    let shown = page.wait_for_answer(&before);
    for (model, answers) in ModelId::ALL.into_iter().zip(&test_set.answers) {
        assert_eq!(
            shown.row(model).label,
            Garment::ALL[answers[index]].label(),
            "{model}"
        );
    }
    assert_eq!(
        shown.vote.label,
        Garment::ALL[answers("vote")[index]].label()
    );
    let pressed = page.query(
        "image-list",
        "return it.querySelector('[aria-pressed=\"true\"]')?.dataset.index;",
    );
    assert_eq!(pressed, json!(index.to_string()));
}

/// Keys as WebDriver names them.
const ENTER: char = '\u{E007}';
const TAB: char = '\u{E004}';
const END: char = '\u{E010}';
const RIGHT: char = '\u{E014}';
const DOWN: char = '\u{E015}';

fn keys(session: &Session) {
    let page = session.page();
    open_comparison(&page);
    let matrix = "const matrix = document.querySelector('[data-testid=\"confusion\"] .matrix');";
    let stops = format!(
        "{matrix} return [matrix.getAttribute('role'), matrix.querySelectorAll('button').length,
        matrix.querySelectorAll('[tabindex=\"0\"]').length];"
    );
    assert_eq!(session.browser.run(&stops, vec![]), json!(["grid", 100, 1]));
    session.browser.run(
        &format!("{matrix} matrix.querySelector('[tabindex=\"0\"]').focus();"),
        vec![],
    );
    for key in [RIGHT, RIGHT, DOWN] {
        session.browser.press(key);
    }
    let focused = "const {dataset, id} = document.activeElement; return [dataset.true ?? id, dataset.predicted ?? ''];";
    assert_eq!(
        session.browser.run(focused, vec![]),
        json!(["Trouser", "Pullover"])
    );
    session.browser.press(END);
    assert_eq!(
        session.browser.run(focused, vec![]),
        json!(["Trouser", "Ankle boot"])
    );
    assert_eq!(session.browser.run(&stops, vec![]), json!(["grid", 100, 1]));
    session.browser.press(ENTER);
    let moved = session
        .browser
        .wait(focused, TIMEOUT, |f| f[0] == "test-images-title");
    moved.expect("the focus moves to the list");
    if TestSet::load(session).is_none() {
        return;
    }
    wait_for_list(&page, &["listed"], TIMEOUT);
    // In the list, too, one image is reached by the Tab key and the others by the arrow keys.
    open_cell(&page, Garment::Shirt, Garment::Coat);
    let list = wait_for_list(&page, &["listed"], LONG_TIMEOUT);
    let inside = "return document.activeElement.dataset.index ?? document.activeElement.dataset.testid ?? '';";
    for _ in 0..6 {
        session.browser.press(TAB);
    }
    let at = |place: usize| json!(images(&list)[place]["index"].to_string());
    assert_eq!(session.browser.run(inside, vec![]), at(0));
    session.browser.press(RIGHT);
    assert_eq!(session.browser.run(inside, vec![]), at(1));
    session.browser.press(END);
    assert_eq!(
        session.browser.run(inside, vec![]),
        at(images(&list).len() - 1)
    );
}

fn across(session: &Session) {
    let Some(test_set) = TestSet::load(session) else {
        return;
    };
    let page = session.page();
    open_comparison(&page);
    let list = |subject: &str| {
        page.select("images-of", subject);
        wait_for_list(&page, &["classifying", "listed"], TIMEOUT)
    };
    let wrong = |label: usize, answers: &[usize]| answers.iter().filter(|a| **a != label).count();
    // The menu is part of the page as soon as its code is loaded.
    wait_for_list(&page, &["empty"], TIMEOUT);
    let all_wrong = test_set.where_answers(|label, answers| wrong(label, answers) == 7);
    assert!(all_wrong.len() > 20);
    assert_eq!(indices(&list("all-wrong")), all_wrong);
    let one = list("one-wrong");
    let one_wrong = test_set.where_answers(|label, answers| wrong(label, answers) == 1);
    assert_eq!(indices(&one), one_wrong);
    for image in images(&one) {
        let index = image["index"].as_u64().expect("an index") as usize;
        let model = ModelId::from_name(text(image, "model")).expect("the model that is wrong");
        let answer = test_set.answers[model as usize][index];
        assert_ne!(answer, test_set.labels[index], "{image}");
        assert_eq!(image["predicted"], Garment::ALL[answer].label());
    }
    page.select("images-of", "mislabelled");
    let list = wait_for_list(&page, &["listed"], LONG_TIMEOUT);
    let mislabelled = test_set.where_answers(|label, answers| {
        answers[0] != label && answers.iter().all(|a| *a == answers[0])
    });
    assert_eq!(indices(&list), mislabelled);
    let confidences: Vec<f64> = images(&list)
        .iter()
        .filter_map(|i| i["confidence"].as_f64())
        .collect();
    assert_eq!(confidences.len(), mislabelled.len());
    assert!(
        confidences.windows(2).all(|pair| pair[0] >= pair[1]),
        "{confidences:?}"
    );
    // The lowest confidence of the seven.
    let index = images(&list)[0]["index"].as_u64().expect("an index") as usize;
    let lowest = ModelId::ALL.map(|model| test_set.confidence(model, index));
    let lowest = lowest.into_iter().fold(1.0, f64::min);
    assert!(
        (confidences[0] - lowest).abs() < 1e-3,
        "{index}: {} is not {lowest}",
        confidences[0]
    );
    // The lowest confidence filters without another question to the engines.
    page.select("images-confidence", "0.8");
    let sure = confidences.iter().filter(|c| **c >= 0.8).count() as u64;
    let filtered = session.browser.wait(LIST, TIMEOUT, |l| {
        l["count"] == sure && l["busy"] == "false"
    });
    let filtered = filtered.expect("only confident predictions");
    assert_eq!(indices(&filtered).len() as u64, sure);
}

const PAIR: &str = "
    const root = document.querySelector('[data-testid=\"side-by-side\"]');
    const side = name => [...root.querySelectorAll(`[data-side=\"${name}\"]`)].map(td => td.dataset.label ?? '');
    return {current: side('current'), kept: side('kept'), text: root.innerText};";

fn side_by_side(session: &Session) {
    let Some(test_set) = TestSet::load(session) else {
        return;
    };
    let page = session.page();
    open_comparison(&page);
    open_cell(&page, Garment::Shirt, Garment::Coat);
    let list = wait_for_list(&page, &["listed"], LONG_TIMEOUT);
    let vote = answers("vote");
    let expected = |index: usize| {
        let labels = test_set
            .answers
            .iter()
            .chain([&vote])
            .map(|a| Garment::ALL[a[index]].label());
        json!(labels.collect::<Vec<_>>())
    };
    let show = |place: usize| {
        let index = images(&list)[place]["index"].as_u64().expect("an index") as usize;
        page.click(&format!(
            "[data-testid=\"cell-picture\"][data-index=\"{index}\"]"
        ));
        let shown = session
            .browser
            .wait(PAIR, TIMEOUT, |pair| pair["current"] == expected(index));
        let shown = shown.unwrap_or_else(|pair| panic!("image {index}: {pair:#}"));
        assert!(
            text(&shown, "text").contains(&format!("Test image {index}, true class Shirt")),
            "{shown:#}"
        );
        index
    };
    let first = show(0);
    page.click("[data-testid=\"keep-image\"]");
    let second = show(images(&list).len() - 1);
    let pair = session.browser.run(PAIR, vec![]);
    assert_eq!(pair["kept"], expected(first));
    assert_eq!(pair["current"], expected(second));
    assert_ne!(first, second);
}

fn run(session: &Session) {
    if TestSet::load(session).is_none() {
        return;
    }
    let page = session.page();
    page.click("[data-testid=\"run\"]");
    let state = "const root = document.querySelector('[data-testid=\"machine\"]'); return [root.dataset.run, Number(root.dataset.done)];";
    let some = session
        .browser
        .wait(state, TIMEOUT, |s| s[1].as_u64() >= Some(1000));
    some.expect("predictions");
    page.click("[data-testid=\"run\"]");
    session
        .browser
        .wait(state, TIMEOUT, |s| s[0] == "over")
        .expect("the end of the run");
    let errors = session.browser.run(
        "return [...document.querySelectorAll('[data-testid=\"run-matrix\"] [data-testid=\"confusion-cell\"]')]
             .filter(c => c.dataset.true !== c.dataset.predicted).map(c => Number(c.dataset.count)).reduce((a, b) => a + b);",
        vec![],
    );
    let wrong = page.query("run-wrong", "return it.hidden ? '' : it.innerText;");
    assert_eq!(wrong, json!(format!("Show the {errors} wrong images")));
    page.click("[data-testid=\"run-wrong\"]");
    let list = wait_for_list(&page, &["listed"], TIMEOUT);
    assert_eq!(list["count"], errors);
    assert_eq!(json!(images(&list).len()), errors);
    assert!(images(&list).iter().all(|i| i["truth"] != i["predicted"]));
    page.select("images-true", "Shirt");
    page.select("images-confidence", "0.8");
    let expected = images(&list)
        .iter()
        .filter(|i| i["truth"] == "Shirt" && i["confidence"].as_f64() >= Some(0.8));
    let expected: Vec<u64> = expected.filter_map(|i| i["index"].as_u64()).collect();
    assert!(!expected.is_empty() && expected.len() < images(&list).len());
    let filtered = session.browser.wait(LIST, TIMEOUT, |now| {
        now["busy"] == "false"
            && images(now)
                .iter()
                .filter_map(|i| i["index"].as_u64())
                .eq(expected.iter().copied())
    });
    filtered.unwrap_or_else(|now| panic!("{expected:?} are expected: {now:#}"));
}

fn reliability(session: &Session) {
    if TestSet::load(session).is_none() {
        return;
    }
    let page = session.page();
    open_comparison(&page);
    wait_for_list(&page, &["empty"], TIMEOUT);
    page.select("reliability-model", "cnn");
    page.click("[data-testid=\"reliability-run\"]");
    let diagram = "const figure = document.querySelector('[data-testid=\"reliability-diagram\"]');
        return figure && [figure.dataset.model, Number(figure.dataset.error), figure.querySelectorAll('.reliability-bar').length,
            figure.querySelector('svg').getAttribute('aria-label')];";
    let shown = session
        .browser
        .wait(diagram, LONG_TIMEOUT, |d| !d.is_null())
        .expect("a diagram");
    let manifest = published("manifest.json");
    let models = manifest["models"].as_array().expect("models");
    let cnn = models
        .iter()
        .find(|m| m["model"] == "cnn")
        .expect("the CNN");
    let recorded = cnn["test"]["calibration_error"].as_f64().expect("an error");
    assert_eq!(shown[0], "cnn");
    let error = shown[1].as_f64().expect("a number");
    assert!((error - recorded).abs() < 1e-5, "{error} is not {recorded}");
    // A class's probability is at least a tenth, so the first bin is empty.
    assert!(
        (5..=14).contains(&shown[2].as_u64().unwrap_or_default()),
        "{shown}"
    );
    let label = shown[3].as_str().unwrap_or_default();
    let counts = label
        .split(": ")
        .skip(1)
        .filter_map(|part| part.split(' ').next()?.parse::<u32>().ok());
    assert_eq!(counts.sum::<u32>(), 10_000, "{label}");
}

fn class_bars(session: &Session) {
    let page = session.page();
    open_comparison(&page);
    wait_for_list(&page, &["empty"], TIMEOUT);
    for (title, field) in [
        ("Recall", "recall"),
        ("Precision", "precision"),
        ("F1", "f1"),
    ] {
        page.select("class-metric", title);
        let shown = page.query(
            "class-metrics",
            "return Object.fromEntries([...it.querySelectorAll('table')].map(t => [t.dataset.label,
                 Object.fromEntries([...t.querySelectorAll('tr')].map(tr => [tr.dataset.model,
                     [Number(tr.querySelector('[data-value]').dataset.value), Number(tr.querySelector('rect').getAttribute('width'))]]))]));",
        );
        for name in ModelId::ALL.map(ModelId::name).into_iter().chain(["vote"]) {
            let metrics = published(&format!("metrics/{name}.json"));
            for class in metrics["classes"].as_array().expect("classes") {
                let expected = class[field].as_f64().expect("a number") * 100.0;
                let shown = &shown[text(class, "label")][name];
                for value in [&shown[0], &shown[1]] {
                    let value = value.as_f64().unwrap_or(-1.0);
                    assert!(
                        (value - expected).abs() <= 0.0501,
                        "{name}, {class}: {shown}"
                    );
                }
            }
        }
    }
}

fn left_out(session: &Session) {
    let script = session.browser.on_new_pages(WITHOUT_TEST_SET);
    let page = session.page();
    session.browser.forget(&script);
    open_comparison(&page);
    open_cell(&page, Garment::Shirt, Garment::Coat);
    let list = wait_for_list(&page, &["failed"], TIMEOUT);
    assert_is_message(text(&list, "text"));
    assert!(
        text(&list, "text").contains("cargo xtask build"),
        "{list:#}"
    );
    assert!(images(&list).is_empty());
}
