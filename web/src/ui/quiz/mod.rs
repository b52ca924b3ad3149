//! The quiz: the visitor classifies twenty test images, and the result is compared with people's and each model's.

mod game;
mod images;
mod keys;
mod missed;
mod result;
mod section;
mod standings;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::lazy_part::{Draw, Loading};
use section::Quiz;

/// Downloads the code of the quiz.
pub fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(quiz, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <Quiz/> }.into_any())
}
