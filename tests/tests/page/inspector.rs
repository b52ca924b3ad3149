//! A photo of a room: every step to the 28x28 picture is shown, and what the visitor changes is answered anew.

use std::time::Duration;

use photo::{Crop, Edits, POOR_QUALITY, Pipeline, Prepared, Route, decode};
use serde_json::json;
use shared::image::SIDE;
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};
use tests::page::{Page, Snapshot};
use tests::picture::{self, File};
use tests::reference::weights;

use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "a_photo_s_steps_are_shown_as_natively", steps),
    Check::new(Cpu, "turning_a_photo_answers_it_anew", turning),
    Check::new(Cpu, "a_crop_is_dragged_and_answered_as_natively", cropping),
    Check::new(Cpu, "a_crop_needs_no_pointer", edges),
    Check::new(Cpu, "greys_are_inverted_on_demand", inversion),
    Check::new(Cpu, "the_latest_of_many_changes_wins", flood),
];

pub const PATIENCE: Duration = Duration::from_secs(30);
pub const BLUE: [u8; 3] = [40, 70, 190];

/// A dress on a wooden floor.
pub fn room(session: &Session) -> File {
    picture::scene(&session.clear(Garment::Dress).picture, BLUE, 480, 600)
}

/// What the photo becomes natively.
pub fn natively(file: &File, edits: &Edits) -> Prepared {
    let photo = decode(&file.bytes).expect("a photo");
    let pipeline = Pipeline::new(&photo).expect("a photo of some size");
    pipeline.prepare(edits).expect("a garment")
}

/// The 28x28 picture on show.
pub fn shown(page: &Page) -> Grey28 {
    let canvas = page.canvas("step-input");
    assert_eq!((canvas.width, canvas.height), (SIDE, SIDE));
    Grey28::new(core::array::from_fn(|i| canvas.rgba[4 * i]))
}

/// The photo on show, inspected and ready to be adjusted.
pub fn opened<'a>(session: &'a Session, file: &File) -> (Page<'a>, Snapshot) {
    let page = session.page();
    let answered = page.show(file);
    page.click("[data-testid=\"adjust\"]");
    (page, answered)
}

/// Every model's answer is the native one to this picture.
pub fn answers(shown: &Snapshot, grey: &Grey28) {
    for model in ModelId::ALL {
        let mut member =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let verdict = member.classifier().classify(&Sample::new(grey.clone()));
        let row = shown.row(model);
        assert_eq!(row.label, verdict.garment().label(), "{row:?}");
        assert!(
            (row.confidence - verdict.confidence()).abs() <= 1e-3,
            "{row:?} {verdict:?}"
        );
    }
}

fn steps(session: &Session) {
    let file = room(session);
    let prepared = natively(&file, &Edits::default());
    assert!(
        matches!(prepared.route, Route::Scene { inverted: true })
            && prepared.quality >= POOR_QUALITY,
        "the test's photo is no room with a garment: {:?}, {}",
        prepared.route,
        prepared.quality
    );
    let page = session.page();
    let after = page.show(&file);
    assert_eq!(page.of("inspector", "return it.hidden;"), json!(false));
    assert_eq!(shown(&page), prepared.grey);
    answers(&after, &prepared.grey);
    let upright = page.canvas("step-upright");
    assert_eq!((upright.width, upright.height), (480, 600));
    // What is garment is cut out in its colour, bright in the greys, and lies within the outline.
    let (cutout, grey) = (page.canvas("step-cutout"), page.canvas("step-grey"));
    let alpha = |u: f32, v: f32| {
        let place = |share: f32, edge: usize| (share * edge as f32) as usize;
        cutout.rgba[(place(v, cutout.height) * cutout.width + place(u, cutout.width)) * 4 + 3]
    };
    let [r, _, b] = cutout.at(0.5, 0.5);
    assert!(b > r && alpha(0.5, 0.5) == 255, "{r} {b}");
    assert_eq!((alpha(0.02, 0.5), grey.at(0.02, 0.5)), (0, [0; 3]));
    assert!(grey.at(0.5, 0.5)[0] > 60);
    let outline = page.canvas("step-mask");
    let red = outline
        .rgba
        .chunks_exact(4)
        .filter(|p| p[..3] == [210, 40, 30]);
    assert!(red.count() > 100, "there is no outline");

    // The data set's own pictures need none of this.
    let before = page.snapshot();
    page.click("[data-testid=\"gallery-item\"]");
    page.answer(&before);
    assert_eq!(page.of("inspector", "return it.hidden;"), json!(true));
}

fn turning(session: &Session) {
    let file = room(session);
    let (page, before) = opened(session, &file);
    let upright = shown(&page);
    page.click("[data-testid=\"turn-right\"]");
    let turned = page.answer(&before);
    let expected = natively(
        &file,
        &Edits {
            rotation: 90.0,
            ..Edits::default()
        },
    );
    assert_ne!(expected.grey, upright, "turning must matter");
    assert_eq!(shown(&page), expected.grey);
    answers(&turned, &expected.grey);
    let canvas = page.canvas("step-upright");
    assert_eq!((canvas.width, canvas.height), (600, 480));
    // And a little, by the keyboard.
    page.of("tilt", "it.focus();");
    session.browser.press(RIGHT);
    let tilted = page.answer(&turned);
    let expected = natively(
        &file,
        &Edits {
            rotation: 91.0,
            ..Edits::default()
        },
    );
    assert_eq!(shown(&page), expected.grey);
    page.click("[data-testid=\"reset\"]");
    page.answer(&tilted);
    assert_eq!(shown(&page), upright);
}

/// WebDriver's code for the right arrow key.
pub const RIGHT: char = '\u{e014}';

/// The edges of the crop as the sliders have them, in percent.
fn percents(page: &Page) -> [f32; 4] {
    ["left", "right", "top", "bottom"].map(|edge| {
        let value = page.of(edge, "return Number(it.value);");
        value.as_f64().expect("a slider") as f32
    })
}

fn cropping(session: &Session) {
    let file = room(session);
    let (page, before) = opened(session, &file);
    let whole = shown(&page);
    // The photo is 4:5 in a square: it begins a tenth from the left. Its lower left quarter is what is dragged over.
    page.drag(
        "[data-testid=\"surface\"]",
        &[[0.5, 0.5], [0.4, 0.7], [0.1, 0.99]],
    );
    let after = page.answer(&before);
    let crop = page.of("surface", "return it.dataset.crop;");
    let crop: Vec<f32> = crop
        .as_str()
        .expect("a crop")
        .split(' ')
        .map(|share| share.parse().expect("a share"))
        .collect();
    // To the pixel of the mouse.
    for (share, expected) in crop.iter().zip([0.0, 0.5, 0.5, 0.49]) {
        assert!((share - expected).abs() < 0.005, "{crop:?}");
    }
    let edits = Edits {
        crop: Some(Crop {
            left: crop[0],
            top: crop[1],
            width: crop[2],
            height: crop[3],
        }),
        ..Edits::default()
    };
    let part = natively(&file, &edits).grey;
    assert_ne!(part, whole);
    assert_eq!(shown(&page), part);
    answers(&after, &part);
    page.click("[data-testid=\"reset\"]");
    page.answer(&after);
    assert_eq!(shown(&page), whole);
    assert_eq!(percents(&page), [0.0, 100.0, 0.0, 100.0]);
}

fn edges(session: &Session) {
    let file = room(session);
    let (page, mut last) = opened(session, &file);
    page.of("left", "it.focus();");
    for _ in 0..3 {
        session.browser.press(RIGHT);
        last = page.answer(&last);
    }
    assert_eq!(percents(&page), [3.0, 100.0, 0.0, 100.0]);
    let crop = Crop {
        left: 0.03,
        width: 0.97,
        ..Crop::WHOLE
    };
    let edits = Edits {
        crop: Some(crop),
        ..Edits::default()
    };
    assert_eq!(shown(&page), natively(&file, &edits).grey);
}

/// The 28x28 picture once it is what it should be and all that was changed has been answered.
pub fn settled(page: &Page, before: &Snapshot, mut is_it: impl FnMut(&Grey28) -> bool) -> Grey28 {
    let mut grey = None;
    page.wait("the changed picture's answers", PATIENCE, |now| {
        let busy = page.of("inspector", "return it.getAttribute('aria-busy');");
        if busy != json!("false") || !now.answered_since(before) {
            return false;
        }
        let current = shown(page);
        let found = is_it(&current);
        grey = Some(current);
        found
    });
    grey.expect("waited for")
}

fn inversion(session: &Session) {
    let file = room(session);
    let (page, before) = opened(session, &file);
    page.select("inversion", "off");
    let after = page.answer(&before);
    let edits = Edits {
        inverted: Some(false),
        ..Edits::default()
    };
    let expected = natively(&file, &edits).grey;
    assert_ne!(expected, natively(&file, &Edits::default()).grey);
    assert_eq!(shown(&page), expected);
    answers(&after, &expected);
}

fn flood(session: &Session) {
    let script = session.browser.on_new_pages(WORKERS_THAT_COUNT);
    let file = room(session);
    let (page, before) = opened(session, &file);
    session.browser.forget(&script);
    // Fifty changes within one turn of the page's loop.
    session.browser.run("window.under_way = [];", vec![]);
    page.of(
        "right",
        "for (let value = 99; value >= 50; value--) {
             it.value = value;
             it.dispatchEvent(new Event('input', {bubbles: true}));
         }",
    );
    let crop = Crop {
        width: 0.5,
        ..Crop::WHOLE
    };
    let edits = Edits {
        crop: Some(crop),
        ..Edits::default()
    };
    let expected = natively(&file, &edits).grey;
    settled(&page, &before, |grey| *grey == expected);
    let posted = session.browser.run("return posted;", vec![]);
    let posted = posted.as_u64().expect("a number");
    // An edit, seven models, the vote after each of them, a reason; and the same once more, for what came meanwhile.
    assert!(
        (10..=40).contains(&posted),
        "{posted} requests for fifty changes"
    );
}

/// Counts what pages post to their workers.
const WORKERS_THAT_COUNT: &str = "
    window.posted = 0;
    const Original = Worker;
    window.Worker = class extends Original {
        postMessage(...all) {
            if (window.under_way) window.posted += 1;
            super.postMessage(...all);
        }
    };";
