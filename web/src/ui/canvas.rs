//! A canvas that shows a bitmap: pixels are put, never read back.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use shared::image::RgbaImage;

/// A canvas of the bitmap's size; without a bitmap it is blank.
#[component]
pub fn Canvas(
    #[prop(into)] bitmap: Signal<Option<RgbaImage>>,
    /// The page's hook for tests.
    #[prop(optional)]
    hook: Option<&'static str>,
    /// Its text alternative; without one it is decoration.
    #[prop(optional, into)]
    label: Option<Signal<String>>,
    /// Whether its pixels are to be seen as squares.
    #[prop(optional)]
    pixelated: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        if let Some(canvas) = node.get() {
            bitmap.with(|bitmap| paint(&canvas, bitmap.as_ref()));
        }
    });
    let decoration = label.is_none();
    view! {
        <canvas
            node_ref=node
            width="1"
            height="1"
            class:pixelated=pixelated
            data-testid=hook
            role=if decoration { "presentation" } else { "img" }
            aria-hidden=decoration.then_some("true")
            aria-label=move || label.map(|l| l.get())
        ></canvas>
    }
}

/// Puts the bitmap on a canvas, which takes its size.
pub fn paint(canvas: &HtmlCanvasElement, bitmap: Option<&RgbaImage>) {
    let Some(bitmap) = bitmap else {
        // Setting a size clears.
        canvas.set_width(1);
        canvas.set_height(1);
        return;
    };
    canvas.set_width(bitmap.width());
    canvas.set_height(bitmap.height());
    let image = ImageData::new_with_u8_clamped_array_and_sh(
        Clamped(bitmap.rgba()),
        bitmap.width(),
        bitmap.height(),
    );
    let context = canvas
        .get_context("2d")
        .ok()
        .flatten()
        .and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
    if let (Some(context), Ok(image)) = (context, image) {
        // A browser out of memory leaves the canvas blank; the figures beside it still stand.
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}
