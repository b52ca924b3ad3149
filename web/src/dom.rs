//! Helpers for the DOM.
//!
//! Some components are written as HTML text, because `view!` generates code for each element. In this text, `data-action`
//! names what an element triggers and `data-ref` names an element that is updated; `data-testid` is only for tests.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Element, Event, HtmlAnchorElement, HtmlElement, Url};

/// The first element below `root` with this `data-ref` or `data-action`, if it has the type.
pub fn find<T: JsCast>(root: &Element, name: &str) -> Option<T> {
    let selector = format!("[data-ref=\"{name}\"],[data-action=\"{name}\"]");
    root.query_selector(&selector)
        .ok()
        .flatten()?
        .dyn_into()
        .ok()
}

/// Sets the text of an element below `root`.
pub fn set_text(root: &Element, name: &str, text: &str) {
    if let Some(element) = find::<Element>(root, name) {
        element.set_text_content(Some(text));
    }
}

/// Sets an attribute. The attributes of this page have valid names, so this cannot fail.
pub fn set_attribute(element: &Element, attribute: &str, value: &str) {
    let _ = element.set_attribute(attribute, value);
}

/// Adds or removes an attribute without a value of an element below `root`.
pub fn toggle_attribute(root: &Element, name: &str, attribute: &str, is_set: bool) {
    if let Some(element) = find::<Element>(root, name) {
        // The attributes of this page have valid names.
        let _ = element.toggle_attribute_with_force(attribute, is_set);
    }
}

/// The action of an event, and the element that has it: the event's target or its closest ancestor with `data-action`.
pub fn action(event: &Event) -> Option<(Element, String)> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let element = target.closest("[data-action]").ok().flatten()?;
    let action = element.get_attribute("data-action")?;
    Some((element, action))
}

/// Scrolls to the element with this id, unless it covers the middle of the window's height.
pub fn scroll_into_view(id: &str) {
    let height = window().inner_height().ok().and_then(|h| h.as_f64());
    if let Some(height) = height
        && let Some(element) = document().get_element_by_id(id)
    {
        let (place, middle) = (element.get_bounding_client_rect(), height / 2.0);
        if place.top() > middle || place.bottom() < middle {
            element.scroll_into_view();
        }
    }
}

/// Scrolls to a section, and moves the focus to it.
pub fn focus_section(id: &str) {
    let section = document().get_element_by_id(id);
    if let Some(section) = section.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        // An element that cannot get the focus leaves it where it is.
        let _ = section.focus();
        section.scroll_into_view();
    }
}

/// Scrolls to the element with this id. Returns whether there is one.
pub fn scroll_to(id: &str) -> bool {
    let element = document().get_element_by_id(id);
    if let Some(element) = &element {
        element.scroll_into_view();
    }
    element.is_some()
}

/// Puts a text into the clipboard; `None` if the browser has none here or does not allow it.
pub async fn copy(text: &str) -> Option<()> {
    // Pages without encryption have no clipboard.
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).ok()?;
    let write = Reflect::get(&clipboard, &"writeText".into()).ok()?;
    let write: Function = write.dyn_into().ok()?;
    let written: Promise = write
        .call1(&clipboard, &text.into())
        .ok()?
        .dyn_into()
        .ok()?;
    JsFuture::from(written).await.ok()?;
    Some(())
}

/// Saves a text as a file in the visitor's downloads.
///
/// # Errors
/// The browser does not allow it.
pub fn save_file(name: &str, mime: &str, text: &str) -> Result<(), JsValue> {
    let properties = BlobPropertyBag::new();
    properties.set_type(mime);
    let parts = Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &properties)?;
    save_blob(name, &blob)
}

/// Saves bytes as a file in the visitor's downloads.
///
/// # Errors
/// The browser does not allow it.
pub fn save_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The download keeps the blob.
    Url::revoke_object_url(&url)
}
