//! The editor of a file of 28x28 pixels, which needs no preprocessing: inversion and rotation.

use leptos::prelude::*;
use photo::Route;

use super::controls::rotate_by;
use crate::requests::edit;
use crate::state::AppState;

#[component]
pub fn PixelEditor() -> impl IntoView {
    let app = expect_context::<AppState>();
    let route = Memo::new(move |_| {
        let image = app.upload.image();
        image.with(|i| i.as_ref()?.preprocessing.as_ref().map(|p| p.route))
    });
    let is_inverted = move || {
        let shown = matches!(route.get(), Some(Route::AsIs { inverted: true }));
        app.edits.edits().with(|e| e.inverted.unwrap_or(shown))
    };
    let invert = move |_| {
        let inverted = !untrack(is_inverted);
        edit::change(app, |e| e.inverted = Some(inverted));
    };
    view! {
        <div
            class="pixel-editor"
            data-testid="pixel-editor"
            role="group"
            aria-label="Edit the image"
            hidden=move || !matches!(route.get(), Some(Route::AsIs { .. }))
            aria-busy=move || if app.edits.is_busy() { "true" } else { "false" }
        >
            <button
                type="button"
                class="secondary-button"
                data-testid="invert"
                aria-pressed=move || if is_inverted() { "true" } else { "false" }
                on:click=invert
            >
                "Invert"
            </button>
            <button
                type="button"
                class="secondary-button"
                data-testid="pixels-left"
                on:click=move |_| rotate_by(app, -90.0)
            >
                <span aria-hidden="true">"↺ "</span>
                "90° left"
            </button>
            <button
                type="button"
                class="secondary-button"
                data-testid="pixels-right"
                on:click=move |_| rotate_by(app, 90.0)
            >
                <span aria-hidden="true">"↻ "</span>
                "90° right"
            </button>
        </div>
    }
}
