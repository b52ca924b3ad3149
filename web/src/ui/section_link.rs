//! Links to sections: sections are mounted one after the other, so the browser cannot scroll to one when the page is loaded.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::engine::sleep;

/// How often, and how long after each other, the section is looked for: the code of some is downloaded first.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// Scrolls to the section that the address names, as soon as it is mounted; not if it names none.
pub async fn scroll_to_named_section() {
    for _ in 0..TRIES {
        let fragment = window().location().hash().unwrap_or_default();
        let Some(id) = fragment.strip_prefix('#').filter(|id| !id.is_empty()) else {
            return;
        };
        if let Some(section) = document().get_element_by_id(id) {
            return scroll_to(&section);
        }
        sleep(PAUSE).await;
    }
}

/// At once: what is above could still grow during a smooth scroll.
fn scroll_to(section: &Element) {
    const BEHAVIOR: &str = "scroll-behavior";
    let root = document().document_element();
    let style = root.and_then(|root| root.dyn_into::<HtmlElement>().ok());
    let style = style.map(|root| root.style());
    // These names and values are valid, so nothing fails.
    if let Some(style) = &style {
        let _ = style.set_property(BEHAVIOR, "auto");
    }
    section.scroll_into_view();
    if let Some(style) = &style {
        let _ = style.remove_property(BEHAVIOR);
    }
}
