//! The gallery: six test images of each class, one column for each class, with its name. The arrow keys move within it.

use leptos::prelude::*;
use shared::garment::CLASSES;
use shared::image::RgbaImage;
use shared::{Garment, Grey28};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::canvas::Canvas;
use crate::requests::upload::choose_from_gallery;
use crate::state::AppState;
use crate::state::image::Origin;

#[component]
pub fn Gallery() -> impl IntoView {
    let images = expect_context::<AppState>().site.gallery();
    // The image that the Tab key reaches.
    let current = RwSignal::new(0_usize);
    // The image in the caption: the one under the pointer, or with the focus.
    let pointed = RwSignal::new(None::<usize>);
    let count = move || images.with(Vec::len);
    let step = move |event: leptos::ev::KeyboardEvent| {
        let from = current.get_untracked();
        let last = images.with_untracked(Vec::len).saturating_sub(1);
        let to = match event.key().as_str() {
            "ArrowLeft" => from.checked_sub(1),
            "ArrowRight" => Some(from + 1),
            "ArrowUp" => from.checked_sub(CLASSES),
            "ArrowDown" => Some(from + CLASSES),
            "Home" => Some(0),
            "End" => Some(last),
            _ => return,
        };
        // The arrow keys must not scroll the page, not even at the edge.
        event.prevent_default();
        if let Some(to) = to.filter(|to| *to <= last) {
            current.set(to);
            focus(to);
        }
    };
    view! {
        <section class="gallery" aria-labelledby="gallery-title">
            <h2 id="gallery-title">"Or a test image"</h2>
            <p
                class="small caption"
                prop:textContent=move || match pointed.get() {
                    Some(index) => describe(index, count()),
                    None => "Six of each class. None was used in training.".to_string(),
                }
            ></p>
            // Each button has the class in its own name.
            <div class="gallery-classes" aria-hidden="true">
                {Garment::ALL.map(|garment| view! { <span>{garment.label()}</span> })}
            </div>
            <div
                class="gallery-grid"
                role="group"
                aria-label="Gallery"
                on:keydown=step
                on:pointerleave=move |_| pointed.set(None)
            >
                {move || {
                    images
                        .get()
                        .into_iter()
                        .enumerate()
                        .take(CLASSES * fashion_mnist::GALLERY.len())
                        .map(|(index, grey)| {
                            view! { <GalleryItem index grey current pointed/> }
                        })
                        .collect_view()
                }}
            </div>
        </section>
    }
}

#[component]
fn GalleryItem(
    index: usize,
    grey: Grey28,
    current: RwSignal<usize>,
    pointed: RwSignal<Option<usize>>,
) -> impl IntoView {
    let app = expect_context::<AppState>();
    let garment = Garment::ALL[index % CLASSES];
    let sprite = RgbaImage::from(&grey);
    let grey = StoredValue::new(grey);
    let is_shown = move || {
        app.upload.image().with(|image| {
            image.as_ref().is_some_and(|i| {
                i.origin == Origin::Gallery(garment) && grey.with_value(|grey| *grey == i.grey)
            })
        })
    };
    view! {
        <button
            type="button"
            id=element_id(index)
            data-testid="gallery-item"
            data-label=garment.label()
            aria-label=move || describe(index, app.site.gallery().with(Vec::len))
            aria-pressed=move || if is_shown() { "true" } else { "false" }
            tabindex=move || if current.get() == index { "0" } else { "-1" }
            on:focus=move |_| {
                current.set(index);
                pointed.set(Some(index));
            }
            on:blur=move |_| pointed.set(None)
            on:pointerenter=move |_| pointed.set(Some(index))
            on:click=move |_| {
                let number = fashion_mnist::GALLERY[index / CLASSES][index % CLASSES];
                choose_from_gallery(app, grey.get_value(), garment, number);
            }
        >
            <Canvas image=Signal::stored(Some(sprite)) pixelated=true/>
        </button>
    }
}

fn element_id(index: usize) -> String {
    format!("sprite-{index}")
}

fn describe(index: usize, count: usize) -> String {
    format!(
        "{}, {} of {}",
        Garment::ALL[index % CLASSES],
        index / CLASSES + 1,
        count.div_ceil(CLASSES)
    )
}

fn focus(index: usize) {
    let button = document()
        .get_element_by_id(&element_id(index))
        .and_then(|e| e.dyn_into::<HtmlElement>().ok());
    if let Some(button) = button {
        // If the element cannot get the focus, the focus stays where it is.
        let _ = button.focus();
    }
}
