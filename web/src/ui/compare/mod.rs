//! The comparison of the seven models: test metrics, cost in this browser, confusion matrices and training curves.

pub mod columns;
pub mod matrix;
pub mod metrics_file;

mod comparison_table;
mod confusion_matrix;
mod cost_plot;
mod measure_latency;
mod observers;
mod section;
mod training_curves;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::lazy_part::{Draw, Loading};
use section::Compare;

/// Downloads the code of the comparison.
pub fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(compare, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <Compare/> }.into_any())
}
