//! Test images to try, six of each class: a column a class, one stop for the Tab key, arrows within.

use leptos::prelude::*;
use shared::garment::CLASSES;
use shared::image::RgbaImage;
use shared::{Garment, Grey28};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::canvas::Canvas;
use crate::state::image::Origin;
use crate::state::page::Page;

#[component]
pub fn Gallery() -> impl IntoView {
    let page = expect_context::<Page>();
    // The picture that Tab stops at.
    let current = RwSignal::new(0_usize);
    // What the caption names: the picture under the pointer or the focus.
    let pointed = RwSignal::new(None::<usize>);
    let count = move || page.gallery.with(Vec::len);
    let step = move |event: leptos::ev::KeyboardEvent| {
        let from = current.get_untracked();
        let last = page.gallery.with_untracked(Vec::len).saturating_sub(1);
        let to = match event.key().as_str() {
            "ArrowLeft" => from.checked_sub(1),
            "ArrowRight" => Some(from + 1),
            "ArrowUp" => from.checked_sub(CLASSES),
            "ArrowDown" => Some(from + CLASSES),
            "Home" => Some(0),
            "End" => Some(last),
            _ => return,
        };
        // Arrows must not scroll the page, not even at the edge.
        event.prevent_default();
        if let Some(to) = to.filter(|to| *to <= last) {
            current.set(to);
            focus(to);
        }
    };
    view! {
        <section class="gallery" aria-labelledby="gallery-title">
            <h2 id="gallery-title">"Or one from the test set"</h2>
            <p class="small caption">
                {move || match pointed.get() {
                    Some(index) => describe(index, count()),
                    None => "Six of each class, unseen in training.".to_string(),
                }}
            </p>
            <div
                class="sprites"
                role="group"
                aria-labelledby="gallery-title"
                on:keydown=step
                on:pointerleave=move |_| pointed.set(None)
            >
                {move || {
                    page.gallery
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(index, grey)| {
                            view! { <Item index grey current pointed/> }
                        })
                        .collect_view()
                }}
            </div>
        </section>
    }
}

#[component]
fn Item(
    index: usize,
    grey: Grey28,
    current: RwSignal<usize>,
    pointed: RwSignal<Option<usize>>,
) -> impl IntoView {
    let page = expect_context::<Page>();
    let garment = Garment::ALL[index % CLASSES];
    let bitmap = RgbaImage::from(&grey);
    let pixels = StoredValue::new(grey);
    let shown = move || {
        page.picture.with(|p| {
            p.as_ref().is_some_and(|p| {
                p.origin == Origin::Gallery(garment) && pixels.with_value(|grey| *grey == p.grey)
            })
        })
    };
    view! {
        <button
            type="button"
            id=identity(index)
            data-testid="gallery-item"
            data-label=garment.label()
            aria-label=move || describe(index, page.gallery.with(Vec::len))
            aria-pressed=move || if shown() { "true" } else { "false" }
            tabindex=move || if current.get() == index { "0" } else { "-1" }
            on:focus=move |_| {
                current.set(index);
                pointed.set(Some(index));
            }
            on:blur=move |_| pointed.set(None)
            on:pointerenter=move |_| pointed.set(Some(index))
            on:click=move |_| page.take_from_gallery(pixels.get_value(), garment)
        >
            <Canvas bitmap=Signal::stored(Some(bitmap)) pixelated=true/>
        </button>
    }
}

fn identity(index: usize) -> String {
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
        .get_element_by_id(&identity(index))
        .and_then(|e| e.dyn_into::<HtmlElement>().ok());
    if let Some(button) = button {
        // An element that cannot take the focus leaves it where it was.
        let _ = button.focus();
    }
}
