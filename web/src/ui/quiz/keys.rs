//! The digit keys as answers of the quiz.

use leptos::ev::KeyboardEvent;
use leptos::prelude::{document, window};
use shared::Garment;
use web_sys::Element;

/// The class whose label is the key's digit; `None` for other keys, and while another part of the page has the keyboard.
pub fn class_of_key(event: &KeyboardEvent, section: &Element) -> Option<Garment> {
    let has_modifier = event.ctrl_key() || event.alt_key() || event.meta_key();
    if has_modifier || event.repeat() || event.default_prevented() || !takes_keys(section) {
        return None;
    }
    let key = event.key();
    // In some layouts the keys of the digits have them only with the Shift key.
    let code = event.code();
    let digit = code.strip_prefix("Digit").unwrap_or(&key);
    let index = digit.parse().ok().filter(|_| digit.len() == 1);
    Garment::from_index(index?)
}

/// Whether the focus is in the quiz and not in a field, or nowhere while the quiz can be seen.
fn takes_keys(section: &Element) -> bool {
    let Some(focused) = document().active_element() else {
        return is_in_view(section);
    };
    if section.contains(Some(&focused)) {
        return !focused.matches("input, select, textarea").unwrap_or(false);
    }
    focused.tag_name() == "BODY" && is_in_view(section)
}

fn is_in_view(section: &Element) -> bool {
    let height = window().inner_height().ok().and_then(|h| h.as_f64());
    let place = section.get_bounding_client_rect();
    place.bottom() > 0.0 && height.is_some_and(|height| place.top() < height)
}
