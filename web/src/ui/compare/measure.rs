//! Times every model in this browser, on pictures of the gallery.

use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::milliseconds;
use shared::ModelId;

use crate::ui::page::Page;
use protocol::Pixels;

/// How many pictures are answered.
const PICTURES: usize = 30;

#[component]
pub fn Measure() -> impl IntoView {
    let page = expect_context::<Page>();
    // How many pictures have been answered, while that goes on.
    let done = RwSignal::new(None::<usize>);
    let failure = RwSignal::new(None::<String>);
    let features = move || page.stopwatch.with(|s| s.features());
    let press = move |_| {
        if done.get_untracked().is_none() {
            done.set(Some(0));
            failure.set(None);
            spawn_local(async move {
                failure.set(run(page, done).await.err());
                done.set(None);
            });
        }
    };
    view! {
        <div class="measure">
            <button
                type="button"
                class="pill"
                data-testid="measure"
                aria-disabled=move || if done.get().is_some() { "true" } else { "false" }
                on:click=press
            >
                {move || match done.get() {
                    None => "Measure in this browser".to_string(),
                    Some(done) => format!("Picture {done} of {PICTURES}…"),
                }}
            </button>
            <p class="small" role="status">
                {move || match (failure.get(), features()) {
                    (Some(sentence), _) => sentence,
                    (None, Some(micros)) => {
                        format!(
                            "Times are medians of this browser's answers so far. The four classical models share a picture's features, {} besides, which no row counts and the vote counts once.",
                            milliseconds(micros),
                        )
                    }
                    (None, None) => {
                        format!("Times are medians of this browser's answers so far; this asks every model about {PICTURES} test images.")
                    }
                }}
            </p>
        </div>
    }
}

/// Picture by picture, so that the features are made once for all models, as in use.
async fn run(page: Page, done: RwSignal<Option<usize>>) -> Result<(), String> {
    let pictures = page.gallery.get_untracked();
    if pictures.is_empty() {
        return Err("The gallery is not here to measure with: reload the page.".into());
    }
    for (number, grey) in pictures.iter().take(PICTURES).enumerate() {
        done.set(Some(number + 1));
        for model in ModelId::ALL {
            let ready = page.model(model).with_untracked(|m| m.weights.are_ready());
            if ready {
                let (verdict, _) = page.client().classify(model, Pixels::from(grey)).await?;
                page.stopwatch.update(|s| s.note(&verdict));
            }
        }
    }
    Ok(())
}
