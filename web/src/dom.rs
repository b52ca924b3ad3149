//! Parts of the page that are written as text and found again by their hooks: as components, each element of them would be
//! code of its own.

use leptos::ev::{Event, MouseEvent};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget};

/// The first element below `root` with the hook, where it is of the wanted kind.
pub fn part<T: JsCast>(root: &Element, hook: &str) -> Option<T> {
    let found = root.query_selector(&format!("[data-testid=\"{hook}\"]"));
    found.ok().flatten()?.dyn_into().ok()
}

/// Has the element with the hook say something.
pub fn say(root: &Element, hook: &str, text: &str) {
    if let Some(part) = part::<Element>(root, hook) {
        part.set_text_content(Some(text));
    }
}

/// Sets an attribute that is there or not.
pub fn mark(root: &Element, hook: &str, attribute: &str, is_there: bool) {
    if let Some(part) = part::<Element>(root, hook) {
        // Attributes' names are ours, and legal.
        let _ = part.toggle_attribute_with_force(attribute, is_there);
    }
}

/// The element with a hook that was clicked, or whose inside was, and the hook.
pub fn clicked(event: &MouseEvent) -> Option<(Element, String)> {
    hooked(event.target())
}

/// The element with a hook whose value was changed, and the hook.
pub fn changed(event: &Event) -> Option<(Element, String)> {
    hooked(event.target())
}

fn hooked(target: Option<EventTarget>) -> Option<(Element, String)> {
    let target: Element = target?.dyn_into().ok()?;
    let hooked = target.closest("[data-testid]").ok().flatten()?;
    let hook = hooked.get_attribute("data-testid")?;
    Some((hooked, hook))
}
