//! The trainer's JSON files, read by the browser's own parser.

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// A file's content; `None` where it cannot be fetched or is not JSON.
pub async fn fetch(url: &str) -> Option<JsValue> {
    let response = JsFuture::from(web_sys::window()?.fetch_with_str(url))
        .await
        .ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.json().ok()?).await.ok()
}

/// A field that is there and not null.
pub fn field(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// A field that is a number.
pub fn number(object: &JsValue, name: &str) -> Option<f64> {
    field(object, name)?.as_f64().filter(|n| n.is_finite())
}

/// A field that is a list.
pub fn list(object: &JsValue, name: &str) -> Option<Array> {
    field(object, name)?.dyn_into().ok()
}
