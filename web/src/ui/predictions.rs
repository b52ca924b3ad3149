//! The verdicts: the vote's, and a row for each of the seven.

use leptos::prelude::*;
use plot::format::milliseconds;
use shared::ModelId;

use super::model_row::ModelRow;
use crate::state::page::Page;
use crate::ui::ensemble_panel::VotePanel;

#[component]
pub fn Verdicts() -> impl IntoView {
    let page = expect_context::<Page>();
    // Of the picture on show: any classical model's answer tells.
    let features = move || {
        ModelId::CLASSICAL.into_iter().find_map(|model| {
            let state = page.model(model);
            state.with(|m| m.answer.as_ref().and_then(|a| a.verdict.features_micros))
        })
    };
    view! {
        <section id="verdicts" aria-labelledby="verdict-title">
            <h2 id="verdict-title">"The verdicts"</h2>
            <p class="unseen" aria-live="polite">{move || page.announcement()}</p>
            <VotePanel/>
            <div class="ledger">
                <p class="line heads" aria-hidden="true">
                    <span>"Model"</span>
                    <span>"Says"</span>
                    <span>"How sure"</span>
                    <span class="time">"Time"</span>
                    <span class="size">"Size"</span>
                </p>
                <ul class="rows">
                    {ModelId::ALL.map(|model| view! { <ModelRow model/> })}
                </ul>
                <p class="small shared" data-testid="features" data-micros=move || {
                    features().map(|m| m.to_string())
                }>
                    {move || match features() {
                        Some(micros) => {
                            format!(
                                "The four classical models look at features of the picture, made once for all of them in {}.",
                                milliseconds(micros),
                            )
                        }
                        None => {
                            "The four classical models look at features of the picture, made once for all of them."
                                .to_string()
                        }
                    }}
                </p>
            </div>
        </section>
    }
}
