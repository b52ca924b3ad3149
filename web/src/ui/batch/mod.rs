//! The table of a batch of files, its evaluation, and the export of both.

mod csv;
mod evaluation;
mod evaluation_view;
mod json;
mod order;
mod panel;
mod row;
mod save;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::lazy_part::{Draw, LazyPart, Loading};
use crate::state::AppState;

/// Shown while there is a batch.
#[component]
pub fn BatchTable() -> impl IntoView {
    let app = expect_context::<AppState>();
    let current = app.batch.current();
    // A new batch begins with an own order, page and list of corrections.
    move || {
        let batch = current.get();
        batch.map(|_| view! { <LazyPart name="The table of your images" load/> })
    }
}

/// Downloads the code of the table.
fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(batch, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| panel::panel(expect_context::<AppState>()).into_any())
}
