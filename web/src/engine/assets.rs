//! Where the built site keeps its files: logical names and the hashed names they were published under.

use js_sys::{JSON, Reflect};
use wasm_bindgen::JsValue;

/// The map that the build writes into `<meta name="haberdash-assets">`.
#[derive(Clone)]
pub struct Assets(JsValue);

impl Assets {
    /// Reads the page's map; without one, no asset exists.
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

    /// The asset's address; `None` when this build has no such file.
    ///
    /// The map holds addresses relative to the page. A worker would take them relative to its own script, so they
    /// are made absolute here.
    pub fn url(&self, name: &str) -> Option<String> {
        let relative = Reflect::get(&self.0, &name.into()).ok()?.as_string()?;
        let base = web_sys::window()?.document()?.base_uri().ok().flatten()?;
        web_sys::Url::new_with_base(&relative, &base)
            .ok()
            .map(|url| url.href())
    }
}
