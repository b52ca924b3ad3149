//! Painting on the 28x28 image: the surface and its tools, what the models answer meanwhile, and the smallest changes that were found.
//! Its code is downloaded when a visitor opens it.

mod answers;
mod brush;
mod disclosure;
mod panel;
mod smallest_changes;
mod surface;
mod tools;
mod transform;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::lazy_part::{Draw, Loading};
pub use disclosure::PaintDisclosure;
use panel::Panel;

/// Downloads the code of the panel.
fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(paint, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <Panel/> }.into_any())
}
