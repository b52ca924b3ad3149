//! The models' reasons side by side: its code is downloaded when a visitor opens it.

mod own_reason;
mod panel;
mod signed_map;
mod thumbnails;
mod trust;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::ui::lazy_part::{Draw, Loading};
use panel::Panel;

/// Downloads the code of the panel.
pub fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(reasons, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <Panel/> }.into_any())
}
