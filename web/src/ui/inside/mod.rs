//! The view inside a model: a network's layers as pictures and how each value is computed, a classical model's features, and the way from
//! the scores to the probabilities. Its code is downloaded when a visitor opens it.

mod cell_markup;
mod cell_view;
mod features_view;
mod gradients;
mod map_view;
mod network_view;
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
