//! The enlarged 28x28 image to paint on, with mouse, pen or finger, or with the keyboard.

use std::fmt::Write;

use js_sys::{Function, Object, Reflect};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use shared::image::{RgbaImage, SIDE};
use wasm_bindgen::{JsCast, JsValue};

use super::brush::{Brush, Place, cell, middle};
use crate::requests::painting::{change, present};
use crate::state::AppState;
use crate::ui::canvas::Canvas;
use crate::ui::stroke;

#[component]
pub fn Surface(erases: RwSignal<bool>, level: RwSignal<u8>, size: RwSignal<u8>) -> impl IntoView {
    let app = expect_context::<AppState>();
    let node = NodeRef::<html::Div>::new();
    // Where the pointer is, or the cell that the keyboard has reached.
    let place = RwSignal::new(None::<Place>);
    // Where the stroke has come to.
    let stroke = RwSignal::new(None::<Place>);
    // The distance of the surface from the top of the window when the stroke began.
    let top = StoredValue::new(0.0);
    let grey = Memo::new(move |_| present(app));
    let image = Signal::derive(move || grey.with(|grey| grey.as_ref().map(RgbaImage::from)));
    let brush = move || Brush {
        size: size.get_untracked(),
        level: if erases.get_untracked() {
            0
        } else {
            level.get_untracked()
        },
    };
    let position = move |event: &PointerEvent| -> Option<Place> {
        let bounds = node.get_untracked()?.get_bounding_client_rect();
        let cells = |at: f64, length: f64| (at / length.max(1.0) * SIDE as f64) as f32;
        Some([
            cells(f64::from(event.client_x()) - bounds.left(), bounds.width()),
            cells(f64::from(event.client_y()) - bounds.top(), bounds.height()),
        ])
    };
    let pointer_down = move |event: PointerEvent| {
        let Some(at) = position(&event).filter(|_| stroke::begins(node, &event)) else {
            return;
        };
        if let Some(surface) = node.get_untracked() {
            top.set_value(surface.get_bounding_client_rect().top());
        }
        place.set(Some(at));
        stroke.set(Some(at));
        change(app, |steps| {
            steps.start_stroke();
            steps.stroke(brush().stroke(steps.current(), at, at));
        });
    };
    let pointer_move = move |event: PointerEvent| {
        let Some(to) = position(&event).filter(|_| event.is_primary()) else {
            return;
        };
        place.set(Some(to));
        if let Some(from) = stroke.get_untracked() {
            stroke.set(Some(to));
            change(app, |steps| {
                steps.stroke(brush().stroke(steps.current(), from, to))
            });
        }
    };
    let key_down = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let [row, column] = place.get_untracked().map_or([SIDE / 2; 2], cell);
        let last = SIDE - 1;
        let to = match event.key().as_str() {
            "ArrowLeft" => [row, column.saturating_sub(1)],
            "ArrowRight" => [row, (column + 1).min(last)],
            "ArrowUp" => [row.saturating_sub(1), column],
            "ArrowDown" => [(row + 1).min(last), column],
            " " | "Enter" => {
                let at = middle([row, column]);
                change(app, |steps| {
                    steps.add(brush().stroke(steps.current(), at, at))
                });
                [row, column]
            }
            _ => return,
        };
        // These keys must not scroll the page.
        event.prevent_default();
        place.set(Some(middle(to)));
    };
    // What is above the surface changes its height while a stroke is answered: the surface stays below the pointer.
    let shown = app.upload.image();
    Effect::new(move |_| {
        shown.track();
        if stroke.with_untracked(Option::is_some) {
            request_animation_frame(move || {
                let is_painting = stroke.try_with_untracked(Option::is_some) == Some(true);
                if let Some(surface) = node.get_untracked().filter(|_| is_painting) {
                    let now = surface.get_bounding_client_rect().top();
                    scroll_by(now - top.get_value());
                }
            });
        }
    });
    Effect::new(move |_| {
        if let Some(surface) = node.get().filter(|_| app.painting.wants_focus()) {
            app.painting.set_focused();
            // An element that cannot get the focus leaves it where it is.
            let _ = surface.focus();
            surface.scroll_into_view();
        }
    });
    view! {
        <div
            class="surface frame has-brush paint-surface"
            node_ref=node
            data-testid="paint-surface"
            data-cell=move || place.get().map(cell).map(|[row, column]| format!("{row},{column}"))
            tabindex="0"
            role="application"
            aria-label="The image, 28 by 28 pixels, to paint on. The arrow keys move from pixel to pixel, Space or Enter paints."
            aria-describedby="paint-cell"
            on:pointerdown=pointer_down
            on:pointermove=pointer_move
            on:pointerup=move |_| stroke.set(None)
            on:pointercancel=move |_| stroke.set(None)
            on:pointerleave=move |_| {
                if stroke.with_untracked(Option::is_none) {
                    place.set(None);
                }
            }
            on:focus=move |_| {
                if place.with_untracked(Option::is_none) {
                    place.set(Some(middle([SIDE / 2; 2])));
                }
            }
            on:blur=move |_| place.set(None)
            on:keydown=key_down
        >
            <Canvas image pixelated=true/>
            <svg
                aria-hidden="true"
                viewBox=format!("0 0 {SIDE} {SIDE}")
                inner_html=move || outline(place.get(), size.get())
            ></svg>
        </div>
        <p
            class="small paint-cell"
            id="paint-cell"
            role="status"
            prop:textContent=move || grey.with(|grey| match (place.get().map(cell), grey) {
                (Some([row, column]), Some(grey)) => {
                    let level = grey.pixels()[row * SIDE + column];
                    format!("Row {}, column {}: grey level {level}.", row + 1, column + 1)
                }
                _ => "Paint with mouse, pen or finger, or with the arrow keys and Space.".into(),
            })
        ></p>
    }
}

/// The brush and the cell below it as SVG, in cells.
fn outline(place: Option<Place>, size: u8) -> String {
    let mut markup = String::new();
    let Some(place) = place else {
        return markup;
    };
    let ([row, column], [x, y]) = (cell(place), place);
    let radius = f32::from(size) / 2.0;
    for class in ["brush-shadow", "brush-outline"] {
        // Writing to a string cannot fail.
        let _ = write!(
            markup,
            "<rect class=\"{class}\" x=\"{column}\" y=\"{row}\" width=\"1\" height=\"1\"/>"
        );
        if size > 1 {
            let _ = write!(
                markup,
                "<circle class=\"{class}\" cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\"/>"
            );
        }
    }
    markup
}

/// Scrolls the page by some pixels at once.
fn scroll_by(pixels: f64) {
    if pixels.abs() < 1.0 {
        return;
    }
    let (window, options) = (window(), Object::new());
    let set = |name: &str, value: JsValue| Reflect::set(&options, &name.into(), &value);
    let is_set = set("top", pixels.into()).and(set("behavior", "instant".into()));
    let function = Reflect::get(&window, &"scrollBy".into());
    if let (Ok(_), Some(scroll)) = (
        is_set,
        function.ok().and_then(|f| f.dyn_into::<Function>().ok()),
    ) {
        // A browser that does not scroll leaves the surface where it is.
        let _ = scroll.call1(&window, &options);
    }
}
