//! The controls that choose which test images are listed.

use leptos::prelude::*;
use shared::Garment;

use crate::contender::Contender;
use crate::state::AppState;
use crate::state::test_images::{Outcome, Query, Subject};
use crate::ui::choice::Choice;

/// The subjects that are no single model's predictions: their names in the menu.
const ACROSS: [(Subject, &str, &str); 3] = [
    (Subject::AllWrong, "all-wrong", "All seven are wrong"),
    (Subject::OneWrong, "one-wrong", "Only one is wrong"),
    (Subject::Mislabelled, "mislabelled", "Probably mislabelled"),
];
const RUN: &str = "run";

const OUTCOMES: [(Outcome, &str, &str); 3] = [
    (Outcome::Any, "any", "Right and wrong"),
    (Outcome::Right, "right", "Right only"),
    (Outcome::Wrong, "wrong", "Wrong only"),
];

/// The choices of the lowest confidence.
const CONFIDENCES: [(f32, &str, &str); 5] = [
    (0.0, "0", "Any"),
    (0.5, "0.5", "50% or more"),
    (0.8, "0.8", "80% or more"),
    (0.95, "0.95", "95% or more"),
    (0.99, "0.99", "99% or more"),
];

#[component]
pub fn Filters() -> impl IntoView {
    let images = expect_context::<AppState>().test_images;
    let query = images.query();
    let run_title = move || {
        images.run().with(|run| match run {
            Some(run) => format!("{}, run in this browser", run.model.title()),
            None => "The run in this browser".to_string(),
        })
    };
    let is_shown = move |subject| query.with(|q| q.is_some_and(|q| q.subject == subject));
    let choose_subject = move |event| {
        let subject = subject_of(&event_target_value(&event));
        let before = query.get_untracked();
        images.set_query(subject.map(|subject| Query {
            subject,
            ..before.unwrap_or(Query::new(subject))
        }));
    };
    let change = move |change: &dyn Fn(&mut Query)| {
        if let Some(mut query) = query.get_untracked() {
            change(&mut query);
            images.set_query(Some(query));
        }
    };
    view! {
        <div class="image-filters">
            <label class="choice">
                <span class="small">"Predictions"</span>
                <select data-testid="images-of" on:change=choose_subject>
                    <option value="" prop:selected=move || query.with(Option::is_none)>
                        "Choose…"
                    </option>
                    <optgroup label="Across the seven models">
                        {ACROSS
                            .map(|(subject, name, title)| {
                                view! {
                                    <option value=name prop:selected=move || is_shown(subject)>
                                        {title}
                                    </option>
                                }
                            })}
                    </optgroup>
                    <optgroup label="Of one model">
                        {Contender::all()
                            .map(|contender| {
                                let subject = Subject::Recorded(contender);
                                view! {
                                    <option
                                        value=contender.name()
                                        prop:selected=move || is_shown(subject)
                                    >
                                        {contender.title()}
                                    </option>
                                }
                            })
                            .collect_view()}
                        <option
                            value=RUN
                            prop:selected=move || is_shown(Subject::Run)
                            disabled=move || images.run().with(Option::is_none)
                            prop:textContent=run_title
                        ></option>
                    </optgroup>
                </select>
            </label>
            <Choice
                label="True class"
                testid="images-true"
                options=classes()
                chosen=Signal::derive(move || query.get().and_then(|q| q.truth))
                choose=move |class| change(&|q: &mut Query| q.truth = class)
            />
            <Choice
                label="Predicted class"
                testid="images-predicted"
                options=classes()
                chosen=Signal::derive(move || query.get().and_then(|q| q.predicted))
                choose=move |class| change(&|q: &mut Query| q.predicted = class)
            />
            <Choice
                label="Right or wrong"
                testid="images-outcome"
                options=OUTCOMES.to_vec()
                chosen=Signal::derive(move || query.get().map_or(Outcome::Any, |q| q.outcome))
                choose=move |outcome| change(&|q: &mut Query| q.outcome = outcome)
            />
            <Choice
                label="Confidence"
                testid="images-confidence"
                options=CONFIDENCES.to_vec()
                chosen=Signal::derive(move || query.get().map_or(0.0, |q| q.least_confidence))
                choose=move |least| change(&|q: &mut Query| q.least_confidence = least)
            />
        </div>
    }
}

/// The ten classes, and all of them.
fn classes() -> Vec<(Option<Garment>, &'static str, &'static str)> {
    let each = Garment::ALL.map(|garment| (Some(garment), garment.label(), garment.label()));
    [(None, "", "All")].into_iter().chain(each).collect()
}

/// The subject of this name in the menu.
fn subject_of(name: &str) -> Option<Subject> {
    let across = ACROSS.iter().find(|a| a.1 == name).map(|a| a.0);
    let recorded = || Contender::from_name(name).map(Subject::Recorded);
    let run = || (name == RUN).then_some(Subject::Run);
    across.or_else(recorded).or_else(run)
}
