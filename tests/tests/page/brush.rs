//! Painting the mask by hand, and the sentences that ask for it.

use photo::{Edits, POOR_QUALITY};
use serde_json::json;
use shared::{Garment, Grey28};
use tests::image_files;
use tests::page::{Page, Snapshot};

use crate::editor::{
    BLUE, RIGHT, TIMEOUT, assert_matches_native, open_editor, prepare_natively, room_photo,
    shown_image, wait_for_image,
};
use crate::errors::assert_is_message;
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "painting_answers_anew_and_undo_takes_it_back",
        painting,
    ),
    Check::new(Cpu, "edits_that_leave_nothing_get_a_sentence", nothing),
    Check::new(Cpu, "a_poor_mask_asks_for_a_crop_or_a_brush", poor),
    Check::new(Cpu, "a_white_garment_gets_a_sentence", white),
];

const WHITE: [u8; 3] = [250, 250, 246];

fn painting(session: &Session) {
    let file = room_photo(session);
    let (page, before) = open_editor(session, &file);
    let original = shown_image(&page);
    page.select("tool", "erase");
    // Across the garment's middle; an answer comes for every part of the stroke, so the last one is waited for.
    page.drag(
        "[data-testid=\"surface\"]",
        &[[0.2, 0.5], [0.4, 0.5], [0.6, 0.5], [0.8, 0.5]],
    );
    let erased = wait_for_image(&page, &before, |grey| *grey != original);
    let after = page.snapshot();
    assert_matches_native(&after, &erased);
    let advice = page.query("advice", "return it.innerText;");
    assert!(
        advice.as_str().is_some_and(|a| a.contains("painted")),
        "{advice}"
    );

    // Painted elsewhere, the garment becomes wider.
    page.select("tool", "paint");
    page.drag("[data-testid=\"surface\"]", &[[0.86, 0.9]]);
    let painted = wait_for_image(&page, &after, |grey| *grey != erased);
    assert_ne!(painted, original);
    for expected in [&erased, &original] {
        page.click("[data-testid=\"undo\"]");
        wait_for_image(&page, &after, |grey| grey == expected);
    }
    let disabled = page.query("undo", "return it.disabled;");
    assert_eq!(disabled, json!(true));
    assert_matches_native(&page.snapshot(), &original);

    // Arrows and the space bar paint, too.
    page.query("surface", "it.focus();");
    session.browser.press(RIGHT);
    session.browser.press(' ');
    let dabbed = page.query("undo", "return it.disabled;");
    assert_eq!(dabbed, json!(false));
}

fn nothing(session: &Session) {
    let file = room_photo(session);
    let (page, before) = open_editor(session, &file);
    let original = shown_image(&page);
    page.select("tool", "erase");
    page.query(
        "brush-size",
        "it.value = 15; it.dispatchEvent(new Event('input', {bubbles: true}));",
    );
    // Over and over the garment, until nothing is left of it.
    let rows = (0..=8).map(|row| f64::from(row) / 8.0);
    let places: Vec<[f64; 2]> = rows.flat_map(|v| [[0.02, v], [0.98, v]]).collect();
    let places: Vec<[f64; 2]> = places
        .iter()
        .map(|[u, v]| [*u, v.clamp(0.01, 0.99)])
        .collect();
    page.drag("[data-testid=\"surface\"]", &places);
    let advice = session.browser.wait(
        "return document.querySelector('[data-testid=\"advice\"]').innerText;",
        TIMEOUT,
        |text| {
            text.as_str()
                .is_some_and(|t| t.contains("Nothing stands out"))
        },
    );
    let advice = advice.unwrap_or_else(|text| panic!("of nothing the page says {text}"));
    assert_is_message(advice.as_str().unwrap_or_default());
    // What was answered last stays, and the way back is open.
    page.wait("the answers of before", TIMEOUT, Snapshot::is_ready);
    page.click("[data-testid=\"undo\"]");
    wait_for_image(&page, &before, |grey| *grey == original);
}

fn poor(session: &Session) {
    let file = image_files::empty_floor(480, 600);
    let quality = prepare_natively(&file, &Edits::default()).quality;
    assert!(
        quality < POOR_QUALITY,
        "the test's floor is too good: {quality}"
    );
    let (page, before) = open_editor(session, &file);
    let advice = |page: &Page| {
        let advice = page.query("advice", "return it.innerText;");
        advice.as_str().unwrap_or_default().to_owned()
    };
    let sentence = advice(&page);
    assert_is_message(&sentence);
    assert!(
        sentence.contains("crop") && sentence.contains("paint"),
        "{sentence}"
    );
    // Whoever paints has looked at it.
    page.select("tool", "paint");
    page.drag("[data-testid=\"surface\"]", &[[0.4, 0.4], [0.6, 0.6]]);
    wait_for_image(&page, &before, |_| true);
    assert!(!advice(&page).contains("crop"), "{}", advice(&page));
}

fn white(session: &Session) {
    let shirts = session.examples(Garment::TShirt);
    // The darker the image, the darker the cloth is drawn.
    let brightness = |shirt: &Grey28| shirt.pixels().iter().map(|&p| u32::from(p)).sum::<u32>();
    let shirt = shirts
        .into_iter()
        .max_by_key(brightness)
        .expect("a T-shirt");
    let page = session.page();
    for (cloth, expected) in [(WHITE, true), (BLUE, false)] {
        let file = image_files::floor_photo(&shirt, cloth, 480, 600);
        assert_eq!(
            prepare_natively(&file, &Edits::default()).is_white,
            expected
        );
        page.show(&file);
        let advice = page.query("advice", "return it.innerText;");
        let says = advice
            .as_str()
            .is_some_and(|a| a.contains("hardly any white garments") && a.contains("stretched"));
        assert_eq!(says, expected, "{advice}");
    }
}
