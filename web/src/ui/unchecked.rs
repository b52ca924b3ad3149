//! The note beside an answer that could not be checked by the novelty detector.

use leptos::prelude::*;
use protocol::WeightsFile;

use crate::engine::WeightsState;
use crate::requests::startup::load_weights;
use crate::state::AppState;

/// Why the image could not be checked, and a button to fetch the detector again; nothing if it was or will be checked.
#[component]
pub fn Unchecked() -> impl IntoView {
    let app = expect_context::<AppState>();
    let reason = Memo::new(move |_| app.unchecked());
    let weights = app.novelty.weights();
    let can_retry = move || matches!(weights.get(), WeightsState::Failed(_));
    view! {
        <Show when=move || reason.with(Option::is_some)>
            <p class="unchecked" data-testid="unchecked" role="status">
                <span prop:textContent=move || reason.get().unwrap_or_default()></span>
                <Show when=can_retry>
                    " "
                    <button
                        type="button"
                        class="link-button"
                        data-testid="retry-novelty"
                        on:click=move |_| load_weights(app, WeightsFile::Novelty)
                    >
                        "Try again"
                    </button>
                </Show>
            </p>
        </Show>
    }
}
