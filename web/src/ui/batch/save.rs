//! A text as a file in the visitor's downloads.

use js_sys::Array;
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Hands a text over to the browser, to be saved under a name.
///
/// # Errors
/// A sentence, where the browser does not take it.
pub fn save(name: &str, kind: &str, text: &str) -> Result<(), String> {
    handed_over(name, kind, text).map_err(|_| {
        "This browser does not let a page save a file: copy the table by hand.".to_string()
    })
}

fn handed_over(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let properties = BlobPropertyBag::new();
    properties.set_type(kind);
    let parts = Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &properties)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The download has its own hold on the blob by now.
    Url::revoke_object_url(&url)
}
