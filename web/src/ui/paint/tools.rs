//! The tools beside the surface: brush and eraser, changes of the whole image, undo, redo and reset.

use leptos::prelude::*;
use shared::image::SIDE;

use super::transform::Transform;
use crate::requests::painting::{change, painted_from};
use crate::state::AppState;
use crate::state::painting_steps::PaintingSteps;

/// The largest brush, in cells.
const MAX_SIZE: u8 = 7;

#[component]
pub fn Tools(erases: RwSignal<bool>, level: RwSignal<u8>, size: RwSignal<u8>) -> impl IntoView {
    let app = expect_context::<AppState>();
    let can = move |can: fn(&PaintingSteps) -> bool| {
        let is_of = app.painting.is_of(app.upload.image_number());
        let steps = app.painting.steps();
        is_of && steps.with(|steps| steps.as_ref().is_some_and(can))
    };
    let tool = move |name: &'static str, title: &'static str, is_eraser: bool| {
        view! {
            <label>
                <input
                    type="radio"
                    name="paint-tool"
                    class="visually-hidden"
                    data-testid="paint-tool"
                    value=name
                    prop:checked=move || erases.get() == is_eraser
                    on:change=move |_| erases.set(is_eraser)
                />
                <span>{title}</span>
            </label>
        }
    };
    let set = |signal: RwSignal<u8>| {
        move |event| {
            if let Ok(value) = event_target_value(&event).parse() {
                signal.set(value);
            }
        }
    };
    view! {
        <div class="controls">
            <fieldset>
                <legend class="small">"Tool"</legend>
                <div class="segmented-control">
                    {tool("brush", "Brush", false)} {tool("erase", "Erase", true)}
                </div>
                <label class="slider">
                    <span>"Grey"</span>
                    <input
                        type="range"
                        data-testid="paint-level"
                        min="0"
                        max="255"
                        step="1"
                        prop:value=move || level.get().to_string()
                        disabled=move || erases.get()
                        on:input=set(level)
                    />
                    <output prop:textContent=move || level.get().to_string()></output>
                </label>
                <label class="slider">
                    <span>"Size"</span>
                    <input
                        type="range"
                        data-testid="paint-size"
                        min="1"
                        max=MAX_SIZE.to_string()
                        step="2"
                        prop:value=move || size.get().to_string()
                        on:input=set(size)
                    />
                    <output prop:textContent=move || size.get().to_string()></output>
                </label>
            </fieldset>
            <div class="paint-buttons" role="group" aria-label="Steps">
                <button
                    type="button"
                    class="secondary-button"
                    data-testid="paint-undo"
                    aria-keyshortcuts="Control+Z"
                    disabled=move || !can(PaintingSteps::can_undo)
                    on:click=move |_| undo(app)
                >
                    "Undo"
                </button>
                <button
                    type="button"
                    class="secondary-button"
                    data-testid="paint-redo"
                    aria-keyshortcuts="Control+Shift+Z"
                    disabled=move || !can(PaintingSteps::can_redo)
                    on:click=move |_| redo(app)
                >
                    "Redo"
                </button>
                <button
                    type="button"
                    class="secondary-button"
                    data-testid="paint-reset"
                    disabled=move || painted_from(app).is_none()
                    on:click=move |_| change(app, |steps| steps.add(steps.original().clone()))
                >
                    "Reset"
                </button>
            </div>
            <Transforms/>
        </div>
    }
}

/// A button for each change of the whole image.
#[component]
fn Transforms() -> impl IntoView {
    let app = expect_context::<AppState>();
    // Each noise is another one.
    let seed = StoredValue::new(0_u64);
    let button = move |transform: Transform| {
        let [sign, text] = transform.title();
        view! {
            <button
                type="button"
                class="secondary-button"
                data-testid=format!("paint-{}", transform.name())
                aria-label=transform.label()
                on:click=move |_| {
                    seed.update_value(|seed| *seed += 1);
                    let seed = seed.get_value();
                    change(app, |steps| steps.add(transform.apply(steps.current(), seed)));
                }
            >
                <span aria-hidden="true">{sign}</span>
                {text}
            </button>
        }
    };
    view! {
        <div
            class="paint-buttons"
            role="group"
            aria-label=format!("The whole image, {SIDE} by {SIDE} pixels")
        >
            {Transform::ALL.map(button).collect_view()}
        </div>
    }
}

/// Takes the last step back.
pub fn undo(app: AppState) {
    move_to(app, PaintingSteps::undo);
}

/// Repeats what was taken back.
pub fn redo(app: AppState) {
    move_to(app, PaintingSteps::redo);
}

/// Only within the painting of the page's image.
fn move_to(app: AppState, step: fn(&mut PaintingSteps)) {
    if untrack(|| app.painting.is_of(app.upload.image_number())) {
        change(app, step);
    }
}
