//! The photo as a surface to crop and paint on, with mouse, pen or finger, or with the arrow keys.

use std::fmt::Write;

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use photo::{Crop, Stroke};

use super::controls::{Tool, inside_frame};
use super::crop::{is_large_enough, rectangle};
use super::mask_outline::draw_outline;
use crate::requests::edit;
use crate::state::AppState;
use crate::ui::canvas::Canvas;
use crate::ui::stroke;

/// The longest side of the photo that the engine returns.
const SIDE: u32 = 640;
/// An arrow key moves the brush by this share of the photo.
const STEP: f32 = 0.02;
/// The distance between two points of a stroke, as a share of the brush's radius.
const SPACING: f32 = 0.35;

#[component]
pub fn DrawingSurface(
    is_open: RwSignal<bool>,
    tool: RwSignal<Tool>,
    radius: RwSignal<f32>,
) -> impl IntoView {
    let app = expect_context::<AppState>();
    let (image, edits) = (app.upload.image(), app.edits.edits());
    let node = NodeRef::<html::Div>::new();
    // The position of the brush, as shares of the photo.
    let brush = RwSignal::new(None::<[f32; 2]>);
    // The first corner of a crop, or the first point of a stroke.
    let start = RwSignal::new(None::<[f32; 2]>);
    let outline = Signal::derive(move || {
        // Not drawn while the editor is closed.
        image.with(|i| is_open.get().then(|| draw_outline(i.as_ref()?, SIDE))?)
    });
    let size = Memo::new(move |_| {
        image.with(|i| {
            i.as_ref().map_or([1.0, 1.0], |i| {
                [i.thumbnail.width() as f32, i.thumbnail.height() as f32]
            })
        })
    });
    let position = move |event: &PointerEvent| {
        let bounds = node.get_untracked()?.get_bounding_client_rect();
        let [width, height] = size.get_untracked();
        // The photo fills the square in one direction and is centred in the other.
        let scale = (bounds.width() as f32 / width).min(bounds.height() as f32 / height);
        let share = |at: f64, edge: f32| (at as f32 / scale / edge + 0.5).clamp(0.0, 1.0);
        let x = f64::from(event.client_x()) - bounds.left() - bounds.width() / 2.0;
        let y = f64::from(event.client_y()) - bounds.top() - bounds.height() / 2.0;
        Some([share(x, width), share(y, height)])
    };
    let pointer_down = move |event: PointerEvent| {
        let Some(at) = position(&event).filter(|_| stroke::begins(node, &event)) else {
            return;
        };
        start.set(Some(at));
        brush.set(Some(at));
        begin_stroke(app, tool.get_untracked(), radius.get_untracked(), at);
    };
    let pointer_move = move |event: PointerEvent| {
        let Some(at) = position(&event).filter(|_| event.is_primary()) else {
            return;
        };
        brush.set(Some(at));
        if start.with_untracked(Option::is_some) && tool.get_untracked() != Tool::Crop {
            extend_stroke(app, size.get_untracked(), at);
        }
    };
    let pointer_up = move |event: PointerEvent| {
        if !event.is_primary() {
            return;
        }
        let (from, to) = (start.get_untracked(), position(&event));
        start.set(None);
        if let (Tool::Crop, Some(from), Some(to)) = (tool.get_untracked(), from, to) {
            let crop = rectangle(from, to);
            if is_large_enough(crop) {
                edit::change(app, |e| e.crop = Some(crop));
            }
        }
    };
    let key_down = move |event: KeyboardEvent| {
        let tool = tool.get_untracked();
        if tool == Tool::Crop {
            return;
        }
        let [x, y] = brush.get_untracked().unwrap_or([0.5, 0.5]);
        let to = match event.key().as_str() {
            "ArrowLeft" => [x - STEP, y],
            "ArrowRight" => [x + STEP, y],
            "ArrowUp" => [x, y - STEP],
            "ArrowDown" => [x, y + STEP],
            " " => {
                begin_stroke(app, tool, radius.get_untracked(), [x, y]);
                [x, y]
            }
            _ => return,
        };
        // These keys must not scroll the page.
        event.prevent_default();
        brush.set(Some(to.map(|share| share.clamp(0.0, 1.0))));
    };
    let overlay = move || {
        let crop = match (tool.get(), start.get(), brush.get()) {
            (Tool::Crop, Some(from), Some(to)) => Some(rectangle(from, to)),
            _ => edits.with(|e| e.crop).or(inside_frame(app)),
        };
        let brush = brush.get().filter(|_| tool.get() != Tool::Crop);
        svg(size.get(), crop, brush.map(|at| (at, radius.get())))
    };
    view! {
        <div
            class="surface frame"
            class:has-brush=move || tool.get() != Tool::Crop
            node_ref=node
            data-testid="surface"
            data-crop=move || edits.with(|e| e.crop.map(crop_attribute))
            tabindex="0"
            role="application"
            aria-label=move || format!("The photo. {}", tool.get().help())
            on:pointerdown=pointer_down
            on:pointermove=pointer_move
            on:pointerup=pointer_up
            on:pointercancel=move |_| start.set(None)
            on:pointerleave=move |_| {
                if start.with_untracked(Option::is_none) {
                    brush.set(None);
                }
            }
            on:focus=move |_| {
                if brush.with_untracked(Option::is_none) {
                    brush.set(Some([0.5, 0.5]));
                }
            }
            on:blur=move |_| brush.set(None)
            on:keydown=key_down
        >
            <Canvas image=outline testid="surface-photo"/>
            <svg
                aria-hidden="true"
                viewBox=move || { let [w, h] = size.get(); format!("0 0 {w} {h}") }
                inner_html=overlay
            ></svg>
        </div>
    }
}

/// The value of the `data-crop` attribute, with all digits.
fn crop_attribute(crop: Crop) -> String {
    let Crop {
        left,
        top,
        width,
        height,
    } = crop;
    format!("{left} {top} {width} {height}")
}

/// Begins a brush stroke; a crop has none.
fn begin_stroke(app: AppState, tool: Tool, radius: f32, at: [f32; 2]) {
    if tool != Tool::Crop {
        edit::change(app, |e| {
            e.strokes.push(Stroke {
                erases: tool == Tool::Erase,
                radius,
                points: vec![at],
            });
        });
    }
}

/// Adds a point to the last stroke, unless the pointer has hardly moved.
fn extend_stroke(app: AppState, size: [f32; 2], at: [f32; 2]) {
    let longer = size[0].max(size[1]);
    let is_far = app.edits.edits().with_untracked(|e| {
        let stroke = e.strokes.last()?;
        let [x, y] = stroke.points.last()?;
        let (across, down) = ((at[0] - x) * size[0], (at[1] - y) * size[1]);
        Some((across * across + down * down).sqrt() > SPACING * stroke.radius * longer)
    });
    if is_far == Some(true) {
        edit::change(app, |e| {
            if let Some(stroke) = e.strokes.last_mut() {
                stroke.points.push(at);
            }
        });
    }
}

/// The crop and the brush as SVG, in pixels of the shown photo.
fn svg([width, height]: [f32; 2], crop: Option<Crop>, brush: Option<([f32; 2], f32)>) -> String {
    let mut markup = String::new();
    // Writing to a string cannot fail.
    if let Some(crop) = crop {
        let (left, top) = (crop.left * width, crop.top * height);
        let (wide, high) = (crop.width * width, crop.height * height);
        let _ = write!(
            markup,
            "<path class=\"crop-outside\" d=\"M0 0H{width}V{height}H0Z M{left:.1} {top:.1}v{high:.1}h{wide:.1}v-{high:.1}Z\"/>\
             <rect class=\"crop-border\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\"/>"
        );
    }
    if let Some(([u, v], radius)) = brush {
        let radius = radius * width.max(height);
        let (x, y) = (u * width, v * height);
        for class in ["brush-shadow", "brush-outline"] {
            let _ = write!(
                markup,
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"
            );
        }
    }
    markup
}
