//! The drop zone: where an image is dropped, pasted or chosen.

use leptos::attr::custom::custom_attribute;
use leptos::prelude::*;

use super::camera::Camera;
use super::files::{accept_input, choose_files, drop_files};
use crate::requests::chosen_files::choose_folder;
use crate::requests::painting::draw;
use crate::state::AppState;

/// The types in the browser's file dialog. Phones convert HEIC to JPEG themselves, because HEIC is not in the list.
const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/bmp,image/gif,image/avif,image/x-icon,image/tiff,image/jp2,.npy,.csv,.tsv,.idx,.gz";

#[component]
pub fn DropZone() -> impl IntoView {
    let app = expect_context::<AppState>();
    let is_hovered = RwSignal::new(false);
    view! {
        <section
            class="drop-zone"
            class:hovered=is_hovered
            data-testid="drop-zone"
            aria-labelledby="drop-title"
            on:dragover=move |event| {
                event.prevent_default();
                is_hovered.set(true);
            }
            on:dragleave=move |_| is_hovered.set(false)
            on:drop=move |event| {
                event.prevent_default();
                event.stop_propagation();
                is_hovered.set(false);
                drop_files(app, event.data_transfer());
            }
        >
            <h2 id="drop-title">"Try yours"</h2>
            <p>"Drop, paste or choose an image of one garment, shoe or bag, or several images at once."</p>
            <label class="file-button">
                <input
                    type="file"
                    class="visually-hidden"
                    data-testid="file-input"
                    accept=ACCEPT
                    multiple
                    on:change=move |event| accept_input(app, &event, choose_files)
                />
                <span>"Choose images"</span>
            </label>
            <div class="upload-options">
            <label class="file-button secondary-button">
                <input
                    type="file"
                    class="visually-hidden"
                    data-testid="folder-input"
                    {..custom_attribute("webkitdirectory", "")}
                    on:change=move |event| accept_input(app, &event, choose_folder)
                />
                <span>"Choose a folder"</span>
            </label>
            <Camera/>
            <button
                type="button"
                class="secondary-button"
                data-testid="draw"
                on:click=move |_| draw(app)
            >
                "Draw one"
            </button>
            </div>
            <p
                class="small"
                role="status"
                prop:textContent=move || {
                    if app.upload.is_preparing() {
                        "Reading the image…"
                    } else {
                        "JPEG, PNG, WebP, BMP, GIF, or 28 × 28 images as npy, IDX or CSV. Images stay on this machine."
                    }
                }
            ></p>
        </section>
    }
}
