//! The map from the names of the site's files to their URLs, which contain hashes.

use js_sys::{JSON, Reflect};
use wasm_bindgen::JsValue;

/// The map that the build writes into `<meta name="haberdash-assets">`.
#[derive(Clone)]
pub struct Assets(JsValue);

impl Assets {
    /// Reads the page's map. Without one, the site has no files.
    pub fn from_page() -> Self {
        let content = web_sys::window()
            .and_then(|w| w.document())
            .and_then(|d| {
                d.query_selector("meta[name=haberdash-assets]")
                    .ok()
                    .flatten()
            })
            .and_then(|meta| meta.get_attribute("content"));
        let map = content
            .and_then(|c| JSON::parse(&c).ok())
            .unwrap_or(JsValue::NULL);
        Self(map)
    }

    /// The absolute URL of a file; `None` if this build does not have it.
    ///
    /// The URLs of the map are relative to the page, but a worker resolves URLs relative to its own script.
    pub fn url(&self, name: &str) -> Option<String> {
        let relative = Reflect::get(&self.0, &name.into()).ok()?.as_string()?;
        let base = web_sys::window()?.document()?.base_uri().ok().flatten()?;
        web_sys::Url::new_with_base(&relative, &base)
            .ok()
            .map(|url| url.href())
    }
}
