//! The editor of a visitor's image: advice, the preprocessing steps, and the tools to crop, rotate, invert and mask it.

mod advice;
mod advice_panel;
mod controls;
mod crop;
mod drawing_surface;
mod mask_outline;
mod photo_editor;
mod pixel_editor;
mod rotation;
mod steps;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::lazy_part::{Draw, Loading};
use photo_editor::ImageEditor;

/// Downloads the code of the editor.
pub fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(editor, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <ImageEditor/> }.into_any())
}
