//! The view inside a network: its layers as pictures, how each value is computed, and the way from the logits to the probabilities. Its code
//! is downloaded when a visitor opens it.

mod cell_markup;
mod cell_view;
mod map_view;
mod panel;
mod probabilities;
mod strip;
mod tones;
mod words;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::lazy_part::{Draw, Loading};
use panel::Panel;

/// Downloads the code of the view.
pub fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(inside, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <Panel/> }.into_any())
}
