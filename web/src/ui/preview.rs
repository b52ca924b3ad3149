//! The photo beside the 28x28 picture that the models see of it.

use leptos::prelude::*;
use shared::image::RgbaImage;

use super::canvas::Canvas;
use crate::state::image::{Origin, Picture};
use crate::state::page::Page;

#[component]
pub fn Specimen() -> impl IntoView {
    let page = expect_context::<Page>();
    let photo = Signal::derive(move || page.picture.get().map(|p| framed(&p)));
    let input = Signal::derive(move || page.picture.get().map(|p| RgbaImage::from(&p.grey)));
    let enlarged = move || {
        page.picture
            .with(|p| p.as_ref().is_some_and(|p| !p.has_photo()))
    };
    view! {
        <div class="specimen" class:empty=move || page.picture.with(Option::is_none)>
            <figure>
                <div class="frame" class:pixelated=enlarged>
                    <Canvas
                        bitmap=photo
                        label=Signal::stored("The picture as it was handed in".to_string())
                    />
                </div>
                <figcaption>
                    {move || page.picture.with(|p| p.as_ref().map(|p| origin(p)))}
                </figcaption>
            </figure>
            <span class="arrow" aria-hidden="true">"→"</span>
            <figure>
                <div class="frame">
                    <Canvas
                        bitmap=input
                        pixelated=true
                        label=Signal::stored("The 28 by 28 picture that the models see".to_string())
                    />
                </div>
                <figcaption>
                    <strong>"28 × 28"</strong>
                    " what the models see"
                </figcaption>
            </figure>
        </div>
    }
}

fn origin(picture: &Picture) -> impl IntoView + use<> {
    let name = match &picture.origin {
        Origin::Gallery(garment) => garment.label().to_string(),
        Origin::Visitor(name) if name.is_empty() => "Your picture".to_string(),
        Origin::Visitor(name) => name.clone(),
    };
    let detail = match &picture.origin {
        Origin::Gallery(_) => "in the test set".to_string(),
        Origin::Visitor(_) => format!("{} × {}", picture.width, picture.height),
    };
    view! {
        <strong>{name}</strong>
        " "
        {detail}
    }
}

/// The photo with the part that the 28x28 picture does not show made pale.
fn framed(picture: &Picture) -> RgbaImage {
    let shown = &picture.thumbnail;
    let scale = shown.width() as f32 / picture.width as f32;
    let frame = picture.frame;
    let inside = |place: u32, start: f32| {
        let place = (place as f32 + 0.5) / scale;
        place >= start && place <= start + frame.side
    };
    let mut framed = shown.clone();
    for (i, pixel) in framed.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (i as u32 % shown.width(), i as u32 / shown.width());
        if !(inside(x, frame.x) && inside(y, frame.y)) {
            // Alpha lets the page's paper through, light or dark.
            pixel[3] = 110;
        }
    }
    framed
}
