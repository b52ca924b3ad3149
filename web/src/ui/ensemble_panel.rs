//! The seven's vote, above the rows.

use leptos::prelude::*;
use plot::format::probability;
use shared::model::ensemble;

use crate::engine::WeightsState;
use crate::state::models::State;
use crate::state::page::Page;
use crate::ui::ensemble_text;
use crate::ui::probability_bars::Bars;

#[component]
pub fn VotePanel() -> impl IntoView {
    let page = expect_context::<Page>();
    let count = Memo::new(move |_| page.count());
    let state = Memo::new(move |_| state(page));
    let weights = Memo::new(move |_| page.poll.with(|p| p.weights.clone()));
    let open = RwSignal::new(false);
    view! {
        <div
            class="vote"
            data-testid="vote"
            data-model=ensemble::NAME
            data-state=move || state.get().name()
            data-label=move || count.get().map(|c| c.garment().label())
            data-confidence=move || count.get().map(|c| c.confidence().to_string())
            data-answered=move || count.get().map_or(0, |c| c.said.len()).to_string()
            data-agree=move || count.get().map_or(0, |c| c.agreeing()).to_string()
            data-known=move || page.knows().map(|known| if known { "true" } else { "false" })
            data-picture=move || count.get().map(|c| c.picture.to_string())
            aria-busy=move || if state.get().is_to_come() { "true" } else { "false" }
        >
            <div class="ballot">
                <h3 id="vote-title">{ensemble::TITLE}</h3>
                <p class="label" class:blank=move || count.get().is_none()>
                    {move || match (weights.get(), count.get()) {
                        (WeightsState::Failed(_), _) => "The vote cannot be counted",
                        (WeightsState::Absent, _) => "The vote is not part of this build",
                        (_, Some(count)) => count.garment().label(),
                        (_, None) => "No answers yet",
                    }}
                </p>
                <p class="sure">
                    <span class="track" aria-hidden="true">
                        <span style:width=move || {
                            format!("{:.2}%", count.get().map_or(0.0, |c| c.confidence()) * 100.0)
                        }></span>
                    </span>
                    <span class="number">{move || count.get().map(|c| probability(c.confidence()))}</span>
                </p>
            </div>
            <Show when=move || page.knows() == Some(false)>
                <p class="unknown" data-testid="unknown">
                    <strong>"I don't know this."</strong>
                    " It is unlike all that the models have learned from, so it is probably none of the ten classes: take the answers for guesses."
                </p>
            </Show>
            <p class="tally">
                {move || match (weights.get(), count.get()) {
                    (WeightsState::Failed(sentence), _) => sentence,
                    (WeightsState::Absent, _) => "The models below answer for themselves.".to_string(),
                    (_, Some(c)) => ensemble_text::sentence(c.garment(), &c.said, page.unheard(&c)),
                    (_, None) => {
                        "What all seven say together, each weighed by how far it can be trusted."
                            .to_string()
                    }
                }}
                <Show when=move || matches!(weights.get(), WeightsState::Failed(_))>
                    " "
                    <button
                        type="button"
                        class="plain"
                        data-testid="retry-vote"
                        on:click=move |_| page.fetch_vote()
                    >
                        "Try again"
                    </button>
                </Show>
            </p>
            <button
                type="button"
                class="opener"
                data-testid="vote-details"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-controls="vote-details"
                on:click=move |_| open.update(|o| *o = !*o)
            >
                <span class="chevron" aria-hidden="true"></span>
                <span>"Ten probabilities"</span>
                <span class="unseen">" of the vote"</span>
            </button>
            <div class="details" id="vote-details" hidden=move || !open.get()>
                <Bars probabilities=Signal::derive(move || count.get().map(|c| c.probabilities))/>
            </div>
        </div>
    }
}

/// The vote's state: ready once it holds every answer that comes by itself.
fn state(page: Page) -> State {
    match page.poll.with(|p| p.weights.clone()) {
        WeightsState::Absent => State::Absent,
        WeightsState::Failed(_) => State::Error,
        WeightsState::Queued | WeightsState::Deferred => State::Waiting,
        WeightsState::Loading(_) => State::Loading,
        WeightsState::Ready(_) => match page.count() {
            None if page.picture.with(Option::is_none) => State::Ready,
            Some(count)
                if page.awaited() == 0
                    && count.said.len() == page.answers()
                    && page
                        .picture
                        .with(|p| p.as_ref().is_some_and(|p| p.number == count.picture)) =>
            {
                State::Ready
            }
            _ => State::Answering,
        },
    }
}
