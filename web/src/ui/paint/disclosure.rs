//! The button that opens the painting, and its place.

use leptos::prelude::*;

use super::load;
use crate::state::AppState;
use crate::ui::lazy_part::LazyPart;

#[component]
pub fn PaintDisclosure() -> impl IntoView {
    let app = expect_context::<AppState>();
    let painting = app.painting;
    let has_image = Memo::new(move |_| app.upload.image_number().is_some());
    view! {
        <div class="paint-disclosure" id="paint" hidden=move || !has_image.get()>
            <button
                type="button"
                class="disclosure"
                data-testid="open-paint"
                aria-expanded=move || if painting.is_open() { "true" } else { "false" }
                aria-controls="paint-panel"
                on:click=move |_| painting.set_open(!untrack(|| painting.is_open()))
            >
                <span class="chevron" aria-hidden="true"></span>
                <span>"Paint on the 28 × 28 image"</span>
            </button>
            <div id="paint-panel" hidden=move || !painting.is_open()>
                <Show when=move || painting.is_open()>
                    <LazyPart name="The painting" load/>
                </Show>
            </div>
        </div>
    }
}
