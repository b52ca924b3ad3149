//! Painting on the 28x28 image: the answers follow, undo and reset restore them, and the smallest changes change a prediction.

use std::time::Duration;

use serde_json::{Value, json};
use shared::explain::{ChangeSearch, SearchState};
use shared::image::{PIXELS, SIDE};
use shared::{AnyClassifier, Garment, Grey28, ModelId};
use tests::page::{Page, Snapshot};
use tests::reference::weights;

use crate::editor::{RIGHT, TIMEOUT, assert_matches_native, room_photo, shown_image};
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "painting_is_answered_and_undo_redo_and_reset_restore_it",
        painting,
    ),
    Check::new(Cpu, "painting_needs_no_pointer", keyboard),
    Check::new(
        Cpu,
        "the_whole_image_is_shifted_turned_and_cleared",
        transforms,
    ),
    Check::new(Cpu, "a_photo_comes_back_when_painting_is_undone", photo),
    Check::new(Cpu, "a_drawing_begins_on_an_empty_image", drawing),
    Check::new(
        Cpu,
        "a_smallest_change_changes_the_prediction_when_it_is_painted",
        smallest_changes,
    ),
    Check::new(Cpu, "strokes_do_not_pile_up_requests", no_pile_up),
];

/// The pixels of a canvas that shows an image of 28x28.
fn grey(page: &Page, hook: &str) -> Grey28 {
    let canvas = page.canvas(hook);
    if (canvas.width, canvas.height) != (SIDE, SIDE) {
        return Grey28::new([0; PIXELS]);
    }
    Grey28::new(core::array::from_fn(|i| canvas.rgba[4 * i]))
}

/// Opens the section, unless it is open, and waits for its code.
pub fn open(page: &Page) {
    page.browser.run(
        "const button = document.querySelector('[data-testid=\"open-paint\"]');
         if (button.getAttribute('aria-expanded') === 'false') button.click();",
        vec![],
    );
    wait_for_surface(page);
}

fn wait_for_surface(page: &Page) {
    let script =
        "return document.querySelector('[data-testid=\"paint-surface\"] canvas')?.width === 28;";
    let found = page
        .browser
        .wait(script, TIMEOUT, |there| there == &json!(true));
    found.expect("the section is there");
}

/// The image once it is on the surface and everything has answered it.
fn settled(page: &Page, before: &Snapshot) -> (Grey28, Snapshot) {
    let after = page.wait("the painted image's answers", TIMEOUT, |now| {
        now.answered_since(before) && grey(page, "paint-surface") == grey(page, "preview-input")
    });
    (grey(page, "preview-input"), after)
}

/// Of the vote and each model what its row in the section shows.
fn rows(page: &Page) -> Vec<Value> {
    let rows = page.browser.run(
        "return [...document.querySelectorAll('[data-testid=\"paint-answer\"]')].map(row => ({...row.dataset,
             ghost: row.querySelector('.ghost').hidden ? null : row.querySelector('.ghost').style.left}));",
        vec![],
    );
    let rows = rows.as_array().expect("a list").clone();
    assert_eq!(rows.len(), 1 + ModelId::ALL.len());
    rows
}

fn is_disabled(page: &Page, hook: &str) -> bool {
    page.query(hook, "return it.disabled;") == json!(true)
}

/// What a visitor sees of the answers.
fn answers(shown: &Snapshot) -> Vec<(String, f32)> {
    let models = shown.models.iter().map(|m| (m.label.clone(), m.confidence));
    let vote = (shown.vote.label.clone(), shown.vote.confidence);
    models.chain([vote]).collect()
}

fn painting(session: &Session) {
    let page = session.page();
    let original = grey(&page, "preview-input");
    let before = page.snapshot();
    let truth = || {
        page.browser
            .run("return document.querySelector('.truth').innerText;", vec![])
    };
    let address = || page.browser.run("return location.hash;", vec![]);
    let entries = || page.browser.run("return history.length;", vec![]);
    let (first_truth, first_entries) = (truth(), entries());
    page.browser
        .wait("return location.hash;", TIMEOUT, |hash| hash != &json!(""))
        .expect("the address names the test image");
    let first_address = address();
    open(&page);
    assert_eq!(grey(&page, "paint-surface"), original);
    assert!(rows(&page).iter().all(|row| row["ghost"].is_null()));
    for hook in ["paint-undo", "paint-redo", "paint-reset"] {
        assert!(is_disabled(&page, hook), "{hook}");
    }

    // One stroke of several points.
    page.drag(
        "[data-testid=\"paint-surface\"]",
        &[[0.1, 0.2], [0.3, 0.5], [0.6, 0.5], [0.9, 0.8]],
    );
    let (painted, after) = settled(&page, &before);
    let apart = differing(&original, &painted);
    assert!((40..200).contains(&apart), "{apart} pixels are painted");
    assert_matches_native(&after, &painted);
    for (row, model) in rows(&page)[1..].iter().zip(ModelId::ALL) {
        assert_eq!(row["model"], model.name());
        assert_eq!(row["label"], after.row(model).label, "{row}");
        // The line is at the original's probability of the class that the bar shows.
        let expected = native(model, &original);
        let class = Garment::from_label(row["label"].as_str().unwrap_or_default());
        let expected = expected.probabilities[class.expect("a class").index()];
        let number = row["before"].as_str().expect("a number as text");
        assert_eq!(number.parse(), Ok(expected), "{row}");
        let left = row["ghost"].as_str().expect("a line");
        let left: f32 = left.trim_end_matches('%').parse().expect("a share");
        assert!((left - expected * 100.0).abs() < 0.01, "{row}");
    }
    assert_ne!(answers(&after), answers(&before), "painting must matter");
    assert_eq!(truth(), "", "a painted image has no true class");

    page.click("[data-testid=\"paint-undo\"]");
    let (undone, again) = settled(&page, &after);
    assert_eq!(undone, original, "a stroke is one step");
    assert_eq!(answers(&again), answers(&before));
    assert_eq!(truth(), first_truth);
    page.click("[data-testid=\"paint-redo\"]");
    let (redone, third) = settled(&page, &again);
    assert_eq!(redone, painted);
    assert_eq!(answers(&third), answers(&after));

    page.click("[data-testid=\"paint-noise\"]");
    let (noisy, fourth) = settled(&page, &third);
    assert_ne!(noisy, painted);
    page.click("[data-testid=\"paint-reset\"]");
    let (reset, last) = settled(&page, &fourth);
    assert_eq!(reset, original);
    assert_eq!(answers(&last), answers(&before));
    assert!(rows(&page).iter().all(|row| row["ghost"].is_null()));
    // The history has one entry for all of it, which is the test image's again.
    let script = "return location.hash;";
    let hash = page
        .browser
        .wait(script, TIMEOUT, |hash| *hash == first_address);
    hash.expect("the address is the original's again");
    assert_eq!(entries(), first_entries);
}

fn native(model: ModelId, image: &Grey28) -> shared::Prediction {
    let mut classifier =
        AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
    let sample = shared::Sample::new(image.clone());
    classifier.classifier().classify(&sample)
}

fn differing(a: &Grey28, b: &Grey28) -> usize {
    let pairs = a.pixels().iter().zip(b.pixels());
    pairs.filter(|(a, b)| a != b).count()
}

fn keyboard(session: &Session) {
    let page = session.page();
    let original = grey(&page, "preview-input");
    let before = page.snapshot();
    open(&page);
    page.query("paint-surface", "it.focus();");
    for _ in 0..3 {
        session.browser.press(RIGHT);
    }
    let cell = page.query("paint-surface", "return it.dataset.cell;");
    assert_eq!(cell, json!("14,17"));
    page.query(
        "paint-level",
        "it.value = 77; it.dispatchEvent(new Event('input', {bubbles: true}));",
    );
    session.browser.press(' ');
    let (painted, after) = settled(&page, &before);
    // A brush of three cells covers nine.
    let mut expected = *original.pixels();
    for row in 13..=15 {
        expected[row * SIDE + 16..=row * SIDE + 18].fill(77);
    }
    assert_eq!(painted.pixels(), &expected);
    assert_matches_native(&after, &painted);
    let said = page.browser.run(
        "return document.getElementById('paint-cell').innerText;",
        vec![],
    );
    assert_eq!(said, json!("Row 15, column 18: grey level 77."));
    let press = |shift: bool| {
        let script = format!(
            "it.dispatchEvent(new KeyboardEvent('keydown', {{key: 'z', ctrlKey: true, shiftKey: {shift}, bubbles: true, cancelable: true}}));"
        );
        page.query("paint-surface", &script);
    };
    press(false);
    let (undone, again) = settled(&page, &after);
    assert_eq!(undone, original);
    press(true);
    let (redone, _) = settled(&page, &again);
    assert_eq!(redone, painted);
}

fn transforms(session: &Session) {
    let page = session.page();
    let original = grey(&page, "preview-input");
    open(&page);
    let mut last = page.snapshot();
    let mut press = |name: &str| {
        page.click(&format!("[data-testid=\"paint-{name}\"]"));
        let (image, now) = settled(&page, &last);
        last = now;
        image
    };
    let at = |image: &Grey28, row: usize, column: usize| image.pixels()[row * SIDE + column];
    let shifted = press("left");
    for row in 0..SIDE {
        assert_eq!(at(&shifted, row, 5), at(&original, row, 6));
    }
    let rotated = press("rotate");
    assert_eq!(at(&rotated, 9, SIDE - 1 - 4), at(&shifted, 4, 9));
    assert_eq!(press("clear"), Grey28::new([0; PIXELS]));
    assert_eq!(press("undo"), rotated);
    assert_eq!(press("reset"), original);
}

fn photo(session: &Session) {
    let file = room_photo(session);
    let page = session.page();
    let before = page.show(&file);
    let original = shown_image(&page);
    open(&page);
    page.click("[data-testid=\"paint-invert\"]");
    let (inverted, after) = settled(&page, &before);
    assert_eq!(inverted, Grey28::new(original.pixels().map(|p| 255 - p)));
    assert_matches_native(&after, &inverted);
    assert_eq!(page.query("inspector", "return it.hidden;"), json!(true));
    page.click("[data-testid=\"paint-undo\"]");
    let (undone, again) = settled(&page, &after);
    assert_eq!(undone, original);
    assert_eq!(answers(&again), answers(&before));
    assert_eq!(page.query("inspector", "return it.hidden;"), json!(false));
    assert_eq!(shown_image(&page), original);
    // Another image ends the painting.
    page.click("[data-testid=\"gallery-item\"]");
    page.wait_for_answer(&again);
    assert!(is_disabled(&page, "paint-redo"));
    assert_eq!(grey(&page, "paint-surface"), grey(&page, "preview-input"));
}

fn drawing(session: &Session) {
    let page = session.page();
    let before = page.snapshot();
    page.click("[data-testid=\"draw\"]");
    wait_for_surface(&page);
    let (empty, blank) = settled(&page, &before);
    assert_eq!(empty, Grey28::new([0; PIXELS]));
    assert_eq!(
        blank.headline.known, "false",
        "an empty image is no garment"
    );
    let script = "return document.activeElement.dataset.testid ?? '';";
    let focus = page
        .browser
        .wait(script, TIMEOUT, |hook| hook == "paint-surface");
    focus.expect("the surface has the focus");
    // Two trouser legs.
    let mut last = blank;
    for leg in [0.38, 0.62] {
        page.drag(
            "[data-testid=\"paint-surface\"]",
            &[[0.5, 0.1], [leg, 0.3], [leg, 0.95]],
        );
        last = settled(&page, &last).1;
    }
    assert_matches_native(&last, &grey(&page, "preview-input"));
    let drawn = grey(&page, "preview-input");
    assert!(differing(&empty, &drawn) > 60);
    // A reload keeps the drawing, which the address does not hold.
    let script = "return JSON.stringify(history.state ?? '').includes('Your painting') && !location.hash.includes('pixels');";
    let written = page
        .browser
        .wait(script, TIMEOUT, |there| there == &json!(true));
    written.expect("the drawing is in the history");
    std::thread::sleep(Duration::from_millis(400));
    page.browser
        .run("window.isEarlier = true; location.reload();", vec![]);
    let script = "return !window.isEarlier && document.querySelector('[data-testid=\"preview-input\"]')?.width === 28;";
    let reloaded = page
        .browser
        .wait(script, TIMEOUT, |there| there == &json!(true));
    reloaded.expect("the page after a reload");
    page.wait("all models", TIMEOUT, Snapshot::is_ready);
    assert_eq!(grey(&page, "preview-input"), drawn);
}

fn smallest_changes(session: &Session) {
    let page = session.page();
    let golden = session.reference_image(60);
    let mut last = page.show(&tests::image_files::png(&golden.image));
    open(&page);
    let original = grey(&page, "preview-input");
    for model in [ModelId::Cnn, ModelId::Logistic, ModelId::Svm] {
        let mut classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let mut search = ChangeSearch::new(original.clone(), &mut classifier);
        while let SearchState::Running { .. } = search.state() {
            search.step(&mut classifier);
        }
        let SearchState::Found(expected) = search.state() else {
            panic!("{model}: the test's image cannot be changed");
        };
        let name = model.name();
        let button = format!("[data-testid=\"flip\"][data-model=\"{name}\"]");
        page.click(&button);
        let script = format!(
            "const button = document.querySelector('{button}');
             return [button.dataset.pixels ?? '', button.closest('li').innerText];"
        );
        let found = page
            .browser
            .wait(&script, TIMEOUT, |now| now[0] != json!(""));
        let found = found.unwrap_or_else(|now| panic!("{model}: {now}"));
        // The same natively and in the browser.
        assert_eq!(
            found[0],
            expected.pixels.len().to_string(),
            "{model}: {found}"
        );
        let (before, after) = (expected.before.label(), expected.after.label());
        let says = format!("from {before} to {after}.");
        let text = found[1].as_str().unwrap_or_default();
        assert!(text.contains(&says), "{model}: {text}");

        page.click(&format!(
            "[data-testid=\"flip-apply\"][data-model=\"{name}\"]"
        ));
        let (changed, shown) = settled(&page, &last);
        assert_eq!(changed, expected.apply(&original), "{model}");
        assert_eq!(
            differing(&original, &changed),
            expected.pixels.len(),
            "{model}"
        );
        assert_eq!(shown.row(model).label, after, "{model}");
        page.click("[data-testid=\"paint-undo\"]");
        let (undone, shown) = settled(&page, &shown);
        assert_eq!(undone, original);
        assert_eq!(shown.row(model).label, before, "{model}");
        last = shown;
    }
}

/// Counts what the page posts to its workers, and how many requests wait for their replies at most. The first bytes of a message are its
/// number, in groups of seven bits.
const WORKERS_THAT_COUNT: &str = "
    window.posted = 0;
    window.most = 0;
    const waiting = new Set();
    const number = bytes => {
        let id = 0;
        for (let i = 0; i < 5; i++) {
            id |= (bytes[i] & 127) << (7 * i);
            if (bytes[i] < 128) break;
        }
        return id;
    };
    const Original = Worker;
    window.Worker = class extends Original {
        constructor(...all) {
            super(...all);
            this.addEventListener('message', event => {
                if (event.data instanceof Uint8Array) waiting.delete(number(event.data));
            });
        }
        postMessage(message, ...rest) {
            if (window.isCounted && message instanceof Uint8Array) {
                window.posted += 1;
                waiting.add(number(message));
                window.most = Math.max(window.most, waiting.size);
            }
            super.postMessage(message, ...rest);
        }
    };";

fn no_pile_up(session: &Session) {
    let script = session.browser.on_new_pages(WORKERS_THAT_COUNT);
    let page = session.page();
    session.browser.forget(&script);
    open(&page);
    page.select("gradcam-model", ModelId::Knn.name());
    let before = page.snapshot();
    std::thread::sleep(Duration::from_secs(1));
    page.browser.run("window.isCounted = true;", vec![]);
    // Two hundred moves within one turn of the page's loop.
    let moves = "
        const bounds = it.getBoundingClientRect();
        const send = (type, share) => it.dispatchEvent(new PointerEvent(type, {
            isPrimary: true, button: 0, bubbles: true, pointerId: 7,
            clientX: bounds.left + bounds.width * share, clientY: bounds.top + bounds.height * (0.3 + share / 3)}));
        window.send = send;";
    page.query(
        "paint-surface",
        &format!(
            "{moves}
             send('pointerdown', 0.05);
             for (let i = 0; i < 200; i++) send('pointermove', 0.05 + 0.9 * i / 200);
             send('pointerup', 0.95);"
        ),
    );
    let (_, after) = settled(&page, &before);
    std::thread::sleep(Duration::from_secs(1));
    let counts = page.browser.run("return [posted, most];", vec![]);
    // The first dab, then the whole stroke; and after the pause an explanation.
    let posted = counts[0].as_u64().expect("a number");
    assert!((2..=5).contains(&posted), "{posted} requests for 200 moves");

    // And one move in each frame, for two seconds.
    page.browser
        .run("window.posted = 0; window.most = 0;", vec![]);
    page.query(
        "paint-surface",
        &format!(
            "{moves}
             let frames = 0;
             const step = () => {{
                 if (frames === 0) send('pointerdown', 0.05);
                 send('pointermove', 0.1 + 0.8 * Math.abs(Math.sin(frames / 9)));
                 frames += 1;
                 window.frames_painted = frames;
                 if (frames < 120) requestAnimationFrame(step); else send('pointerup', 0.5);
             }};
             it.ownerDocument.querySelector('[data-testid=\"paint-invert\"]').click();
             requestAnimationFrame(step);"
        ),
    );
    let done = page
        .browser
        .wait("return window.frames_painted;", TIMEOUT, |n| {
            n == &json!(120)
        });
    done.expect("120 frames");
    let counts = page.browser.run("return [posted, most];", vec![]);
    settled(&page, &after);
    let (posted, most) = (counts[0].as_u64(), counts[1].as_u64());
    println!("120 moves in 120 frames: {posted:?} requests, at most {most:?} under way");
    assert!(posted <= Some(121), "{counts}: more requests than moves");
    assert!(most <= Some(2), "{counts}: requests wait for each other");
}
