//! What a row says of its model's answer: the verdict and how sure it is or, until there can be one, what it waits for.

use leptos::prelude::*;
use plot::format::{self, probability};
use shared::ModelId;

use crate::engine::WeightsState;
use crate::state::page::Page;

#[component]
pub fn Said(
    page: Page,
    model: ModelId,
    progress: Memo<Option<f64>>,
    bytes: Memo<Option<f64>>,
) -> impl IntoView {
    let signal = page.model(model);
    let stage = Memo::new(move |_| signal.with(|m| Stage::of(&m.weights)));
    let again = move |_| page.fetch_weights(model);
    view! {
        <div class="answer">
            {move || match stage.get() {
                Stage::Ready => view! { <Verdict page model/> }.into_any(),
                Stage::Queued => {
                    view! { <p class="state">"Waits for its turn to load."</p> }.into_any()
                }
                Stage::Absent => {
                    view! { <p class="state">"Not part of this build."</p> }.into_any()
                }
                Stage::Deferred => {
                    view! {
                        <p class="state">
                            "Not loaded, to save data. "
                            <button type="button" class="plain" data-testid="load" on:click=again>
                                {move || match bytes.get() {
                                    Some(bytes) => format!("Load {}", format::bytes(bytes)),
                                    None => "Load it".to_string(),
                                }}
                                <span class="unseen">" for " {model.title()}</span>
                            </button>
                        </p>
                    }
                        .into_any()
                }
                Stage::Loading => {
                    view! {
                        <p class="state loading">
                            <progress
                                aria-label=format!("Loading {}", model.title())
                                max="1"
                                value=move || progress.get().map(|p| p.to_string())
                            ></progress>
                            <span>{move || signal.with(|m| arrived(&m.weights, bytes.get()))}</span>
                        </p>
                    }
                        .into_any()
                }
                Stage::Failed(sentence) => {
                    view! {
                        <p class="state failed">
                            {sentence} " "
                            <button type="button" class="plain" data-testid="retry" on:click=again>
                                "Try again"
                                <span class="unseen">" with " {model.title()}</span>
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
fn Verdict(page: Page, model: ModelId) -> impl IntoView {
    let signal = page.model(model);
    let answer = move || signal.with(|m| m.answer.clone());
    view! {
        <p class="label" class:blank=move || answer().is_none()>
            {move || {
                signal
                    .with(|m| match (&m.failure, &m.answer) {
                        (Some(_), _) => "No answer",
                        (None, Some(answer)) => answer.garment().label(),
                        (None, None) if m.pending => "Answering…",
                        (None, None) => "Ready",
                    })
            }}
            {move || {
                dissents(page, model)
                    .then(|| view! { <span class="mark-dissent">"against the vote"</span> })
            }}
        </p>
        <p class="sure">
            <span class="track" aria-hidden="true">
                <span style:width=move || {
                    format!("{:.2}%", answer().map_or(0.0, |a| a.confidence()) * 100.0)
                }></span>
            </span>
            <span class="number">{move || answer().map(|a| probability(a.confidence()))}</span>
        </p>
    }
}

/// [`WeightsState`] without their counts, so that a row is not drawn anew with every byte.
#[derive(Clone, PartialEq)]
enum Stage {
    Queued,
    Deferred,
    Loading,
    Ready,
    Absent,
    Failed(String),
}

impl Stage {
    fn of(weights: &WeightsState) -> Self {
        match weights {
            WeightsState::Queued => Self::Queued,
            WeightsState::Deferred => Self::Deferred,
            WeightsState::Loading(_) => Self::Loading,
            WeightsState::Ready(_) => Self::Ready,
            WeightsState::Absent => Self::Absent,
            WeightsState::Failed(sentence) => Self::Failed(sentence.clone()),
        }
    }
}

fn arrived(weights: &WeightsState, expected: Option<f64>) -> String {
    match (weights, expected) {
        (WeightsState::Loading(bytes), Some(expected)) => format!(
            "{} of {}",
            format::bytes(f64::from(*bytes)),
            format::bytes(expected)
        ),
        _ => "Loading…".to_string(),
    }
}

/// Whether the model says something else than the vote, of the picture on show.
pub fn dissents(page: Page, model: ModelId) -> bool {
    page.count().is_some_and(|count| {
        let garment = count.garment();
        count.said.iter().any(|(m, g)| *m == model && *g != garment)
    })
}
