//! The whole view: the choice of the network, its layers, the chosen map with the parts of a value, and the probabilities.

use leptos::prelude::*;
use shared::ModelId;

use super::cell_view::CellView;
use super::map_view::MapView;
use super::probabilities::Probabilities;
use super::strip::Strip;
use super::words;
use crate::requests;
use crate::state::AppState;
use crate::state::inside::InsideState;

#[component]
pub fn Panel() -> impl IntoView {
    let app = expect_context::<AppState>();
    let inside = InsideState::default();
    requests::inside::watch(app, inside);
    let model = inside.model();
    let shown = inside.shown();
    let lead = move || {
        shown.with(|shown| {
            let shown = shown.as_ref().filter(|s| s.model == model.get());
            match shown {
                Some(s) => words::lead(s.model, &s.network),
                None if app.models.is_ready(model.get()) => "The layers are being computed.".into(),
                None => format!("{} is not loaded yet.", model.get().title()),
            }
        })
    };
    view! {
        <div
            class="inside"
            data-testid="inside"
            data-model=move || shown.with(|s| s.as_ref().map(|s| s.model.name()))
            data-picture=move || shown.with(|s| s.as_ref().map(|s| s.image.number))
        >
            <label class="choice">
                <span class="small">"Network"</span>
                <select
                    data-testid="inside-model"
                    prop:value=move || model.get().name()
                    on:change=move |event| {
                        if let Some(model) = ModelId::from_name(&event_target_value(&event)) {
                            inside.set_model(model);
                        }
                    }
                >
                    {ModelId::DEEP
                        .map(|m| view! { <option value=m.name()>{m.title()}</option> })
                        .collect_view()}
                </select>
            </label>
            <p role="status" prop:textContent=lead></p>
            <Strip inside/>
            <p class="small" prop:textContent=move || {
                shown.with(|s| s.as_ref().map(|s| words::batch_norms(s.model)))
            }></p>
            <Show when=move || shown.with(Option::is_some)>
                <div class="inside-map">
                    <MapView inside/>
                    <CellView inside/>
                </div>
                <Probabilities inside/>
            </Show>
        </div>
    }
}
