//! The CPU engine's worker.

use wasm_bindgen::JsValue;
use web::engine::{cpu::Cpu, scope};

fn main() -> Result<(), JsValue> {
    scope::serve(Cpu::new(scope::now))
}
