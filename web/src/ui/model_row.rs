//! The row of one model: its prediction, confidence, time and size, or the state of its weights.

use leptos::prelude::*;
use plot::format::{self, milliseconds, probability, thousands};
use protocol::WeightsFile;
use shared::ModelId;
use shared::model::PhotoClass;

use super::disclosure::Disclosure;
use super::picture_mark::PictureMark;
use super::probability_bars::ProbabilityBars;
use crate::contender::Contender;
use crate::dom::focus_section;
use crate::engine::{Engine, WeightsState};
use crate::requests::startup::load_weights;
use crate::state::AppState;
use crate::state::models::ModelPrediction;

#[component]
pub fn ModelRow(model: ModelId) -> impl IntoView {
    let app = expect_context::<AppState>();
    let state = app.models.state(model);
    let prediction = move || state.with(|m| m.prediction.clone());
    let contender = Contender::Model(model);
    let bytes = Memo::new(move |_| app.site.published(contender, |entry| entry.bytes));
    let progress = Memo::new(move |_| state.with(|m| progress(&m.weights, bytes.get())));
    let dissents = Memo::new(move |_| dissents(app, model));
    let known = Memo::new(move |_| is_known(app, model));
    let status = Memo::new(move |_| app.model_status(model));
    let is_open = RwSignal::new(false);
    let name = model.name();
    let details = format!("{name}-details");
    view! {
        <li
            class="row"
            class:dissents=move || dissents.get()
            class:unsure=move || known.get() == Some(false)
            data-testid="model"
            data-model=name
            data-state=move || status.get().name()
            data-label=move || prediction().map(|p| p.garment().label())
            data-confidence=move || prediction().map(|p| p.confidence().to_string())
            data-millis=move || {
                prediction().map(|p| (f64::from(p.timed.micros) / 1000.0).to_string())
            }
            data-micros=move || prediction().map(|p| p.timed.micros.to_string())
            data-bytes=move || bytes.get().map(|b| b.to_string())
            data-progress=move || progress.get().map(|p| format!("{p:.3}"))
            data-picture=move || prediction().map(|p| p.image.to_string())
            data-known=move || known.get().map(|known| if known { "true" } else { "false" })
            data-dissents=move || dissents.get().then_some("true")
            data-engine=move || prediction().map(|p| p.engine.name())
            aria-busy=move || if status.get().is_awaited() { "true" } else { "false" }
        >
            <div class="line">
                <Disclosure
                    is_open
                    testid="details"
                    controls=details.clone()
                    title=model.title()
                    hidden_title=": ten probabilities"
                />
                <PredictionOrWeights app model progress bytes/>
                <p class="time" prop:textContent=move || prediction().map(time)></p>
                <p class="size" prop:textContent=move || bytes.get().map(format::bytes)></p>
            </div>
            <div class="details" id=details.clone() hidden=move || !is_open.get()>
                <ProbabilityBars probabilities=Signal::derive(move || {
                    prediction().map(|p| p.timed.probabilities)
                })/>
                <div class="model-facts">
                    <p
                        class="small"
                        prop:textContent=move || facts(app, model, state.with(|m| m.weights.clone()))
                    ></p>
                    <p
                        class="small"
                        prop:textContent=move || {
                            prediction().map(|p| format!("Engine: {}.", p.engine.title()))
                        }
                    ></p>
                    <button
                        type="button"
                        class="link-button"
                        data-testid="why"
                        disabled=move || prediction().is_none()
                        on:click=move |_| show_explanation(app, model)
                    >
                        "Why this prediction?"
                    </button>
                </div>
            </div>
        </li>
    }
}

/// The prediction; until the weights are loaded, their state.
#[component]
fn PredictionOrWeights(
    app: AppState,
    model: ModelId,
    progress: Memo<Option<f64>>,
    bytes: Memo<Option<f64>>,
) -> impl IntoView {
    let state = app.models.state(model);
    let stage = Memo::new(move |_| state.with(|m| WeightsStage::from(&m.weights)));
    let load = move |_| load_weights(app, WeightsFile::Model(model));
    view! {
        <div class="prediction">
            {move || match stage.get() {
                WeightsStage::Ready => view! { <PredictionText app model/> }.into_any(),
                WeightsStage::Queued => {
                    view! { <p class="state">"Waiting to be loaded."</p> }.into_any()
                }
                WeightsStage::Absent => {
                    view! { <p class="state">"Not part of this build."</p> }.into_any()
                }
                WeightsStage::Deferred => {
                    view! {
                        <p class="state">
                            "Not loaded, to save data. "
                            <button type="button" class="link-button" data-testid="load" on:click=load>
                                <span prop:textContent=move || match bytes.get() {
                                    Some(bytes) => format!("Load {}", format::bytes(bytes)),
                                    None => "Load it".to_string(),
                                }></span>
                                <span class="visually-hidden">" for " {model.title()}</span>
                            </button>
                        </p>
                    }
                        .into_any()
                }
                WeightsStage::Loading => {
                    view! {
                        <p class="state loading">
                            <progress
                                aria-label=format!("Loading {}", model.title())
                                max="1"
                                value=move || progress.get().map(|p| p.to_string())
                            ></progress>
                            <span prop:textContent=move || {
                                state.with(|m| loaded(&m.weights, bytes.get()))
                            }></span>
                        </p>
                    }
                        .into_any()
                }
                WeightsStage::Failed(error) => {
                    view! {
                        <p class="state failed">
                            <span prop:textContent=error></span>
                            " "
                            <button type="button" class="link-button" data-testid="retry" on:click=load>
                                "Try again"
                                <span class="visually-hidden">" with " {model.title()}</span>
                            </button>
                        </p>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

#[component]
fn PredictionText(app: AppState, model: ModelId) -> impl IntoView {
    let state = app.models.state(model);
    let confidence = move || state.with(|m| m.prediction.as_ref().map(ModelPrediction::confidence));
    let predicted = Signal::derive(move || {
        let image = app.upload.image_number()?;
        let garment = state.with(|m| m.prediction_for(image).map(ModelPrediction::garment));
        garment.map(PhotoClass::Garment)
    });
    view! {
        <p class="label" class:placeholder=move || confidence().is_none()>
            <span prop:textContent=move || {
                state
                    .with(|m| match (&m.error, &m.prediction) {
                        (Some(_), _) => "No prediction".to_string(),
                        (None, Some(p)) if is_known(app, model) == Some(false) => {
                            format!("Closest: {}", p.garment())
                        }
                        (None, Some(prediction)) => prediction.garment().label().into(),
                        (None, None) if m.is_pending => "Classifying…".into(),
                        (None, None) => "Ready".into(),
                    })
            }></span>
            <span class="notes">
                <PictureMark predicted/>
                {move || {
                    dissents(app, model)
                        .then(|| view! { <span class="dissent-note">"differs from the vote"</span> })
                }}
            </span>
        </p>
        <p class="confidence">
            <span class="track" aria-hidden="true">
                <span style:width=move || {
                    format!("{:.2}%", confidence().unwrap_or_default() * 100.0)
                }></span>
            </span>
            <span class="number" prop:textContent=move || confidence().map(probability)></span>
        </p>
    }
}

/// [`WeightsState`] without its counts, so that a row is not built anew with every byte.
#[derive(Clone, PartialEq)]
enum WeightsStage {
    Queued,
    Deferred,
    Loading,
    Ready,
    Absent,
    Failed(String),
}

impl From<&WeightsState> for WeightsStage {
    fn from(weights: &WeightsState) -> Self {
        match weights {
            WeightsState::Queued => Self::Queued,
            WeightsState::Deferred => Self::Deferred,
            WeightsState::Loading(_) => Self::Loading,
            WeightsState::Ready(_) => Self::Ready,
            WeightsState::Absent => Self::Absent,
            WeightsState::Failed(error) => Self::Failed(error.clone()),
        }
    }
}

/// How much of the weights file is loaded, 0 to 1.
fn progress(weights: &WeightsState, expected: Option<f64>) -> Option<f64> {
    match (weights, expected) {
        (WeightsState::Loading(bytes), Some(expected)) if expected > 0.0 => {
            Some((f64::from(*bytes) / expected).min(1.0))
        }
        _ => None,
    }
}

/// The same in words.
fn loaded(weights: &WeightsState, expected: Option<f64>) -> String {
    match (weights, expected) {
        (WeightsState::Loading(bytes), Some(expected)) => format!(
            "{} of {}",
            format::bytes(f64::from(*bytes)),
            format::bytes(expected)
        ),
        _ => "Loading…".to_string(),
    }
}

/// Whether the model's prediction for the image differs from the ensemble's.
fn dissents(app: AppState, model: ModelId) -> bool {
    app.ensemble_prediction()
        .is_some_and(|prediction| prediction.is_opposed_by(model))
}

/// Whether the image that the model has classified can be one of the ten classes; `None` before that is checked.
fn is_known(app: AppState, model: ModelId) -> Option<bool> {
    let photo = app.upload.photo_number()?;
    let state = app.models.state(model);
    let is_of_photo = state.with(|m| m.prediction.as_ref().is_some_and(|p| p.image >= photo));
    app.is_accepted().filter(|_| is_of_photo)
}

fn time(prediction: ModelPrediction) -> String {
    let time = milliseconds(prediction.timed.micros);
    match prediction.engine {
        Engine::Cpu => time,
        Engine::WebGpu => format!("{time} (GPU)"),
    }
}

/// Explains the model's own prediction, and moves the focus to the explanation.
fn show_explanation(app: AppState, model: ModelId) {
    app.explanation.set_class(None);
    app.explanation.set_model(model);
    focus_section("reasons");
}

/// The model's number of parameters and its test accuracy.
fn facts(app: AppState, model: ModelId, weights: WeightsState) -> String {
    let contender = Contender::Model(model);
    let loaded = match weights {
        WeightsState::Ready(parameters) => Some(f64::from(parameters)),
        _ => None,
    };
    let parameters = app.site.published(contender, |e| e.parameters).or(loaded);
    let parameters = parameters.map(|p| format!("{} parameters", thousands(p as u64)));
    let accuracy = app
        .site
        .published(contender, |e| e.accuracy)
        .map(|a| format!("test accuracy {}", format::percent(a)));
    let facts: Vec<_> = parameters.into_iter().chain(accuracy).collect();
    facts.join(" · ")
}
