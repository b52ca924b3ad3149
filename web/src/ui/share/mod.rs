//! Passing a result on: its link, and pictures of the result and of the heat map.

mod buttons;
mod card;
mod drawing;
mod heat_map_figure;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::lazy_part::{Draw, Loading};
use buttons::ShareButtons;
use heat_map_figure::SaveHeatMap;

/// Downloads the code of the buttons for the result.
pub fn load() -> Loading {
    Box::pin(draw())
}

/// Downloads the code of the button for the heat map.
pub fn load_heat_map() -> Loading {
    Box::pin(draw_heat_map())
}

#[wasm_split(share, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <ShareButtons/> }.into_any())
}

#[wasm_split(share, fallible)]
fn draw_heat_map() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <SaveHeatMap/> }.into_any())
}
