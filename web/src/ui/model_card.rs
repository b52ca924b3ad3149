//! One model's verdict: label, confidence, ten probabilities, time.

use leptos::prelude::*;
use shared::{Garment, ModelId};

use super::answer::{Model, Weights};
use super::figures::{milliseconds, percent, thousands};
use super::page::Page;

#[component]
pub fn ModelCard(model: ModelId) -> impl IntoView {
    let page = expect_context::<Page>();
    let signal = page.model(model);
    let answer = move || signal.with(|m| m.answer.clone());
    let heading = format!("{}-title", model.name());
    view! {
        <article
            class="card"
            data-testid="model"
            data-model=model.name()
            data-state=move || page.state(model).name()
            data-label=move || answer().map(|a| a.garment().label())
            data-confidence=move || answer().map(|a| a.confidence().to_string())
            data-millis=move || answer().map(|a| (f64::from(a.verdict.micros) / 1000.0).to_string())
            data-picture=move || answer().map(|a| a.picture.to_string())
            aria-labelledby=heading.clone()
            aria-busy=move || if page.state(model).name() == "loading" { "true" } else { "false" }
        >
            <header>
                <h3 id=heading.clone()>{model.title()}</h3>
                <p class="small">{move || facts(page, model, &signal.get())}</p>
            </header>
            <p class="verdict">
                <span class="label">{move || headline(&signal.get())}</span>
                <span class="figures">
                    {move || {
                        answer()
                            .map(|a| {
                                view! {
                                    <span>{percent(a.confidence())}</span>
                                    <span>{milliseconds(a.verdict.micros)} " on " {a.engine.title()}</span>
                                }
                            })
                    }}
                </span>
            </p>
            <ol class="bars" aria-label="Probabilities">
                {Garment::ALL
                    .map(|garment| {
                        let share = Memo::new(move |_| {
                            signal.with(|m| m.probabilities()[garment.index()])
                        });
                        let leads = move || answer().is_some_and(|a| a.garment() == garment);
                        view! {
                            <li class:leads=leads>
                                <span class="name">{garment.label()}</span>
                                <span class="track" aria-hidden="true">
                                    <span style:width=move || {
                                        format!("{:.2}%", share.get() * 100.0)
                                    }></span>
                                </span>
                                <span class="number">
                                    {move || match signal.with(|m| m.answer.is_some()) {
                                        true => percent(share.get()),
                                        false => "–".to_string(),
                                    }}
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </article>
    }
}

fn headline(model: &Model) -> String {
    match (&model.weights, &model.answer) {
        (Weights::Failed(sentence), _) => sentence.clone(),
        (_, Some(answer)) => answer.garment().label().to_string(),
        (Weights::Loading, None) => "Loading its weights…".to_string(),
        (Weights::Ready(_), None) => "Ready".to_string(),
    }
}

/// How large the model is, and how good on the test set, as far as that is known.
fn facts(page: Page, model: ModelId, state: &Model) -> String {
    page.facts.with(|facts| {
        let facts = facts.iter().find(|f| f.model == model);
        let parameters = match state.weights {
            Weights::Ready(parameters) => Some(f64::from(parameters)),
            _ => facts.and_then(|f| f.parameters),
        };
        let parameters = parameters.map(|p| format!("{} parameters", thousands(p as u64)));
        let accuracy = facts
            .and_then(|f| f.accuracy)
            .map(|a| format!("test accuracy {:.2}%", a * 100.0));
        let known: Vec<_> = parameters.into_iter().chain(accuracy).collect();
        known.join(" · ")
    })
}
