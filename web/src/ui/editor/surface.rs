//! The photo as a surface to draw on, with pointer, pen or finger, or with the arrow keys.

use std::fmt::Write;

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use photo::{Crop, Stroke};

use super::crop::{between, is_meant};
use super::mask_outline::outlined;
use super::tool::Tool;
use crate::state::page::Page;
use crate::ui::canvas::Canvas;

/// The longest side of the photo as the engine sends it.
const SIDE: u32 = 640;
/// An arrow key moves the brush by this share of the photo.
const STEP: f32 = 0.02;
/// A stroke takes a new place once the pointer is this part of the brush's radius away from the last one.
const SPACING: f32 = 0.35;

#[component]
pub fn Surface(open: RwSignal<bool>, tool: RwSignal<Tool>, radius: RwSignal<f32>) -> impl IntoView {
    let page = expect_context::<Page>();
    let node = NodeRef::<html::Div>::new();
    // Where the brush is, in shares of the photo.
    let brush = RwSignal::new(None::<[f32; 2]>);
    // The corner at which a crop was begun; while a stroke is painted, only that there is one matters.
    let begun = RwSignal::new(None::<[f32; 2]>);
    let bitmap = Signal::derive(move || {
        // Not drawn while nobody sees it.
        page.picture
            .with(|p| open.get().then(|| outlined(p.as_ref()?, SIDE))?)
    });
    let size = Memo::new(move |_| {
        page.picture.with(|p| {
            p.as_ref().map_or([1.0, 1.0], |p| {
                [p.thumbnail.width() as f32, p.thumbnail.height() as f32]
            })
        })
    });
    let place = move |event: &PointerEvent| {
        let bounds = node.get_untracked()?.get_bounding_client_rect();
        let [width, height] = size.get_untracked();
        // The photo fills the square in one direction and is centred in the other.
        let scale = (bounds.width() as f32 / width).min(bounds.height() as f32 / height);
        let share = |at: f64, edge: f32| (at as f32 / scale / edge + 0.5).clamp(0.0, 1.0);
        let x = f64::from(event.client_x()) - bounds.left() - bounds.width() / 2.0;
        let y = f64::from(event.client_y()) - bounds.top() - bounds.height() / 2.0;
        Some([share(x, width), share(y, height)])
    };
    let pressed = move |event: PointerEvent| {
        // Another finger, or another button, is not the one that draws.
        let Some(at) = place(&event).filter(|_| event.is_primary() && event.button() == 0) else {
            return;
        };
        if let Some(surface) = node.get_untracked() {
            // Without it the pointer must stay on the photo, no more.
            let _ = surface.set_pointer_capture(event.pointer_id());
        }
        begun.set(Some(at));
        brush.set(Some(at));
        begin(page, tool.get_untracked(), radius.get_untracked(), at);
    };
    let moved = move |event: PointerEvent| {
        let Some(at) = place(&event).filter(|_| event.is_primary()) else {
            return;
        };
        brush.set(Some(at));
        if begun.with_untracked(Option::is_some) && tool.get_untracked() != Tool::Crop {
            extend(page, size.get_untracked(), at);
        }
    };
    let lifted = move |event: PointerEvent| {
        if !event.is_primary() {
            return;
        }
        let (from, to) = (begun.get_untracked(), place(&event));
        begun.set(None);
        if let (Tool::Crop, Some(from), Some(to)) = (tool.get_untracked(), from, to) {
            let crop = between(from, to);
            if is_meant(crop) {
                page.edit(|e| e.crop = Some(crop));
            }
        }
    };
    let keyed = move |event: KeyboardEvent| {
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
                begin(page, tool, radius.get_untracked(), [x, y]);
                [x, y]
            }
            _ => return,
        };
        // Neither may scroll the page.
        event.prevent_default();
        brush.set(Some(to.map(|share| share.clamp(0.0, 1.0))));
    };
    let drawing = move || {
        let crop = match (tool.get(), begun.get(), brush.get()) {
            (Tool::Crop, Some(from), Some(to)) => Some(between(from, to)),
            _ => page.bench.edits.with(|e| e.crop),
        };
        let brush = brush.get().filter(|_| tool.get() != Tool::Crop);
        drawn(size.get(), crop, brush.map(|at| (at, radius.get())))
    };
    view! {
        <div
            class="surface frame"
            class:brushes=move || tool.get() != Tool::Crop
            node_ref=node
            data-testid="surface"
            data-crop=move || page.bench.edits.with(|e| e.crop.map(listed))
            tabindex="0"
            role="application"
            aria-label=move || format!("The photo. {}", tool.get().manual())
            on:pointerdown=pressed
            on:pointermove=moved
            on:pointerup=lifted
            on:pointercancel=move |_| begun.set(None)
            on:pointerleave=move |_| {
                if begun.with_untracked(Option::is_none) {
                    brush.set(None);
                }
            }
            on:focus=move |_| {
                if brush.with_untracked(Option::is_none) {
                    brush.set(Some([0.5, 0.5]));
                }
            }
            on:blur=move |_| brush.set(None)
            on:keydown=keyed
        >
            <Canvas bitmap hook="surface-photo"/>
            <svg
                aria-hidden="true"
                viewBox=move || { let [w, h] = size.get(); format!("0 0 {w} {h}") }
                inner_html=drawing
            ></svg>
        </div>
    }
}

/// A crop in the page's hook, to the last digit.
fn listed(crop: Crop) -> String {
    let Crop {
        left,
        top,
        width,
        height,
    } = crop;
    format!("{left} {top} {width} {height}")
}

/// Begins a stroke; a rectangle is begun without.
fn begin(page: Page, tool: Tool, radius: f32, at: [f32; 2]) {
    if tool != Tool::Crop {
        page.edit(|e| {
            e.strokes.push(Stroke {
                erases: tool == Tool::Erase,
                radius,
                points: vec![at],
            });
        });
    }
}

/// Leads the last stroke on, unless the pointer has hardly moved.
fn extend(page: Page, size: [f32; 2], at: [f32; 2]) {
    let longer = size[0].max(size[1]);
    let is_far = page.bench.edits.with_untracked(|e| {
        let stroke = e.strokes.last()?;
        let [x, y] = stroke.points.last()?;
        let (across, down) = ((at[0] - x) * size[0], (at[1] - y) * size[1]);
        Some((across * across + down * down).sqrt() > SPACING * stroke.radius * longer)
    });
    if is_far == Some(true) {
        page.edit(|e| {
            if let Some(stroke) = e.strokes.last_mut() {
                stroke.points.push(at);
            }
        });
    }
}

/// The crop and the brush, in the photo's pixels as shown.
fn drawn([width, height]: [f32; 2], crop: Option<Crop>, brush: Option<([f32; 2], f32)>) -> String {
    let mut svg = String::new();
    // Writing to a string cannot fail.
    if let Some(crop) = crop {
        let (left, top) = (crop.left * width, crop.top * height);
        let (wide, high) = (crop.width * width, crop.height * height);
        let _ = write!(
            svg,
            "<path class=\"shade\" d=\"M0 0H{width}V{height}H0Z M{left:.1} {top:.1}v{high:.1}h{wide:.1}v-{high:.1}Z\"/>\
             <rect class=\"rim\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\"/>"
        );
    }
    if let Some(([u, v], radius)) = brush {
        let radius = radius * width.max(height);
        let (x, y) = (u * width, v * height);
        for class in ["halo", "ring"] {
            let _ = write!(
                svg,
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"
            );
        }
    }
    svg
}
