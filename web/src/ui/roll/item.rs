//! A row of the table: one file, its picture, what was said of it.

use leptos::prelude::*;
use shared::{Garment, ModelId};

use super::outcome::{Answers, Outcome};
use crate::ui::bitmap::Bitmap;
use crate::ui::canvas::Canvas;
use crate::ui::figures::percent;
use crate::ui::page::Page;
use crate::ui::reception::bring_into_view;

/// One of several files.
#[derive(Clone)]
pub struct Item {
    /// Its place among the files, from 0, and the number of their lot.
    pub place: usize,
    pub lot: u32,
    pub name: String,
    pub outcome: ArcRwSignal<Outcome>,
}

#[component]
pub fn Row(item: Item) -> impl IntoView {
    let page = expect_context::<Page>();
    let Item {
        place,
        name,
        outcome,
        ..
    } = item;
    let outcome = RwSignal::from(outcome);
    let said = move |of: fn(&Answers) -> Option<(Garment, f32)>| {
        Signal::derive(move || outcome.with(|o| o.answers().and_then(of)))
    };
    let vote = said(Answers::vote);
    let cnn = said(|a| a.of(ModelId::Cnn));
    let resnet = said(|a| a.of(ModelId::Resnet));
    let label = move |said: Signal<Option<(Garment, f32)>>| move || said.get().map(|s| s.0.label());
    let thumbnail = Signal::derive(move || {
        outcome.with(|o| {
            o.answers()
                .map(|a: &Answers| -> Bitmap { a.thumbnail.clone() })
        })
    });
    let shown = Memo::new(move |_| page.shows_of_roll(place));
    view! {
        <tr
            class:shown=move || shown.get()
            data-testid="roll-row"
            data-file=name.clone()
            data-state=move || outcome.with(Outcome::name)
            data-label=label(vote)
            data-known=move || outcome.with(|o| o.answers().and_then(|a| a.known).map(|k| k.to_string()))
            data-confidence=move || vote.get().map(|v| v.1.to_string())
            data-voters=move || outcome.with(|o| o.answers().map(|a| a.counted.to_string()))
            data-cnn=label(cnn)
            data-resnet=label(resnet)
        >
            <td class="thumb">
                <div class="frame">
                    <Canvas bitmap=thumbnail/>
                </div>
            </td>
            <th scope="row">
                <button
                    type="button"
                    class="plain"
                    data-testid="roll-show"
                    aria-pressed=move || if shown.get() { "true" } else { "false" }
                    on:click=move |_| {
                        page.show_of_roll(place);
                        // The table is above it, and may be all that is in view.
                        bring_into_view("picture-title", 0.7);
                    }
                >
                    {name.clone()}
                </button>
                <span class="small state" class:failed=move || outcome.with(|o| o.name() == "error")>
                    {move || outcome.with(|o| state(o, page.roll.stopped.get()))}
                </span>
            </th>
            <td data-title="Vote">
                <strong>{label(vote)}</strong>
                <span class="number">{move || vote.get().map(|v| percent(v.1))}</span>
            </td>
            <td data-title="CNN">{label(cnn)}</td>
            <td data-title="ResNet">{label(resnet)}</td>
        </tr>
    }
}

/// The state in words.
fn state(outcome: &Outcome, stopped: bool) -> String {
    match outcome {
        Outcome::Waiting if stopped => "Not answered.".to_string(),
        Outcome::Waiting => "Waiting.".to_string(),
        Outcome::Answering => "Being answered…".to_string(),
        Outcome::Answered(Answers {
            known: Some(false), ..
        }) => "Probably none of the ten classes.".to_string(),
        Outcome::Answered(answers) => match answers.verdicts.len() {
            0 => "Prepared; no model is ready.".to_string(),
            n if n == ModelId::ALL.len() => "Answered.".to_string(),
            n => format!("Answered by {n} of {}.", ModelId::ALL.len()),
        },
        Outcome::Failed(sentence) => sentence.clone(),
    }
}
