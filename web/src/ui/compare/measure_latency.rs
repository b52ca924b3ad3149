//! The button that measures the latency of every model in this browser, on images of the gallery.

use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::milliseconds;
use shared::ModelId;

use crate::engine::EngineError;
use crate::state::AppState;
use protocol::Pixels;

/// The number of images that are classified.
const IMAGES: usize = 30;

#[component]
pub fn MeasureLatency() -> impl IntoView {
    let app = expect_context::<AppState>();
    // The number of the current image while the measurement runs.
    let done = RwSignal::new(None::<usize>);
    let failure = RwSignal::new(None::<String>);
    let features = move || app.timings.with(|t| t.features());
    let press = move |_| {
        if app.site.gallery().with_untracked(Vec::is_empty) {
            let error = "The images of the gallery are not loaded: reload the page.";
            failure.set(Some(error.into()));
        } else if done.get_untracked().is_none() {
            done.set(Some(0));
            failure.set(None);
            spawn_local(async move {
                let result = measure(app, done).await;
                failure.set(result.err().map(|e| e.to_string()));
                done.set(None);
            });
        }
    };
    view! {
        <div class="measure">
            <button
                type="button"
                class="outlined-button"
                data-testid="measure"
                aria-disabled=move || if done.get().is_some() { "true" } else { "false" }
                on:click=press
                prop:textContent=move || match done.get() {
                    None => "Measure in this browser".to_string(),
                    Some(done) => format!("Image {done} of {IMAGES}…"),
                }
            ></button>
            <p
                class="small"
                role="status"
                prop:textContent=move || match (failure.get(), features()) {
                    (Some(sentence), _) => sentence,
                    (None, Some(micros)) => {
                        format!(
                            "Times are medians of this browser's answers so far. The four classical models share the features of an image ({}); their rows do not include that time, the vote's includes it once.",
                            milliseconds(micros),
                        )
                    }
                    (None, None) => {
                        format!("Times are medians of this browser's answers so far; the button runs every model on {IMAGES} test images.")
                    }
                }
            ></p>
        </div>
    }
}

/// Image by image, so that the features are computed once for all models, as in normal use.
async fn measure(app: AppState, done: RwSignal<Option<usize>>) -> Result<(), EngineError> {
    let images = app.site.gallery().get_untracked();
    let client = app.engines.client();
    for (number, grey) in images.iter().take(IMAGES).enumerate() {
        done.set(Some(number + 1));
        for model in ModelId::ALL {
            if untrack(|| app.models.is_ready(model)) {
                let (prediction, _) = client.classify(model, Pixels::from(grey)).await?;
                app.timings.update(|t| t.record(&prediction));
            }
        }
    }
    Ok(())
}
