//! The CPU engine's worker.

mod engine;
mod idx;
mod preprocessing;

use engine::Cpu;
use wasm_bindgen::JsValue;

fn main() -> Result<(), JsValue> {
    worker_runtime::serve(Cpu::new(worker_runtime::now))
}
