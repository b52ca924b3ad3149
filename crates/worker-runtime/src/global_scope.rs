//! The worker's global scope: its clock, its timers, its console, and its messages to the page.

use js_sys::{Array, Promise, Uint8Array};
use protocol::{FatalError, Message, Reply, UNASKED, encode};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::DedicatedWorkerGlobalScope;

/// The global scope.
///
/// # Errors
/// The script does not run in a dedicated worker.
pub(crate) fn global_scope() -> Result<DedicatedWorkerGlobalScope, JsValue> {
    js_sys::global()
        .dyn_into()
        .map_err(|_| JsValue::from_str("this script runs only in a worker"))
}

/// The time of the worker's monotonic clock in milliseconds.
pub fn now() -> f64 {
    global_scope()
        .ok()
        .and_then(|scope| scope.performance())
        .map_or(0.0, |clock| clock.now())
}

/// The microseconds since `start`, a time of the clock.
pub fn elapsed_micros(clock: fn() -> f64, start: f64) -> u32 {
    ((clock() - start) * 1000.0).round() as u32
}

/// Waits for a number of milliseconds. Returns `false` if there are no timers, after no wait.
pub(crate) async fn sleep(millis: i32) -> bool {
    let Ok(scope) = global_scope() else {
        return false;
    };
    let mut has_timer = false;
    let promise = Promise::new(&mut |resolve, _| {
        let timer = scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
        has_timer = timer.is_ok();
    });
    has_timer && JsFuture::from(promise).await.is_ok()
}

/// Writes a warning to the browser's console: details of an error, which are not for the visitor.
pub fn log(message: &str) {
    web_sys::console::warn_1(&message.into());
}

/// Reports to the page that this worker cannot continue.
pub fn report_fatal(error: FatalError) {
    post(UNASKED, Reply::Fatal(error));
}

/// Posts a reply. Its bytes are transferred, not copied.
pub(crate) fn post(id: u32, body: Reply) {
    let Ok(scope) = global_scope() else { return };
    let Ok(bytes) = encode(&Message { id, body }) else {
        return;
    };
    let bytes = Uint8Array::from(bytes.as_slice());
    let transfer = Array::of1(&bytes.buffer());
    // If the page cannot be reached, there is nobody to report the error to.
    let _ = scope.post_message_with_transfer(&bytes, &transfer);
}
