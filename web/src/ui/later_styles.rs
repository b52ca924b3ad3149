//! The styles of what is shown after the first prediction, which are loaded with the first part that needs them.

use std::time::Duration;

use js_sys::{Promise, Reflect};
use leptos::prelude::document;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Element;

use crate::engine::with_timeout;
use crate::state::AppState;

/// A style sheet that takes longer counts as failed.
const LIMIT: Duration = Duration::from_secs(20);

/// Loads the styles, unless they are loaded. Returns whether they are.
pub async fn load(app: AppState) -> bool {
    let url = app.site.url("later.css");
    match url.map(|url| link(&url)) {
        Some(Ok(link)) => is_loaded(&link) || wait(&link).await,
        _ => false,
    }
}

/// The element that loads the style sheet.
fn link(url: &str) -> Result<Element, JsValue> {
    let found = document().query_selector(&format!("link[href=\"{url}\"]"))?;
    if let Some(link) = found {
        return Ok(link);
    }
    let link = document().create_element("link")?;
    link.set_attribute("rel", "stylesheet")?;
    link.set_attribute("href", url)?;
    let head = document().head().ok_or(JsValue::NULL)?;
    head.append_child(&link)?;
    Ok(link)
}

fn is_loaded(link: &Element) -> bool {
    Reflect::get(link, &"sheet".into()).is_ok_and(|sheet| sheet.is_object())
}

async fn wait(link: &Element) -> bool {
    let loaded = Promise::new(&mut |resolve, reject| {
        // What cannot be waited for ends with the time limit.
        let _ = link.add_event_listener_with_callback("load", &resolve);
        let _ = link.add_event_listener_with_callback("error", &reject);
    });
    let loaded = with_timeout(LIMIT, JsFuture::from(loaded)).await;
    let is_loaded = matches!(loaded, Some(Ok(_)));
    if !is_loaded {
        // The next attempt adds it again.
        link.remove();
    }
    is_loaded
}
