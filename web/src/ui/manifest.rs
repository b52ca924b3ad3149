//! The published figures: what the trainer's manifest says of each model.

use js_sys::{Array, Reflect};
use shared::ModelId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// What the manifest says of a model; a figure that is not there is not shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub model: ModelId,
    pub parameters: Option<f64>,
    /// Share of the test images answered rightly, 0 to 1.
    pub accuracy: Option<f64>,
}

/// The manifest's figures; none where it cannot be read, for the page works without.
pub async fn fetch(url: &str) -> Vec<Facts> {
    read(url).await.unwrap_or_default()
}

async fn read(url: &str) -> Option<Vec<Facts>> {
    let response = JsFuture::from(web_sys::window()?.fetch_with_str(url))
        .await
        .ok()?;
    let response: Response = response.dyn_into().ok()?;
    let json = JsFuture::from(response.json().ok()?).await.ok()?;
    let models: Array = field(&json, "models")?.dyn_into().ok()?;
    let facts = models.iter().filter_map(|entry| {
        Some(Facts {
            model: ModelId::from_name(&field(&entry, "model")?.as_string()?)?,
            parameters: field(&entry, "parameters").and_then(|p| p.as_f64()),
            accuracy: field(&entry, "test")
                .and_then(|test| field(&test, "accuracy"))
                .and_then(|a| a.as_f64()),
        })
    });
    Some(facts.collect())
}

fn field(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}
