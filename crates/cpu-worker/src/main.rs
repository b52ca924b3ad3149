//! The CPU engine's worker.

mod browser_decoder;
mod change_searches;
mod engine;
mod preprocessing;
mod test_set;

use engine::CpuEngine;
use wasm_bindgen::JsValue;

fn main() -> Result<(), JsValue> {
    worker_runtime::serve(CpuEngine::new(worker_runtime::now))
}
