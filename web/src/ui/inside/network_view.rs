//! The view inside a network: its layers, the chosen map with the parts of a value, and the probabilities.

use leptos::prelude::*;

use super::cell_view::CellView;
use super::map_view::MapView;
use super::probabilities::{Probabilities, Scores};
use super::strip::Strip;
use super::words;
use crate::state::inside::InsideState;

#[component]
pub fn NetworkView(inside: InsideState) -> impl IntoView {
    let shown = inside.shown();
    let scores = Signal::derive(move || {
        shown.with(|s| {
            s.as_ref().map(|s| Scores {
                name: "Logit",
                scores: s.network.logits,
                temperature: s.network.temperature,
                probabilities: s.network.probabilities,
            })
        })
    });
    view! {
        <p prop:textContent=move || {
            shown.with(|s| s.as_ref().map(|s| words::lead(s.model, &s.network)))
        }></p>
        <Strip inside/>
        <p class="small" prop:textContent=move || {
            shown.with(|s| s.as_ref().map(|s| words::batch_norms(s.model)))
        }></p>
        <Show when=move || shown.with(Option::is_some)>
            <div class="inside-map">
                <MapView inside/>
                <CellView inside/>
            </div>
            <Probabilities scores/>
        </Show>
    }
}
