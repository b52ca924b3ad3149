//! The painting as a whole: the surface with its tools, the answers beside it, and the smallest changes below. Undo and redo have
//! their usual keys.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::answers::Answers;
use super::smallest_changes::SmallestChanges;
use super::surface::Surface;
use super::tools::{Tools, redo, undo};
use crate::state::AppState;

/// The grey level of the brush at first: light, as the garments of the data set are.
const LEVEL: u8 = 200;
/// The diameter of the brush at first, in cells.
const SIZE: u8 = 3;

#[component]
pub fn Panel() -> impl IntoView {
    let app = expect_context::<AppState>();
    let (erases, level, size) = (
        RwSignal::new(false),
        RwSignal::new(LEVEL),
        RwSignal::new(SIZE),
    );
    let key_down = move |event: KeyboardEvent| {
        if !(event.ctrl_key() || event.meta_key()) || event.alt_key() {
            return;
        }
        match (event.key().to_ascii_lowercase().as_str(), event.shift_key()) {
            ("z", false) => undo(app),
            ("z", true) | ("y", false) => redo(app),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <div class="paint" on:keydown=key_down>
            <p class="small">
                "What you paint becomes the page's image: the headline, the models and the reasons answer it. Reset brings the original back."
            </p>
            <div class="paint-columns">
                <div class="paint-tools">
                    <Surface erases level size/>
                    <Tools erases level size/>
                </div>
                <Answers/>
            </div>
            <SmallestChanges/>
        </div>
    }
}
