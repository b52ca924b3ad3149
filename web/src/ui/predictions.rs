//! The predictions: the combined answer beside the image, and a row for each model.

use leptos::prelude::*;
use plot::format::milliseconds;
use shared::ModelId;

use super::ensemble_panel::EnsemblePanel;
use super::ensemble_text;
use super::model_row::ModelRow;
use super::photo_network_panel::PhotoNetworkPanel;
use crate::state::AppState;

/// What the answer is combined from: the photo network's prediction, for a photo, and the ensemble's.
#[component]
pub fn CombinedAnswer() -> impl IntoView {
    let app = expect_context::<AppState>();
    view! {
        <p
            class="visually-hidden"
            aria-live="polite"
            prop:textContent=move || ensemble_text::announcement(app)
        ></p>
        <PhotoNetworkPanel/>
        <EnsemblePanel/>
    }
}

#[component]
pub fn Predictions() -> impl IntoView {
    let app = expect_context::<AppState>();
    // Every classical model's prediction has the time of the features, which they share.
    let features_micros = move || {
        ModelId::CLASSICAL.into_iter().find_map(|model| {
            let state = app.models.state(model);
            state.with(|m| m.prediction.as_ref().and_then(|p| p.timed.features_micros))
        })
    };
    view! {
        <section id="verdicts" aria-labelledby="verdict-title">
            <h2 id="verdict-title" class="visually-hidden">"The predictions of the seven models"</h2>
            <div class="model-table">
                <p class="line column-titles" aria-hidden="true">
                    <span>"Model"</span>
                    <span>"Prediction"</span>
                    <span>"Confidence"</span>
                    <span class="time">"Time"</span>
                    <span class="size">"Size"</span>
                </p>
                <ul class="rows">
                    {ModelId::ALL.map(|model| view! { <ModelRow model/> })}
                </ul>
                <p class="small features-note" data-testid="features" data-micros=move || {
                    features_micros().map(|m| m.to_string())
                }>
                    "The four classical models use features of the image, which are computed once for all of them"
                    <span prop:textContent=move || {
                        features_micros().map(|m| format!(" in {}", milliseconds(m)))
                    }></span>
                    "."
                </p>
            </div>
        </section>
    }
}
