//! The whole view: the choice of the model, and what is computed inside it.

use leptos::prelude::*;
use shared::ModelId;

use super::features_view::FeaturesView;
use super::network_view::NetworkView;
use crate::requests;
use crate::state::AppState;
use crate::state::inside::InsideState;
use crate::ui::ensemble_text::name_in_sentence;

#[component]
pub fn Panel() -> impl IntoView {
    let app = expect_context::<AppState>();
    let inside = InsideState::default();
    requests::inside::watch(app, inside);
    let model = inside.model();
    // The model and the image that are shown.
    let shown = Memo::new(move |_| {
        let chosen = model.get();
        let layers = inside
            .shown()
            .with(|s| s.as_ref().map(|s| (s.model, s.image.number)));
        let features = inside
            .features()
            .with(|s| s.as_ref().map(|s| (s.model, s.image.number)));
        let found = if chosen.is_deep() { layers } else { features };
        found.filter(|(model, _)| *model == chosen)
    });
    let is_deep = Memo::new(move |_| model.get().is_deep());
    let waiting = move || match (shown.get(), model.get()) {
        (Some(_), _) => String::new(),
        (None, chosen) if app.models.is_ready(chosen) => {
            format!(
                "The steps of {} are being computed.",
                name_in_sentence(chosen)
            )
        }
        (None, chosen) => format!("{} is not loaded yet.", chosen.title()),
    };
    view! {
        <div
            class="inside"
            data-testid="inside"
            data-model=move || shown.get().map(|(model, _)| model.name())
            data-picture=move || shown.get().map(|(_, image)| image)
        >
            <label class="choice">
                <span class="small">"Model"</span>
                <select
                    data-testid="inside-model"
                    prop:value=move || model.get().name()
                    on:change=move |event| {
                        if let Some(model) = ModelId::from_name(&event_target_value(&event)) {
                            inside.set_model(model);
                        }
                    }
                >
                    {ModelId::ALL
                        .map(|m| view! { <option value=m.name()>{m.title()}</option> })
                        .collect_view()}
                </select>
            </label>
            <p role="status" class="waiting" prop:textContent=waiting></p>
            {move || {
                if is_deep.get() {
                    view! { <NetworkView inside/> }.into_any()
                } else {
                    view! { <FeaturesView inside/> }.into_any()
                }
            }}
        </div>
    }
}
