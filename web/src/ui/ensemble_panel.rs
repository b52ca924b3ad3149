//! The ensemble's prediction, beside the image.

use leptos::prelude::*;
use plot::format::probability;
use protocol::WeightsFile;
use shared::model::ensemble;

use super::contributions::Contributions;
use super::disclosure::Disclosure;
use super::ensemble_text::{not_sure, votes};
use super::probability_bars::ProbabilityBars;
use crate::engine::WeightsState;
use crate::requests::startup::load_weights;
use crate::state::AppState;
use crate::state::models::ModelStatus;

#[component]
pub fn EnsemblePanel() -> impl IntoView {
    let app = expect_context::<AppState>();
    let prediction = Memo::new(move |_| app.ensemble_prediction());
    let status = Memo::new(move |_| status(app));
    let weights = app.ensemble.weights();
    let is_open = RwSignal::new(false);
    view! {
        <div
            class="ensemble"
            class:unsure=move || app.is_accepted() == Some(false)
            data-testid="vote"
            data-model=ensemble::NAME
            data-state=move || status.get().name()
            data-label=move || prediction.get().map(|p| p.garment().label())
            data-confidence=move || prediction.get().map(|p| p.confidence().to_string())
            data-answered=move || prediction.get().map_or(0, |p| p.members.len()).to_string()
            data-agree=move || prediction.get().map_or(0, |p| p.agreeing()).to_string()
            data-known=move || app.is_accepted().map(|known| if known { "true" } else { "false" })
            data-picture=move || prediction.get().map(|p| p.image.to_string())
            aria-busy=move || if status.get().is_awaited() { "true" } else { "false" }
        >
            <div class="result">
                <h3 id="vote-title">{ensemble::TITLE}</h3>
                <p
                    class="label"
                    class:placeholder=move || prediction.get().is_none()
                    prop:textContent=move || match (weights.get(), prediction.get()) {
                        (WeightsState::Failed(_), _) => "The vote is not available".into(),
                        (WeightsState::Absent, _) => {
                            "The vote is not part of this build".to_string()
                        }
                        (_, Some(prediction)) if app.is_accepted() == Some(false) => not_sure(prediction.garment()),
                        (_, Some(prediction)) => prediction.garment().label().into(),
                        (_, None) => "No predictions yet".into(),
                    }
                ></p>
                <p class="confidence">
                    <span class="track" aria-hidden="true">
                        <span style:width=move || {
                            format!("{:.2}%", prediction.get().map_or(0.0, |p| p.confidence()) * 100.0)
                        }></span>
                    </span>
                    <span
                        class="number"
                        prop:textContent=move || prediction.get().map(|p| probability(p.confidence()))
                    ></span>
                </p>
            </div>
            <Show when=move || app.is_accepted() == Some(false)>
                <p class="unknown" data-testid="unknown">
                    "The image differs from everything in the training data, so the predictions are not reliable."
                </p>
            </Show>
            <Show when=move || app.unchecked().is_some()>
                <p class="unchecked">"Could not check whether this is one of the ten classes."</p>
            </Show>
            <p class="agreement">
                <span prop:textContent=move || match (weights.get(), prediction.get()) {
                    (WeightsState::Failed(error), _) => error,
                    (WeightsState::Absent, _) => "The predictions below are not combined.".to_string(),
                    (_, Some(p)) => votes(p.garment(), &p.members, app.missing_members(&p)),
                    (_, None) => {
                        "The ensemble of all seven models: their probabilities, combined with weights."
                            .to_string()
                    }
                }></span>
                <Show when=move || matches!(weights.get(), WeightsState::Failed(_))>
                    " "
                    <button
                        type="button"
                        class="link-button"
                        data-testid="retry-vote"
                        on:click=move |_| load_weights(app, WeightsFile::Ensemble)
                    >
                        "Try again"
                    </button>
                </Show>
            </p>
            <Disclosure
                is_open
                testid="vote-details"
                controls="vote-details"
                title="Ten probabilities, and what each model adds"
            />
            <div class="details" id="vote-details" hidden=move || !is_open.get()>
                <Contributions prediction/>
                <ProbabilityBars probabilities=Signal::derive(move || {
                    prediction.get().map(|p| p.probabilities)
                })/>
            </div>
        </div>
    }
}

/// The ensemble's status. It is ready when its prediction includes all that come without a request by the visitor.
fn status(app: AppState) -> ModelStatus {
    match app.ensemble.weights().get() {
        WeightsState::Absent => ModelStatus::Absent,
        WeightsState::Failed(_) => ModelStatus::Error,
        WeightsState::Queued | WeightsState::Deferred => ModelStatus::Waiting,
        WeightsState::Loading(_) => ModelStatus::Loading,
        WeightsState::Ready(_) => {
            let image = app.upload.image_number();
            let is_complete = match app.ensemble_prediction() {
                None => image.is_none(),
                Some(p) => {
                    image == Some(p.image)
                        && app.awaited() == 0
                        && p.members.len() == app.predicted()
                }
            };
            if is_complete {
                ModelStatus::Ready
            } else {
                ModelStatus::Answering
            }
        }
    }
}
