//! Files that cannot be answered: each gets one clear sentence, and the page goes on.

use shared::{Garment, ModelId};
use tests::damaged_files;
use tests::image_files::{self, UploadFile};

use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "an_empty_file_gets_a_sentence", |s| {
        refused(s, &damaged_files::empty(), &["empty"])
    }),
    Check::new(Cpu, "a_text_named_png_gets_a_sentence", |s| {
        refused(s, &damaged_files::text(), &["text"])
    }),
    Check::new(
        Cpu,
        "a_truncated_jpeg_gets_a_sentence_or_an_answer",
        truncated,
    ),
    Check::new(Cpu, "a_30000_by_30000_png_gets_a_sentence", |s| {
        refused(
            s,
            &damaged_files::huge_png(),
            &["30000", "30,000", "large", "big", "pixels"],
        );
    }),
    Check::new(Cpu, "a_1_by_1_picture_gets_a_sentence", |s| {
        refused(s, &damaged_files::one_pixel(), &["1 x 1", "small"]);
    }),
    Check::new(Cpu, "heic_gets_a_sentence_that_names_it", |s| {
        refused(s, &damaged_files::heic(), &["heic"])
    }),
    Check::new(Cpu, "a_60_mb_file_gets_a_sentence", |s| {
        refused(s, &damaged_files::sixty_megabytes(), &["mb"]);
    }),
];

/// The page says one sentence with one of the words, keeps the answer it had, and answers the next image.
fn refused(session: &Session, file: &UploadFile, words: &[&str]) {
    let page = session.page();
    let golden = session.clear_example(Garment::Bag);
    let before = page.show(&image_files::png(&golden.image));
    page.choose(std::slice::from_ref(file));
    let after = page.wait_for_answer_or_error(&before);
    assert_is_message(&after.error);
    let error = after.error.to_lowercase();
    assert!(
        words.iter().any(|word| error.contains(word)),
        "\"{}\" says nothing of {words:?}",
        after.error
    );
    assert_matches_reference(session, &golden, &after, 1e-3);
    goes_on(session, &page);
}

fn truncated(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Trouser);
    let before = page.snapshot();
    page.choose(&[damaged_files::truncated_jpeg(&golden.image)]);
    let after = page.wait_for_answer_or_error(&before);
    if !after.answered_since(&before) {
        assert_is_message(&after.error);
    }
    goes_on(session, &page);
}

fn goes_on(session: &Session, page: &tests::page::Page) {
    let golden = session.clear_example(Garment::Sandal);
    let before = page.snapshot();
    page.choose(&[image_files::png(&golden.image)]);
    let after = page.wait(
        "the next image's answer",
        std::time::Duration::from_secs(20),
        |now| now.answered_since(&before) && now.error.is_empty(),
    );
    assert_matches_reference(session, &golden, &after, 1e-3);
    for model in ModelId::ALL {
        assert_eq!(after.row(model).label, golden.class.label());
    }
}

/// One sentence for a visitor: short, whole, and free of what only a programmer would say.
pub fn assert_is_message(text: &str) {
    assert!(!text.is_empty(), "the page says nothing");
    assert!(!text.contains('\n'), "more than one line: {text}");
    assert!(text.ends_with('.'), "not a sentence: {text}");
    assert!(
        (20..=300).contains(&text.len()),
        "too short or too long: {text}"
    );
    for jargon in [
        "unwrap",
        "panicked",
        "Err(",
        "undefined",
        "JsValue",
        "RuntimeError",
    ] {
        assert!(!text.contains(jargon), "not for visitors: {text}");
    }
}
