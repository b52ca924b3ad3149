//! The button that opens the painting, and its place.

use leptos::prelude::*;

use super::load;
use crate::state::AppState;
use crate::ui::disclosure::Disclosure;
use crate::ui::lazy_part::LazyPart;

#[component]
pub fn PaintDisclosure() -> impl IntoView {
    let app = expect_context::<AppState>();
    let is_open = app.painting.is_open;
    let has_image = Memo::new(move |_| app.upload.image_number().is_some());
    view! {
        <div class="paint-disclosure" id="paint" hidden=move || !has_image.get()>
            <Disclosure
                is_open
                testid="open-paint"
                controls="paint-panel"
                title="Paint on the 28 × 28 image"
            />
            <div id="paint-panel" hidden=move || !is_open.get()>
                <Show when=move || is_open.get()>
                    <LazyPart name="The painting" load/>
                </Show>
            </div>
        </div>
    }
}
