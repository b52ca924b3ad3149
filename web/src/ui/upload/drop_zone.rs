//! Where a visitor hands in a picture.

use leptos::attr::custom::custom_attribute;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FileList, HtmlInputElement};

use crate::state::page::Page;
use crate::ui::upload::camera::Camera;
use crate::ui::upload::files;

/// What the browser's file dialogue offers. Without HEIC in the list, phones convert it to JPEG themselves.
const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/bmp,image/gif";

#[component]
pub fn DropZone() -> impl IntoView {
    let page = expect_context::<Page>();
    let hovered = RwSignal::new(false);
    let picked = move |event: leptos::ev::Event, take: fn(Page, &FileList)| {
        let input = event
            .target()
            .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            if let Some(files) = input.files() {
                take(page, &files);
            }
            // So that the same file can be picked again.
            input.set_value("");
        }
    };
    view! {
        <section
            class="drop-zone"
            class:hovered=hovered
            data-testid="drop-zone"
            aria-labelledby="drop-title"
            on:dragover=move |event| {
                event.prevent_default();
                hovered.set(true);
            }
            on:dragleave=move |_| hovered.set(false)
            on:drop=move |event| {
                event.prevent_default();
                event.stop_propagation();
                hovered.set(false);
                files::dropped(page, event.data_transfer());
            }
        >
            <h2 id="drop-title">"Your picture"</h2>
            <p>"One garment, shoe or bag, or several pictures at once. Drop them here, paste one, or"</p>
            <label class="pick">
                <input
                    type="file"
                    class="unseen"
                    data-testid="file-input"
                    accept=ACCEPT
                    multiple
                    on:change=move |event| picked(event, files::take)
                />
                <span>"Choose pictures"</span>
            </label>
            <div class="ways">
            <label class="pick quiet">
                <input
                    type="file"
                    class="unseen"
                    data-testid="folder-input"
                    {..custom_attribute("webkitdirectory", "")}
                    on:change=move |event| picked(event, files::take_folder)
                />
                <span>"A whole folder"</span>
            </label>
            <Camera/>
            </div>
            <p class="small" role="status">
                {move || match page.is_preparing() {
                    true => "Reading the picture…",
                    false => "JPEG, PNG, WebP, BMP or GIF. It stays on this machine.",
                }}
            </p>
        </section>
    }
}
