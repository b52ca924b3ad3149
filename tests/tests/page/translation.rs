//! A browser that translates the page replaces its text nodes: the answers that are shown are the next picture's all the same.

use shared::{Garment, ModelId};
use tests::image_files;

use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

pub const CHECKS: &[Check] = &[Check::new(
    Cpu,
    "a_translated_page_shows_the_next_picture_s_answers",
    translated,
)];

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
