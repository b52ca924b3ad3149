//! One model's row: verdict, confidence, time, bytes, state; the ten bars on demand.

use leptos::prelude::*;
use plot::format::{self, milliseconds, thousands};
use shared::ModelId;

use super::said::{Said, dissents};
use crate::contender::Contender;
use crate::engine::{Engine, WeightsState};
use crate::state::models::{Answer, Model};
use crate::state::page::Page;
use crate::ui::probability_bars::Bars;

#[component]
pub fn ModelRow(model: ModelId) -> impl IntoView {
    let page = expect_context::<Page>();
    let signal = page.model(model);
    let answer = move || signal.with(|m| m.answer.clone());
    let bytes = Memo::new(move |_| bytes(page, model));
    let progress = Memo::new(move |_| signal.with(|m| progress(&m.weights, bytes.get())));
    let dissents = Memo::new(move |_| dissents(page, model));
    let state = Memo::new(move |_| page.state(model));
    let open = RwSignal::new(false);
    let name = model.name();
    let details = format!("{name}-details");
    view! {
        <li
            class="row"
            class:dissents=move || dissents.get()
            data-testid="model"
            data-model=name
            data-state=move || state.get().name()
            data-label=move || answer().map(|a| a.garment().label())
            data-confidence=move || answer().map(|a| a.confidence().to_string())
            data-millis=move || answer().map(|a| (f64::from(a.verdict.micros) / 1000.0).to_string())
            data-micros=move || answer().map(|a| a.verdict.micros.to_string())
            data-bytes=move || bytes.get().map(|b| b.to_string())
            data-progress=move || progress.get().map(|p| format!("{p:.3}"))
            data-picture=move || answer().map(|a| a.picture.to_string())
            data-known=move || known(page, answer().map(|a| a.picture))
            data-dissents=move || dissents.get().then_some("true")
            data-engine=move || answer().map(|a| a.engine.name())
            aria-busy=move || if state.get().is_to_come() { "true" } else { "false" }
        >
            <div class="line">
                <button
                    type="button"
                    class="opener"
                    data-testid="details"
                    aria-expanded=move || if open.get() { "true" } else { "false" }
                    aria-controls=details.clone()
                    on:click=move |_| open.update(|o| *o = !*o)
                >
                    <span class="chevron" aria-hidden="true"></span>
                    <span>{model.title()}</span>
                    <span class="unseen">": ten probabilities"</span>
                </button>
                <Said page model progress bytes/>
                <p class="time">{move || answer().map(time)}</p>
                <p class="size">{move || bytes.get().map(format::bytes)}</p>
            </div>
            <div class="details" id=details.clone() hidden=move || !open.get()>
                <Bars probabilities=Signal::derive(move || answer().map(|a| a.verdict.probabilities))/>
                <div class="asides">
                    <p class="small">{move || facts(page, model, &signal.get())}</p>
                    <p class="small">
                        {move || answer().map(|a| format!("Answered by the {}.", a.engine.title()))}
                    </p>
                    <button
                        type="button"
                        class="plain"
                        data-testid="why"
                        disabled=move || answer().is_none()
                        on:click=move |_| why(page, model)
                    >
                        "Why this answer?"
                    </button>
                </div>
            </div>
        </li>
    }
}

/// The hook for whether the answered picture may be one of the ten.
fn known(page: Page, picture: Option<u32>) -> Option<&'static str> {
    let (number, known) = page.recognised.get()?;
    (picture == Some(number)).then_some(if known { "true" } else { "false" })
}

/// What the manifest says that the file weighs.
fn bytes(page: Page, model: ModelId) -> Option<f64> {
    page.facts.with(|facts| {
        let facts = facts
            .iter()
            .find(|f| f.contender == Contender::Model(model));
        facts.and_then(|f| f.bytes)
    })
}

/// How much of the file is here, 0 to 1.
fn progress(weights: &WeightsState, expected: Option<f64>) -> Option<f64> {
    match (weights, expected) {
        (WeightsState::Loading(bytes), Some(expected)) if expected > 0.0 => {
            Some((f64::from(*bytes) / expected).min(1.0))
        }
        _ => None,
    }
}

fn time(answer: Answer) -> String {
    let time = milliseconds(answer.verdict.micros);
    match answer.engine {
        Engine::Cpu => time,
        Engine::WebGpu => format!("{time} (GPU)"),
    }
}

/// Shows the model's reasons for its own answer, and goes there.
fn why(page: Page, model: ModelId) {
    page.asked_class.set(None);
    page.asked_model.set(model);
    if let Some(reasons) = document().get_element_by_id("reasons") {
        reasons.scroll_into_view();
    }
}

/// How large the model is, and how good on the test set, as far as that is known.
fn facts(page: Page, model: ModelId, state: &Model) -> String {
    page.facts.with(|facts| {
        let facts = facts
            .iter()
            .find(|f| f.contender == Contender::Model(model));
        let loaded = match state.weights {
            WeightsState::Ready(parameters) => Some(f64::from(parameters)),
            _ => None,
        };
        let parameters = facts.and_then(|f| f.parameters).or(loaded);
        let parameters = parameters.map(|p| format!("{} parameters", thousands(p as u64)));
        let accuracy = facts
            .and_then(|f| f.accuracy)
            .map(|a| format!("test accuracy {:.2}%", a * 100.0));
        let known: Vec<_> = parameters.into_iter().chain(accuracy).collect();
        known.join(" · ")
    })
}
