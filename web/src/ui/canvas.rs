//! A canvas that shows an image.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use shared::image::RgbaImage;

/// A canvas of the image's size; without an image it is blank.
#[component]
pub fn Canvas(
    #[prop(into)] image: Signal<Option<RgbaImage>>,
    #[prop(optional)] testid: Option<&'static str>,
    /// The text alternative; a canvas without one is decoration.
    #[prop(optional, into)]
    label: Option<Signal<String>>,
    /// Whether pixels are shown as squares when they are enlarged.
    #[prop(optional)]
    pixelated: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        if let Some(canvas) = node.get() {
            image.with(|image| paint(&canvas, image.as_ref()));
        }
    });
    let is_decoration = label.is_none();
    view! {
        <canvas
            node_ref=node
            width="1"
            height="1"
            class:pixelated=pixelated
            data-testid=testid
            role=if is_decoration { "presentation" } else { "img" }
            aria-hidden=is_decoration.then_some("true")
            aria-label=move || label.map(|l| l.get())
        ></canvas>
    }
}

/// Draws the image on a canvas, which gets its size.
pub fn paint(canvas: &HtmlCanvasElement, image: Option<&RgbaImage>) {
    let Some(image) = image else {
        // To set the size clears the canvas.
        canvas.set_width(1);
        canvas.set_height(1);
        return;
    };
    canvas.set_width(image.width());
    canvas.set_height(image.height());
    let data = ImageData::new_with_u8_clamped_array_and_sh(
        Clamped(image.rgba()),
        image.width(),
        image.height(),
    );
    let context = canvas
        .get_context("2d")
        .ok()
        .flatten()
        .and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
    if let (Some(context), Ok(data)) = (context, data) {
        // A browser without enough memory leaves the canvas blank.
        let _ = context.put_image_data(&data, 0.0, 0.0);
    }
}
