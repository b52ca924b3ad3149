//! Links to sections: sections are mounted one after the other, so the browser cannot scroll to one when the page is loaded.

use leptos::prelude::*;
use web_sys::{ScrollBehavior, ScrollIntoViewOptions};

/// Scrolls to the section that the address names, which has just been mounted; not if it names none of these.
pub fn scroll_to_named_section() {
    let fragment = window().location().hash().unwrap_or_default();
    let section = fragment
        .strip_prefix('#')
        .and_then(|id| document().get_element_by_id(id));
    if let Some(section) = section {
        let options = ScrollIntoViewOptions::new();
        options.set_behavior(ScrollBehavior::Instant);
        section.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
