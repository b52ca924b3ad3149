//! The GPU engine's worker.

mod adapter;
mod engine;
mod kernels;
mod network;

use engine::GpuEngine;
use wasm_bindgen::JsValue;

fn main() -> Result<(), JsValue> {
    worker_runtime::serve(GpuEngine::new(
        worker_runtime::now,
        worker_runtime::report_fatal,
    ))
}
