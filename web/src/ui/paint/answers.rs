//! What the vote and the models answer while the visitor paints, and ticks where their bars were for the original.

use leptos::prelude::*;
use plot::format::probability;
use shared::garment::CLASSES;
use shared::model::argmax;
use shared::{Garment, ModelId};

use crate::contender::Contender;
use crate::requests::painting::painted_from;
use crate::state::AppState;
use crate::ui::ensemble_text;

type Probabilities = Memo<Option<[f32; CLASSES]>>;

/// The vote first, as on the page.
fn contenders() -> impl Iterator<Item = Contender> {
    let models = ModelId::ALL.into_iter().map(Contender::Model);
    [Contender::Vote].into_iter().chain(models)
}

/// The latest probabilities for the image or for its version before.
fn now(app: AppState, contender: Contender) -> Option<[f32; CLASSES]> {
    match contender {
        Contender::Vote => app.ensemble_prediction().map(|p| p.probabilities),
        Contender::Model(model) => {
            let photo = app.upload.photo_number()?;
            let state = app.models.state(model);
            state.with(|m| {
                let prediction = m.prediction.as_ref().filter(|p| p.image >= photo)?;
                Some(prediction.timed.probabilities)
            })
        }
    }
}

/// The probabilities for the original, if something is painted.
fn before(app: AppState, contender: Contender) -> Option<[f32; CLASSES]> {
    let original = painted_from(app)?;
    match contender {
        Contender::Vote => original.ensemble,
        Contender::Model(model) => original.probabilities(model),
    }
}

#[component]
pub fn Answers() -> impl IntoView {
    let app = expect_context::<AppState>();
    let chosen = RwSignal::new(Contender::Vote);
    let is_painted = Memo::new(move |_| painted_from(app).is_some());
    view! {
        <div class="paint-answers">
            <p class="paint-headline" data-testid="paint-headline" prop:textContent=move || {
                ensemble_text::headline(app)
            }></p>
            <ul class="paint-rows">
                {contenders().map(|contender| view! { <Row contender/> }).collect_view()}
            </ul>
            <p class="small" prop:textContent=move || {
                if is_painted.get() {
                    "The line across a bar: the same class's probability for the original."
                } else {
                    "The bars follow while you paint. A line across a bar will show the original."
                }
            }></p>
            <label class="choice">
                <span class="small">"Ten probabilities of"</span>
                <select
                    data-testid="paint-bars"
                    on:change=move |event| {
                        let name = event_target_value(&event);
                        if let Some(contender) = Contender::from_name(&name) {
                            chosen.set(contender);
                        }
                    }
                >
                    {contenders()
                        .map(|c| view! { <option value=c.name()>{c.title()}</option> })
                        .collect_view()}
                </select>
            </label>
            <TenBars chosen/>
        </div>
    }
}

/// One answer: the class and its probability.
#[component]
fn Row(contender: Contender) -> impl IntoView {
    let app = expect_context::<AppState>();
    let now: Probabilities = Memo::new(move |_| now(app, contender));
    let before: Probabilities = Memo::new(move |_| before(app, contender));
    let class = Memo::new(move |_| now.get().map(|p| argmax(&p)));
    let share = move |of: Probabilities| Some(of.get()?[class.get()?]);
    let label = move |of: Probabilities| of.get().map(|p| Garment::ALL[argmax(&p)].label());
    // The class of the original, if it is another one.
    let other = move || label(before).filter(|before| Some(*before) != label(now));
    view! {
        <li
            class="paint-row"
            class:changed=move || other().is_some()
            data-testid="paint-answer"
            data-model=contender.name()
            data-label=move || label(now)
            data-confidence=move || share(now).map(|p| p.to_string())
            data-before=move || share(before).map(|p| p.to_string())
            data-label-before=move || label(before)
        >
            <span class="name">{contender.title()}</span>
            <span class="label">
                <span prop:textContent=move || label(now).unwrap_or("–")></span>
                <span class="small" prop:textContent=move || {
                    other().map(|before| format!(" was {before}"))
                }></span>
            </span>
            <Bar now=Signal::derive(move || share(now)) before=Signal::derive(move || share(before))/>
        </li>
    }
}

/// The ten probabilities of the vote or of a model.
#[component]
fn TenBars(chosen: RwSignal<Contender>) -> impl IntoView {
    let app = expect_context::<AppState>();
    let now: Probabilities = Memo::new(move |_| now(app, chosen.get()));
    let before: Probabilities = Memo::new(move |_| before(app, chosen.get()));
    let best = Memo::new(move |_| now.get().map(|p| argmax(&p)));
    let bar = move |garment: Garment| {
        let share = move |of: Probabilities| of.get().map(|p| p[garment.index()]);
        view! {
            <li class:best=move || best.get() == Some(garment.index())>
                <span class="name">{garment.label()}</span>
                <Bar now=Signal::derive(move || share(now)) before=Signal::derive(move || share(before))/>
            </li>
        }
    };
    view! {
        <ol class="bars" aria-label="Probabilities">
            {Garment::ALL.map(bar).collect_view()}
        </ol>
    }
}

/// A probability as a bar and a number, with a line at the original's.
#[component]
fn Bar(now: Signal<Option<f32>>, before: Signal<Option<f32>>) -> impl IntoView {
    let percent = |share: Option<f32>| format!("{:.2}%", share.unwrap_or_default() * 100.0);
    view! {
        <span class="track" aria-hidden="true">
            <span style:width=move || percent(now.get())></span>
            <i
                class="ghost"
                hidden=move || before.get().is_none()
                style:left=move || percent(before.get())
            ></i>
        </span>
        <span class="number">
            <span prop:textContent=move || now.get().map_or("–".to_string(), probability)></span>
            <span class="visually-hidden" prop:textContent=move || {
                before.get().map(|before| format!(", the original: {}", probability(before)))
            }></span>
        </span>
    }
}
