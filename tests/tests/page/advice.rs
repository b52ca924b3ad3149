//! What the page advises about an image, and the controls that follow the advice: several objects, a frame around the picture,
//! rotation, and the inversion of a 28x28 image.

use photo::{Crop, Edits};
use serde_json::{Value, json};
use shared::image::SIDE;
use shared::model::{NoveltyDetector, novelty};
use shared::{Garment, Grey28, Sample};
use tests::image_files;
use tests::page::{Page, Snapshot};
use tests::reference;

use crate::editor::{
    TIMEOUT, assert_matches_native, prepare_natively, shown_image, wait_for_image,
};
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "one_of_two_garments_is_chosen", objects),
    Check::new(Cpu, "a_frame_is_removed_and_can_be_brought_back", frame),
    Check::new(Cpu, "a_28x28_image_is_inverted_and_rotated", pixels),
    Check::new(Cpu, "what_lies_sideways_is_rotated_as_advised", sideways),
];

fn advice(page: &Page) -> String {
    let text = page.query("advice", "return it.innerText;");
    text.as_str().unwrap_or_default().to_owned()
}

/// The attribute `aria-pressed` of each button for an object.
fn pressed(page: &Page) -> Value {
    page.browser.run(
        "return [...document.querySelectorAll('[data-testid=\"object\"]')].map(b => b.ariaPressed);",
        vec![],
    )
}

fn objects(session: &Session) {
    let file = image_files::two_garments(
        &session.clear_example(Garment::TShirt).image,
        &session.clear_example(Garment::Trouser).image,
    );
    let found = prepare_natively(&file, &Edits::default()).objects;
    assert_eq!(found.len(), 2, "{found:?}");
    let page = session.page();
    let mut before = page.show(&file);
    assert_eq!(advice(&page), "Two objects were found. Choose one:");
    assert_eq!(pressed(&page), json!(["false", "false"]));
    // After the first one, the other can still be chosen.
    for (index, expected) in [(1, ["false", "true"]), (0, ["true", "false"])] {
        let edits = Edits {
            crop: Some(found[index]),
            ..Edits::default()
        };
        let grey = prepare_natively(&file, &edits).grey;
        page.click(&format!("[data-testid=\"object\"][data-index=\"{index}\"]"));
        wait_for_image(&page, &before, |shown| *shown == grey);
        assert_matches_native(&page.snapshot(), &grey);
        assert_eq!(pressed(&page), json!(expected));
        assert!(!advice(&page).contains("objects"), "{}", advice(&page));
        before = page.snapshot();
    }
}

fn frame(session: &Session) {
    let file = image_files::framed_photo(&session.clear_example(Garment::TShirt).image);
    let inside = prepare_natively(&file, &Edits::default());
    assert!(inside.inside_frame.is_some(), "no frame is found natively");
    let edits = Edits {
        crop: Some(Crop::WHOLE),
        ..Edits::default()
    };
    let whole = prepare_natively(&file, &edits);
    assert!(whole.inside_frame.is_none() && whole.grey != inside.grey);
    let page = session.page();
    let before = page.show(&file);
    assert_eq!(shown_image(&page), inside.grey);
    let says_so = |page: &Page| {
        let text = page.query("inspector", "return it.innerText;");
        text.as_str()
            .is_some_and(|t| t.contains("A frame around the image was removed."))
    };
    assert!(says_so(&page));
    // The frame is pale on the upright photo, and the picture is not.
    let upright = page.canvas("step-upright");
    let alpha = |u: f32| {
        let row = upright.height / 2 * upright.width;
        upright.rgba[(row + (u * upright.width as f32) as usize) * 4 + 3]
    };
    assert!(alpha(0.05) < 255 && alpha(0.95) < 255 && alpha(0.5) == 255);
    page.click("[data-testid=\"use-whole\"]");
    wait_for_image(&page, &before, |shown| *shown == whole.grey);
    assert!(!says_so(&page));
    assert_eq!(page.query("use-whole", "return true;"), Value::Null);
}

fn pixels(session: &Session) {
    let bag = session.clear_example(Garment::Bag).image;
    let file = image_files::png(&bag);
    let page = session.page();
    let before = page.show(&file);
    assert_eq!(
        page.query("pixel-editor", "return it.hidden;"),
        json!(false)
    );
    assert_eq!(page.query("inspector", "return it.hidden;"), json!(true));
    let is_pressed = |page: &Page| page.query("invert", "return it.ariaPressed;");
    assert_eq!(is_pressed(&page), json!("false"));
    page.click("[data-testid=\"invert\"]");
    let inverted = page.wait_for_answer(&before);
    let expected = Grey28::new(bag.pixels().map(|grey| 255 - grey));
    assert_eq!(input(&page), expected);
    assert_matches_native(&inverted, &expected);
    assert_eq!(is_pressed(&page), json!("true"));
    page.click("[data-testid=\"invert\"]");
    let again = page.wait_for_answer(&inverted);
    assert_eq!(input(&page), bag);
    page.click("[data-testid=\"pixels-right\"]");
    let rotated = page.wait_for_answer(&again);
    let expected = clockwise(&bag);
    assert_ne!(expected, bag);
    assert_eq!(input(&page), expected);
    assert_matches_native(&rotated, &expected);
    page.click("[data-testid=\"pixels-left\"]");
    page.wait_for_answer(&rotated);
    assert_eq!(input(&page), bag);
}

/// The 28x28 image in the preview.
fn input(page: &Page) -> Grey28 {
    let canvas = page.canvas("preview-input");
    assert_eq!((canvas.width, canvas.height), (SIDE, SIDE));
    Grey28::new(core::array::from_fn(|i| canvas.rgba[4 * i]))
}

/// The image rotated by 90 degrees.
fn clockwise(image: &Grey28) -> Grey28 {
    Grey28::new(core::array::from_fn(|i| {
        let (x, y) = (i % SIDE, i / SIDE);
        image.pixels()[(SIDE - 1 - x) * SIDE + y]
    }))
}

fn sideways(session: &Session) {
    let page = session.page();
    let file = image_files::png(&lying_image(session));
    let before = page.snapshot();
    page.choose(&[file]);
    let is_unknown = |now: &Snapshot| now.answered_since(&before) && now.vote.known == "false";
    let lying = page.wait("the image that lies, not known", TIMEOUT, is_unknown);
    let degrees = page.query("rotate-hint", "return it.dataset.degrees;");
    let degrees = degrees.as_str().unwrap_or_default();
    assert!(["90", "180", "270"].contains(&degrees), "{degrees}");
    let expected = format!("Rotated by {degrees} degrees it looks like clothes.");
    assert_eq!(advice(&page), expected);
    page.click("[data-testid=\"rotate-hint\"]");
    page.wait("the upright image, known", TIMEOUT, |now| {
        now.answered_since(&lying) && now.vote.known == "true"
    });
    assert_eq!(advice(&page), "");
    assert_eq!(page.query("rotate-hint", "return true;"), Value::Null);
}

/// An image of the reference that the novelty detector knows only before it is rotated.
fn lying_image(session: &Session) -> Grey28 {
    let detector =
        NoveltyDetector::new(&reference::artifact(novelty::NAME)).expect("weights that fit");
    let is_known = |image: &Grey28| detector.is_known(&Sample::new(image.clone()));
    let mut images = (0..session.reference.images.len()).map(|i| session.reference_image(i).image);
    let upright = images.find(|image| is_known(image) && !is_known(&clockwise(image)));
    clockwise(&upright.expect("an image that is known only upright"))
}
