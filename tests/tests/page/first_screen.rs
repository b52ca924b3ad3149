//! The first screen: the image that the page opens with, what fits above the fold, marks of right and wrong, and the navigation.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use shared::{Garment, ModelId};
use tests::image_files;
use tests::page::{Page, START_IMAGE};
use tests::reference::weights_folder;

use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

const TIMEOUT: Duration = Duration::from_secs(30);

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "the_page_opens_with_a_test_image_about_which_the_models_disagree",
        start_image,
    ),
    Check::new(
        Cpu,
        "an_early_upload_replaces_the_image_that_the_page_opens_with",
        early_upload,
    ),
    Check::new(Cpu, "predictions_for_test_images_are_marked", marks),
    Check::new(Cpu, "the_answer_and_the_rows_are_above_the_fold", fold),
    Check::new(Cpu, "an_image_of_28x28_pixels_is_shown_once", shown_once),
    Check::new(Cpu, "the_gallery_s_columns_have_the_classes_names", columns),
    Check::new(Cpu, "links_lead_to_sections_that_are_mounted_late", anchors),
    Check::new(
        Cpu,
        "the_engines_come_after_the_explanation",
        order_of_sections,
    ),
    Check::new(
        Cpu,
        "the_reason_of_a_prediction_gets_the_focus",
        focus_of_reason,
    ),
    Check::new(Cpu, "a_shared_link_has_a_title_and_a_picture", card),
];

/// The image that the build wrote into the page: its index in the test set, and its class.
fn start(session: &Session) -> (usize, Garment) {
    let start = session.browser.run(
        "return JSON.parse(document.querySelector('meta[name=haberdash-start]').content);",
        vec![],
    );
    let class = start["label"].as_str().and_then(Garment::from_label);
    let index = start["index"].as_u64().expect("an index");
    (index as usize, class.expect("a class"))
}

/// What the trainer recorded as a model's prediction for a test image.
fn recorded(name: &str, index: usize) -> Garment {
    let path = weights_folder().join(format!("metrics/{name}.json"));
    let text = std::fs::read_to_string(path).expect("the trainer's record");
    let metrics: Value = serde_json::from_str(&text).expect("JSON");
    let digits = metrics["answers"].as_str().expect("predictions");
    Garment::ALL[usize::from(digits.as_bytes()[index] - b'0')]
}

fn start_image(session: &Session) {
    let page = session.page();
    let (index, class) = start(session);
    let shown = page.snapshot();
    let mut classes = BTreeSet::new();
    for model in ModelId::ALL {
        let row = shown.row(model);
        assert_eq!(row.label, recorded(model.name(), index).label(), "{row:?}");
        assert_eq!(row.image, START_IMAGE);
        classes.insert(row.label.clone());
    }
    assert!(classes.len() >= 4, "the models agree too much: {classes:?}");
    assert_eq!(shown.vote.label, recorded("vote", index).label());
    assert_eq!(shown.headline.label, class.label());
    // The page has not scrolled to it.
    assert_eq!(session.browser.run("return scrollY;", vec![]), json!(0));
}

/// Drops the file as soon as the page has a place for it.
const DROP_AT_ONCE: &str = "
    let isDropped = false;
    new MutationObserver(() => {
        if (!isDropped && document.querySelector('[data-testid=\"drop-zone\"]')) {
            isDropped = true;
            dropFile();
        }
    }).observe(document, {subtree: true, childList: true});";

fn early_upload(session: &Session) {
    let golden = session.clear_example(Garment::Sneaker);
    let file = image_files::png(&golden.image);
    let script = include_str!("../../bench-web/visitor.js");
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &file.bytes);
    let script = script.replace("FILE_AS_BASE64", &encoded) + DROP_AT_ONCE;
    let script = session.browser.on_new_pages(&script);
    let page = Page::open_without_waiting(&session.browser, &session.site);
    session.browser.forget(&script);
    page.wait("the visitor's image", TIMEOUT, |now| {
        now.is_ready() && now.models.iter().all(|row| row.image > START_IMAGE)
    });
    std::thread::sleep(Duration::from_secs(1));
    assert_matches_reference(session, &golden, &page.snapshot(), 1e-3);
    assert_eq!(marked(session), json!([]));
}

/// Where there are marks, and what they say.
fn marked(session: &Session) -> Value {
    session.browser.run(
        "return [...document.querySelectorAll('[data-testid=\"picture-mark\"]')].map(mark =>
             [mark.closest('[data-testid=\"model\"]')?.dataset.model ?? 'answer', mark.dataset.right, mark.innerText]);",
        vec![],
    )
}

fn marks(session: &Session) {
    let page = session.page();
    let (_, class) = start(session);
    let shown = page.snapshot();
    let mark = |label: &str| {
        if label == class.label() {
            ["true", "Correct"]
        } else {
            ["false", "Wrong"]
        }
    };
    let mut expected = vec![json!([
        "answer",
        mark(&shown.headline.label)[0],
        mark(&shown.headline.label)[1]
    ])];
    for model in ModelId::ALL {
        let [right, text] = mark(&shown.row(model).label);
        expected.push(json!([model.name(), right, text]));
    }
    assert_eq!(marked(session), Value::Array(expected.clone()));
    let is_there = |right: &str| expected.iter().any(|mark| mark[1] == right);
    assert!(is_there("true") && is_there("false"), "{expected:?}");
    let truth = session
        .browser
        .run("return document.querySelector('.truth').innerText;", vec![]);
    let truth = truth.as_str().unwrap_or_default();
    assert!(
        truth.contains(&format!("true class of this test image is {class}.")),
        "{truth}"
    );
    // Of the visitor's own image, the class is not known.
    page.show(&image_files::png(
        &session.clear_example(Garment::Bag).image,
    ));
    assert_eq!(marked(session), json!([]));
    // A test image of the gallery is marked again.
    let before = page.snapshot();
    page.click("[data-testid=\"gallery-item\"][data-label=\"Trouser\"]");
    page.wait_for_answer(&before);
    assert_eq!(marked(session).as_array().map(Vec::len), Some(8));
}

fn fold(session: &Session) {
    for (width, height, rows) in [(1280, 800, 7), (390, 844, 2)] {
        session.browser.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}),
        );
        let page = session.page();
        let bottoms = session.browser.run(
            "const at = selector => [...document.querySelectorAll(selector)].map(e => e.getBoundingClientRect().bottom);
             return {image: at('[data-testid=\"preview-input\"]'), answer: at('[data-testid=\"headline\"]'),
                 vote: at('[data-testid=\"vote\"]'), rows: at('[data-testid=\"model\"]')};",
            vec![],
        );
        let is_above = |value: &Value| {
            value
                .as_f64()
                .is_some_and(|y| y > 0.0 && y <= f64::from(height))
        };
        for part in ["image", "answer", "vote"] {
            assert!(
                is_above(&bottoms[part][0]),
                "{width} x {height}: {bottoms:#}"
            );
        }
        let above = bottoms["rows"].as_array().into_iter().flatten();
        let above = above.filter(|y| is_above(y)).count();
        assert!(
            above >= rows,
            "{width} x {height}: {above} rows, {bottoms:#}"
        );
        assert!(!page.snapshot().vote.label.is_empty());
    }
    session
        .browser
        .cdp("Emulation.clearDeviceMetricsOverride", json!({}));
}

fn shown_once(session: &Session) {
    let page = session.page();
    let visible = || {
        session.browser.run(
            "return [...document.querySelectorAll('.preview canvas')].filter(c => c.checkVisibility())
                 .map(c => c.width);",
            vec![],
        )
    };
    assert_eq!(visible(), json!([28]));
    let golden = session.clear_example(Garment::Bag);
    page.show(&image_files::png(&golden.image));
    assert_eq!(visible(), json!([28]));
    // A photo is shown beside what was made of it.
    page.show(&image_files::jpeg_photo(&golden.image, 900, 1200));
    let widths = visible();
    assert_eq!(widths.as_array().map(Vec::len), Some(2), "{widths}");
    assert_eq!(widths[1], 28);
}

fn columns(session: &Session) {
    let page = session.page();
    let read = "
        const names = [...document.querySelectorAll('.gallery-classes span')];
        const images = [...document.querySelectorAll('[data-testid=\"gallery-item\"]')];
        const middle = e => { const r = e.getBoundingClientRect(); return (r.left + r.right) / 2; };
        return names.map((name, i) => [name.innerText, images[i]?.dataset.label,
            Math.abs(middle(name) - middle(images[i] ?? name)) < 2, name.getBoundingClientRect().bottom <= images[i]?.getBoundingClientRect().top]);";
    let found = page.browser.wait(read, TIMEOUT, |v| v[9][1].is_string());
    let found = found.expect("the gallery");
    let expected: Vec<Value> = Garment::ALL
        .iter()
        .map(|class| json!([class.label(), class.label(), true, true]))
        .collect();
    assert_eq!(found, Value::Array(expected));
}

fn anchors(session: &Session) {
    session
        .browser
        .open(&format!("{}#compare", session.site.url()));
    let top = "const compare = document.getElementById('compare');
        return compare && document.querySelector('footer') ? compare.getBoundingClientRect().top : null;";
    let at = session.browser.wait(top, TIMEOUT, |y| {
        y.as_f64().is_some_and(|y| (-5.0..100.0).contains(&y))
    });
    at.unwrap_or_else(|y| panic!("the comparison is at {y}"));
    session.browser.open(&session.site.blank());
    session.page();
    let links = session.browser.run(
        "return [...document.querySelectorAll('header nav a')].map(a => [a.getAttribute('href'),
             a.hash ? document.querySelector(a.hash) !== null : true]);",
        vec![],
    );
    let links = links.as_array().expect("links");
    assert!(links.len() >= 4, "{links:?}");
    assert!(links.iter().all(|link| link[1] == true), "{links:?}");
    assert!(links.iter().any(|link| link[0] == "#compare"), "{links:?}");
}

fn order_of_sections(session: &Session) {
    session.page();
    let order = session.browser.run(
        "return [...document.querySelectorAll('main > *, main > .columns > *')].map(e => e.id).filter(Boolean);",
        vec![],
    );
    assert_eq!(
        order,
        json!(["answers", "try", "reasons", "quiz", "machine", "compare"])
    );
}

fn focus_of_reason(session: &Session) {
    let page = session.page();
    page.click("[data-model=\"mlp\"] [data-testid=\"details\"]");
    page.click("[data-model=\"mlp\"] [data-testid=\"why\"]");
    let focus = session
        .browser
        .run("return document.activeElement.id;", vec![]);
    assert_eq!(focus, json!("reasons"));
    let model = page.query("gradcam-model", "return it.value;");
    assert_eq!(model, json!("mlp"));
}

fn card(session: &Session) {
    session.page();
    let read = "
        const meta = name => document.querySelector(`meta[property=\"og:${name}\"]`)?.content ?? '';
        const image = new Image();
        image.src = meta('image');
        await image.decode();
        return [meta('title'), meta('description').length, image.naturalWidth, image.naturalHeight];";
    let found = session.browser.run_async(read, vec![]).expect("a picture");
    assert!(
        found[0].as_str().is_some_and(|t| t.contains("Haberdash")),
        "{found}"
    );
    assert!(found[1].as_u64() > Some(50), "{found}");
    assert_eq!((&found[2], &found[3]), (&json!(1200), &json!(630)));
}
