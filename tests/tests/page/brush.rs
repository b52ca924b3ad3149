//! Painting the mask by hand, and the sentences that ask for it.

use photo::{Edits, POOR_QUALITY};
use serde_json::json;
use shared::Garment;
use tests::page::Page;
use tests::picture;

use crate::inspector::{BLUE, PATIENCE, RIGHT, answers, natively, opened, room, settled, shown};
use crate::refusal::is_a_sentence;
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
    let file = room(session);
    let (page, before) = opened(session, &file);
    let original = shown(&page);
    page.select("tool", "erase");
    // Across the garment's middle; an answer comes for every part of the stroke, so the last one is waited for.
    page.drag(
        "[data-testid=\"surface\"]",
        &[[0.2, 0.5], [0.4, 0.5], [0.6, 0.5], [0.8, 0.5]],
    );
    let erased = settled(&page, &before, |grey| *grey != original);
    let after = page.snapshot();
    answers(&after, &erased);
    let advice = page.of("advice", "return it.innerText;");
    assert!(
        advice.as_str().is_some_and(|a| a.contains("painted")),
        "{advice}"
    );

    // Painted elsewhere, the garment becomes wider.
    page.select("tool", "paint");
    page.drag("[data-testid=\"surface\"]", &[[0.86, 0.9]]);
    let painted = settled(&page, &after, |grey| *grey != erased);
    assert_ne!(painted, original);
    for expected in [&erased, &original] {
        page.click("[data-testid=\"undo\"]");
        settled(&page, &after, |grey| grey == expected);
    }
    let disabled = page.of("undo", "return it.disabled;");
    assert_eq!(disabled, json!(true));
    answers(&page.snapshot(), &original);

    // Arrows and the space bar paint, too.
    page.of("surface", "it.focus();");
    session.browser.press(RIGHT);
    session.browser.press(' ');
    let dabbed = page.of("undo", "return it.disabled;");
    assert_eq!(dabbed, json!(false));
}

fn nothing(session: &Session) {
    let file = room(session);
    let (page, before) = opened(session, &file);
    let original = shown(&page);
    page.select("tool", "erase");
    page.of(
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
        PATIENCE,
        |text| {
            text.as_str()
                .is_some_and(|t| t.contains("Nothing stands out"))
        },
    );
    let advice = advice.unwrap_or_else(|text| panic!("of nothing the page says {text}"));
    is_a_sentence(advice.as_str().unwrap_or_default());
    // What was answered last stays, and the way back is open.
    assert!(page.snapshot().is_ready());
    page.click("[data-testid=\"undo\"]");
    settled(&page, &before, |grey| *grey == original);
}

fn poor(session: &Session) {
    let file = picture::floor(480, 600);
    let quality = natively(&file, &Edits::default()).quality;
    assert!(
        quality < POOR_QUALITY,
        "the test's floor is too good: {quality}"
    );
    let (page, before) = opened(session, &file);
    let advice = |page: &Page| {
        let advice = page.of("advice", "return it.innerText;");
        advice.as_str().unwrap_or_default().to_owned()
    };
    let sentence = advice(&page);
    is_a_sentence(&sentence);
    assert!(
        sentence.contains("crop") && sentence.contains("paint"),
        "{sentence}"
    );
    // Whoever paints has looked at it.
    page.select("tool", "paint");
    page.drag("[data-testid=\"surface\"]", &[[0.4, 0.4], [0.6, 0.6]]);
    settled(&page, &before, |_| true);
    assert!(!advice(&page).contains("crop"), "{}", advice(&page));
}

fn white(session: &Session) {
    let shirt = session.clear(Garment::TShirt).picture;
    let page = session.page();
    for (cloth, expected) in [(WHITE, true), (BLUE, false)] {
        let file = picture::scene(&shirt, cloth, 480, 600);
        assert_eq!(natively(&file, &Edits::default()).is_white, expected);
        page.show(&file);
        let advice = page.of("advice", "return it.innerText;");
        let says = advice
            .as_str()
            .is_some_and(|a| a.contains("hardly any white garments") && a.contains("stretched"));
        assert_eq!(says, expected, "{advice}");
    }
}
