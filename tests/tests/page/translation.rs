//! A browser that translates the page replaces its text nodes: the answers that are shown are the next picture's all the same.

use std::time::Duration;

use shared::{Garment, ModelId};
use tests::image_files;

use crate::compare::open_comparison;
use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "a_translated_page_shows_the_next_picture_s_answers",
        translated,
    ),
    Check::new(
        Cpu,
        "a_translated_page_has_every_text_of_the_next_photo",
        all_texts,
    ),
];

/// Puts each text into `<font>` elements, in place of the text node, as Google Translate does.
const TRANSLATE: &str = "
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.data.trim() && !node.parentElement.closest('script, style, noscript')) nodes.push(node);
    }
    for (const node of nodes) {
        const outer = document.createElement('font'), inner = document.createElement('font');
        inner.textContent = node.data;
        outer.append(inner);
        node.replaceWith(outer);
    }";

fn translated(session: &Session) {
    let page = session.page();
    let first = session.clear_example(Garment::Bag);
    page.show(&image_files::png(&first.image));
    session.browser.run(TRANSLATE, vec![]);
    for class in [Garment::Trouser, Garment::Sandal] {
        let golden = session.clear_example(class);
        let shown = page.show(&image_files::png(&golden.image));
        assert_matches_reference(session, &golden, &shown, 1e-3);
        let label = class.label();
        assert_eq!(shown.headline.text, label);
        for model in ModelId::ALL {
            let text = &shown.row(model).text;
            assert!(text.contains(label), "{model}: {text}");
            assert!(!text.contains(Garment::Bag.label()), "{model}: {text}");
        }
        let vote = &shown.vote.text;
        let chosen = format!("All seven models chose {label}.");
        assert!(vote.contains(&chosen), "{vote}");
        assert!(!vote.contains(Garment::Bag.label()), "{vote}");
        session.browser.run(TRANSLATE, vec![]);
    }
}

/// Whether the page's text has not changed for a while, and the text without times.
const SETTLED: &str = "
    // Without the options of lists, which browsers count among the text in different ways.
    const elements = [...document.querySelectorAll('main :is(p, h2, h3, h4, th, td, li, figcaption, button, span)')];
    const text = elements.filter(e => e.checkVisibility() && !e.querySelector('select'))
        .map(e => e.innerText.replace(/\\s+/g, ' ').trim()).join('\\n');
    if (text !== window.lastText) {
        window.lastText = text;
        window.lastChange = Date.now();
    }
    const isBusy = document.querySelector('[aria-busy=\"true\"]') !== null;
    return !isBusy && Date.now() - window.lastChange > 1500 ? text.replace(/(under )?[0-9.,]+ (ms|s)\\b/g, 'time') : null;";

/// The text of the page after two photos, with most parts open. The page is translated between them, or not.
fn text_after_two_photos(session: &Session, is_translated: bool) -> String {
    let page = session.page();
    let photo = |class| image_files::jpeg_photo(&session.clear_example(class).image, 1200, 900);
    page.show(&photo(Garment::Bag));
    for hook in ["adjust", "details", "open-reasons"] {
        page.click(&format!("[data-testid=\"{hook}\"]"));
    }
    open_comparison(&page);
    let settled = || {
        let text = session
            .browser
            .wait(SETTLED, Duration::from_secs(60), |text| text.is_string());
        text.expect("the text stays the same")
    };
    settled();
    if is_translated {
        session.browser.run(TRANSLATE, vec![]);
    }
    page.show(&photo(Garment::Trouser));
    let text = settled();
    text.as_str().expect("a text").to_owned()
}

fn all_texts(session: &Session) {
    let expected = text_after_two_photos(session, false);
    assert!(expected.contains(Garment::Trouser.label()), "{expected}");
    let found = text_after_two_photos(session, true);
    let differing: Vec<_> = differing_lines(&expected, &found);
    assert!(differing.is_empty(), "expected and found: {differing:#?}");
}

/// The lines that differ.
fn differing_lines<'a>(expected: &'a str, found: &'a str) -> Vec<(&'a str, &'a str)> {
    let count = expected.lines().count().max(found.lines().count());
    let line = |text: &'a str, i| text.lines().nth(i).unwrap_or_default();
    let pairs = (0..count).map(|i| (line(expected, i), line(found, i)));
    pairs
        .filter(|(expected, found)| expected != found)
        .collect()
}
