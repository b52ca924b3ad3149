//! Whether this browser has the GPU that the GPU engine needs, asked before its bundle is fetched.

use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Without it burn's wgpu runtime panics at its first stream.
const NEEDED: &str = "timestamp-query";

/// Whether `navigator.gpu` is there at all.
pub fn is_offered() -> bool {
    entry().is_some()
}

/// What this browser lacks, as the end of a sentence; `None` when all is there.
pub async fn lack() -> Option<String> {
    let Some(gpu) = entry() else {
        return Some("this browser has no WebGPU".into());
    };
    match request(&gpu).await {
        Ok(adapter) if adapter.is_null() || adapter.is_undefined() => {
            Some("this browser's WebGPU has no graphics adapter".into())
        }
        Ok(adapter) => match has(&adapter, NEEDED) {
            Ok(true) => None,
            _ => Some(format!("the graphics adapter lacks {NEEDED}")),
        },
        Err(_) => Some("this browser refused WebGPU a graphics adapter".into()),
    }
}

/// Waits on the page's own clock.
pub async fn sleep(time: Duration) {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            let millis = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
            // Without a timer there is no time limit, which is no reason to fail.
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
        }
    });
    let _ = JsFuture::from(promise).await;
}

fn entry() -> Option<JsValue> {
    let navigator = web_sys::window()?.navigator();
    let gpu = Reflect::get(&navigator, &"gpu".into()).ok()?;
    (!gpu.is_undefined() && !gpu.is_null()).then_some(gpu)
}

/// web-sys's own WebGPU types are still unstable, so its two calls are made by name.
async fn request(gpu: &JsValue) -> Result<JsValue, JsValue> {
    let request: Function = Reflect::get(gpu, &"requestAdapter".into())?.dyn_into()?;
    let promise: Promise = request.call0(gpu)?.dyn_into()?;
    JsFuture::from(promise).await
}

fn has(adapter: &JsValue, feature: &str) -> Result<bool, JsValue> {
    let features = Reflect::get(adapter, &"features".into())?;
    let has: Function = Reflect::get(&features, &"has".into())?.dyn_into()?;
    Ok(has.call1(&features, &feature.into())?.is_truthy())
}
