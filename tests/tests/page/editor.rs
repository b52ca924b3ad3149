//! A photo of a room: every step to the 28x28 image is shown, and what the visitor changes is answered anew.

use std::time::Duration;

use photo::{Crop, Edits, POOR_QUALITY, Pipeline, Prepared, Route, decode};
use serde_json::json;
use shared::image::SIDE;
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};
use tests::image_files::{self, UploadFile};
use tests::page::{Page, Snapshot};
use tests::reference::weights;

use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "a_photo_s_steps_are_shown_as_natively", steps),
    Check::new(Cpu, "turning_a_photo_answers_it_anew", turning),
    Check::new(Cpu, "a_tilted_garment_is_straightened", straightening),
    Check::new(Cpu, "a_crop_is_dragged_and_answered_as_natively", cropping),
    Check::new(Cpu, "a_crop_needs_no_pointer", edges),
    Check::new(Cpu, "greys_are_inverted_on_demand", inversion),
    Check::new(Cpu, "the_latest_of_many_changes_wins", flood),
];

pub const TIMEOUT: Duration = Duration::from_secs(30);
pub const BLUE: [u8; 3] = [40, 70, 190];

/// A dress on a wooden floor.
pub fn room_photo(session: &Session) -> UploadFile {
    image_files::floor_photo(&session.clear_example(Garment::Dress).image, BLUE, 480, 600)
}

/// What the photo becomes natively.
pub fn prepare_natively(file: &UploadFile, edits: &Edits) -> Prepared {
    let photo = decode(&file.bytes).expect("a photo");
    let pipeline = Pipeline::new(&photo).expect("a photo of some size");
    pipeline.prepare(edits).expect("a garment")
}

/// The 28x28 image on show.
pub fn shown_image(page: &Page) -> Grey28 {
    let canvas = page.canvas("step-input");
    assert_eq!((canvas.width, canvas.height), (SIDE, SIDE));
    Grey28::new(core::array::from_fn(|i| canvas.rgba[4 * i]))
}

/// The photo on show, inspected and ready to be adjusted.
pub fn open_editor<'a>(session: &'a Session, file: &UploadFile) -> (Page<'a>, Snapshot) {
    let page = session.page();
    let answered = page.show(file);
    page.click("[data-testid=\"adjust\"]");
    (page, answered)
}

/// Every model's answer is the native one to this image.
pub fn assert_matches_native(shown: &Snapshot, grey: &Grey28) {
    for model in ModelId::ALL {
        let mut classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let prediction = classifier.classifier().classify(&Sample::new(grey.clone()));
        let row = shown.row(model);
        assert_eq!(row.label, prediction.garment().label(), "{row:?}");
        assert!(
            (row.confidence - prediction.confidence()).abs() <= 1e-3,
            "{row:?} {prediction:?}"
        );
    }
}

fn steps(session: &Session) {
    let file = room_photo(session);
    let prepared = prepare_natively(&file, &Edits::default());
    assert!(
        matches!(prepared.route, Route::Scene { inverted: true })
            && prepared.quality >= POOR_QUALITY,
        "the test's photo is no room with a garment: {:?}, {}",
        prepared.route,
        prepared.quality
    );
    let page = session.page();
    let after = page.show(&file);
    assert_eq!(page.query("inspector", "return it.hidden;"), json!(false));
    assert_eq!(shown_image(&page), prepared.grey);
    assert_matches_native(&after, &prepared.grey);
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

    // The data set's own images need none of this.
    let before = page.snapshot();
    page.click("[data-testid=\"gallery-item\"]");
    page.wait_for_answer(&before);
    assert_eq!(page.query("inspector", "return it.hidden;"), json!(true));
    assert_eq!(page.query("pixel-editor", "return it.hidden;"), json!(true));
}

fn turning(session: &Session) {
    let file = room_photo(session);
    let (page, before) = open_editor(session, &file);
    let upright = shown_image(&page);
    page.click("[data-testid=\"turn-right\"]");
    let turned = page.wait_for_answer(&before);
    let expected = prepare_natively(
        &file,
        &Edits {
            rotation: 90.0,
            ..Edits::default()
        },
    );
    assert_ne!(expected.grey, upright, "turning must matter");
    assert_eq!(shown_image(&page), expected.grey);
    assert_matches_native(&turned, &expected.grey);
    let canvas = page.canvas("step-upright");
    assert_eq!((canvas.width, canvas.height), (600, 480));
    // And a little, by the keyboard.
    page.query("tilt", "it.focus();");
    session.browser.press(RIGHT);
    let tilted = page.wait_for_answer(&turned);
    let expected = prepare_natively(
        &file,
        &Edits {
            rotation: 91.0,
            ..Edits::default()
        },
    );
    assert_eq!(shown_image(&page), expected.grey);
    page.click("[data-testid=\"reset\"]");
    page.wait_for_answer(&tilted);
    assert_eq!(shown_image(&page), upright);
}

fn straightening(session: &Session) {
    let file = image_files::tilted_photo(&session.clear_example(Garment::Pullover).image, 16.0);
    let photo = decode(&file.bytes).expect("a photo");
    let pipeline = Pipeline::new(&photo).expect("a photo of some size");
    let (edits, expected) = pipeline.prepare_upright().expect("a garment");
    assert!((edits.rotation + 16.0).abs() <= 4.0, "{}", edits.rotation);
    let (page, straightened) = open_editor(session, &file);
    assert_eq!(shown_image(&page), expected.grey);
    assert_matches_native(&straightened, &expected.grey);
    let advice = page.query("advice", "return it.innerText;");
    let degrees = format!("{}° to the left", -edits.rotation);
    assert!(advice.to_string().contains(&degrees), "{advice}");
    let slider = page.query("tilt", "return Number(it.value);");
    assert_eq!(slider.as_f64(), Some(f64::from(edits.rotation)));
    assert_eq!(page.query("reset", "return it.disabled;"), json!(true));
    // The slider undoes it, and all edits can be reset.
    page.query(
        "tilt",
        "it.value = 0; it.dispatchEvent(new Event('input', {bubbles: true}));",
    );
    let tilted = page.wait_for_answer(&straightened);
    let as_it_is = prepare_natively(&file, &Edits::default());
    assert_eq!(shown_image(&page), as_it_is.grey);
    page.click("[data-testid=\"reset\"]");
    page.wait_for_answer(&tilted);
    assert_eq!(shown_image(&page), expected.grey);
}

/// WebDriver's code for the right arrow key.
pub const RIGHT: char = '\u{e014}';

/// The edges of the crop as the sliders have them, in percent.
fn percents(page: &Page) -> [f32; 4] {
    ["left", "right", "top", "bottom"].map(|edge| {
        let value = page.query(edge, "return Number(it.value);");
        value.as_f64().expect("a slider") as f32
    })
}

fn cropping(session: &Session) {
    let file = room_photo(session);
    let (page, before) = open_editor(session, &file);
    let whole = shown_image(&page);
    // The photo is 4:5 in a square: it begins a tenth from the left. Its lower left quarter is what is dragged over.
    page.drag(
        "[data-testid=\"surface\"]",
        &[[0.5, 0.5], [0.4, 0.7], [0.1, 0.99]],
    );
    let after = page.wait_for_answer(&before);
    let crop = page.query("surface", "return it.dataset.crop;");
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
    let part = prepare_natively(&file, &edits).grey;
    assert_ne!(part, whole);
    assert_eq!(shown_image(&page), part);
    assert_matches_native(&after, &part);
    page.click("[data-testid=\"reset\"]");
    page.wait_for_answer(&after);
    assert_eq!(shown_image(&page), whole);
    assert_eq!(percents(&page), [0.0, 100.0, 0.0, 100.0]);
}

fn edges(session: &Session) {
    let file = room_photo(session);
    let (page, mut last) = open_editor(session, &file);
    page.query("left", "it.focus();");
    for _ in 0..3 {
        session.browser.press(RIGHT);
        last = page.wait_for_answer(&last);
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
    assert_eq!(shown_image(&page), prepare_natively(&file, &edits).grey);
}

/// The 28x28 image once it is what it should be and all that was changed has been answered.
pub fn wait_for_image(
    page: &Page,
    before: &Snapshot,
    mut is_it: impl FnMut(&Grey28) -> bool,
) -> Grey28 {
    let mut grey = None;
    page.wait("the changed image's answers", TIMEOUT, |now| {
        let busy = page.query("inspector", "return it.getAttribute('aria-busy');");
        if busy != json!("false") || !now.answered_since(before) {
            return false;
        }
        let current = shown_image(page);
        let found = is_it(&current);
        grey = Some(current);
        found
    });
    grey.expect("waited for")
}

fn inversion(session: &Session) {
    let file = room_photo(session);
    let (page, before) = open_editor(session, &file);
    page.select("inversion", "off");
    let after = page.wait_for_answer(&before);
    let edits = Edits {
        inverted: Some(false),
        ..Edits::default()
    };
    let expected = prepare_natively(&file, &edits).grey;
    assert_ne!(expected, prepare_natively(&file, &Edits::default()).grey);
    assert_eq!(shown_image(&page), expected);
    assert_matches_native(&after, &expected);
}

fn flood(session: &Session) {
    let script = session.browser.on_new_pages(WORKERS_THAT_COUNT);
    let file = room_photo(session);
    let (page, before) = open_editor(session, &file);
    session.browser.forget(&script);
    // Fifty changes within one turn of the page's loop.
    session.browser.run("window.under_way = [];", vec![]);
    page.query(
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
    let expected = prepare_natively(&file, &edits).grey;
    wait_for_image(&page, &before, |grey| *grey == expected);
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
