//! The test images behind the figures: lists of them by prediction, two images side by side, reliability diagrams, and the metrics
//! of each class.
//!
//! A part of its own: the rest of the page calls [`load`] only.

mod calibration;
mod class_metrics;
mod confidences;
mod filters;
mod image_list;
mod panel;
mod selection;
mod side_by_side;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::lazy_part::{Draw, Loading};
use panel::TestImages;

/// Downloads the code of this part. It is shown in the comparison, from which it gets the metrics files.
pub fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(test_images, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <TestImages/> }.into_any())
}
