//! The preview: the 28x28 input of the models, and beside it the photo that it was made from, if it was.

use std::sync::Arc;

use leptos::prelude::*;

use super::canvas::Canvas;
use crate::state::AppState;
use crate::state::image::{InputImage, Origin};
use shared::image::RgbaImage;

/// The opacity of the photo outside of the 28x28 input: the page's background shows through, light or dark.
const OUTSIDE: u8 = 110;

#[component]
pub fn Preview() -> impl IntoView {
    let image = expect_context::<AppState>().upload.image();
    let photo = Signal::derive(move || image.with(|i| i.as_ref().map(|i| marked_photo(i))));
    let input = Signal::derive(move || image.with(|i| i.as_ref().map(|i| i.input())));
    let has_photo = Memo::new(move |_| image.with(|i| i.as_ref().is_some_and(|i| i.has_photo())));
    view! {
        <div class="preview" class:empty=move || image.with(Option::is_none)>
            <figure hidden=move || !has_photo.get()>
                <div class="frame">
                    <Canvas
                        image=photo
                        label=Signal::stored("The original image".to_string())
                    />
                </div>
                <Caption image/>
            </figure>
            <span class="arrow" aria-hidden="true" hidden=move || !has_photo.get()>"→"</span>
            <figure>
                <div class="frame">
                    <Canvas
                        image=input
                        testid="preview-input"
                        pixelated=true
                        label=Signal::stored("The 28 by 28 input of the models".to_string())
                    />
                </div>
                <Show when=move || has_photo.get() fallback=move || view! { <Caption image/> }>
                    <figcaption>
                        <strong>"28 × 28"</strong>
                        " input of the models"
                    </figcaption>
                </Show>
            </figure>
        </div>
    }
}

/// The image's name, and its size.
#[component]
fn Caption(image: ReadSignal<Option<Arc<InputImage>>>) -> impl IntoView {
    view! {
        <figcaption>{move || image.with(|i| i.as_ref().map(|i| caption(i)))}</figcaption>
    }
}

fn caption(image: &InputImage) -> impl IntoView + use<> {
    let (name, detail) = match &image.origin {
        Origin::Gallery(_) => ("Test image".to_string(), "28 × 28 pixels".to_string()),
        Origin::Visitor(name) => {
            let name = if name.is_empty() { "Your image" } else { name };
            let size = format!("{} × {}", image.width, image.height);
            (name.to_string(), size)
        }
    };
    view! {
        <strong prop:textContent=name></strong>
        " "
        <span prop:textContent=detail></span>
    }
}

/// The photo, pale outside of the part that the 28x28 input shows.
fn marked_photo(image: &InputImage) -> RgbaImage {
    let shown = &image.thumbnail;
    let scale = shown.width() as f32 / image.width as f32;
    let frame = image.frame;
    let is_inside = |place: u32, start: f32| {
        let place = (place as f32 + 0.5) / scale;
        place >= start && place <= start + frame.side
    };
    let mut marked = shown.clone();
    for (i, pixel) in marked.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (i as u32 % shown.width(), i as u32 / shown.width());
        if !(is_inside(x, frame.x) && is_inside(y, frame.y)) {
            pixel[3] = OUTSIDE;
        }
    }
    marked
}
