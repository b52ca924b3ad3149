//! The editor as a whole: advice, and for a photo the preprocessing steps, and below them its tools and the result.

use leptos::prelude::*;
use photo::Crop;

use super::advice_panel::AdvicePanel;
use super::controls::{Controls, Tool, inside_frame};
use super::drawing_surface::DrawingSurface;
use super::pixel_editor::PixelEditor;
use super::steps::PreprocessingSteps;
use crate::requests::edit;
use crate::state::AppState;
use crate::ui::canvas::Canvas;
use crate::ui::ensemble_text;

/// The brush's radius at first, as a share of the photo's longer side.
const BRUSH: f32 = 0.04;

/// Advice about the image, and the editor that fits it.
#[component]
pub fn ImageEditor() -> impl IntoView {
    view! {
        <AdvicePanel/>
        <PixelEditor/>
        <PhotoEditor/>
    }
}

/// Shown for a visitor's photo.
#[component]
fn PhotoEditor() -> impl IntoView {
    let app = expect_context::<AppState>();
    let is_open = RwSignal::new(false);
    let tool = RwSignal::new(Tool::Crop);
    let radius = RwSignal::new(BRUSH);
    let image = app.upload.image();
    let is_photo =
        Memo::new(move |_| image.with(|i| i.as_ref().is_some_and(|i| i.segmentation().is_some())));
    let input = Signal::derive(move || image.with(|i| i.as_ref().map(|i| i.input())));
    view! {
        <div
            class="photo-editor"
            data-testid="inspector"
            hidden=move || !is_photo.get()
            aria-busy=move || if app.edits.is_busy() { "true" } else { "false" }
        >
            <PreprocessingSteps is_open/>
            <FrameNote/>
            // Hidden rather than mounted anew each time, which needs more code.
            <div id="adjust" hidden=move || !is_open.get()>
                <div class="editor-tools">
                    <div class="drawing">
                        <DrawingSurface is_open tool radius/>
                        <p class="small tool-help" prop:textContent=move || tool.get().help()></p>
                        <div class="edit-result">
                            <div class="frame">
                                <Canvas image=input pixelated=true/>
                            </div>
                            // Screen readers get the announcement of the predictions.
                            <p prop:textContent=move || ensemble_text::headline(app)></p>
                        </div>
                    </div>
                    <Controls tool radius/>
                </div>
            </div>
        </div>
    }
}

/// What the visitor can do where a frame around the picture was removed.
#[component]
fn FrameNote() -> impl IntoView {
    let app = expect_context::<AppState>();
    let has_frame = Memo::new(move |_| inside_frame(app).is_some());
    let use_whole = move |_| edit::change(app, |e| e.crop = Some(Crop::WHOLE));
    view! {
        <p class="frame-note" role="status">
            <Show when=move || has_frame.get()>
                "A frame around the image was removed. "
                <button
                    type="button"
                    class="link-button"
                    data-testid="use-whole"
                    on:click=use_whole
                >
                    "Use the whole image"
                </button>
            </Show>
        </p>
    }
}
