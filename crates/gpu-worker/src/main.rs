//! The GPU engine's worker.

mod adapter;
mod engine;
mod kernels;
mod network;

use engine::Gpu;
use wasm_bindgen::JsValue;

fn main() -> Result<(), JsValue> {
    worker_runtime::serve(Gpu::new(worker_runtime::now, worker_runtime::fatal))
}
