//! The page inside another page: the document's element says which panels the style sheet shows.

use leptos::prelude::document;

use crate::address::{Embedding, Panel};
use crate::dom::set_attribute;
use crate::requests::address::embedding;

/// Marks the document if the address asks for an embedded page. Returns whether files can be chosen.
pub fn apply() -> bool {
    let Some((embedding, _)) = embedding() else {
        return true;
    };
    mark(&embedding);
    embedding.shows(Panel::Upload)
}

fn mark(embedding: &Embedding) {
    if let Some(root) = document().document_element() {
        set_attribute(&root, "data-embed", &embedding.names());
    }
}
