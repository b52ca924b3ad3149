//! The GPU engine's worker.

use wasm_bindgen::JsValue;
use web::engine::{gpu::Gpu, scope};

fn main() -> Result<(), JsValue> {
    scope::serve(Gpu::new(scope::now, scope::fatal))
}
