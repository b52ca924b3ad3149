//! The camera: a live preview where the browser allows it, otherwise a file input that opens the phone's camera. The preview's code is
//! downloaded when the camera is opened.

mod dialog;
mod live_view;
mod stream;
mod video_frame;

use js_sys::Reflect;
use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::files::{accept_input, choose_files};
use crate::state::AppState;
use crate::ui::lazy_part::{Draw, LazyPart, Loading};
use dialog::{CameraDialog, Requested};

#[component]
pub fn Camera() -> impl IntoView {
    if has_camera_api() {
        view! { <CameraButton/> }.into_any()
    } else {
        view! { <CameraInput/> }.into_any()
    }
}

/// The input where the page has no access to cameras: phones open their camera for it.
#[component]
fn CameraInput() -> impl IntoView {
    let app = expect_context::<AppState>();
    view! {
        <label class="file-button secondary-button">
            <input
                type="file"
                class="visually-hidden"
                data-testid="camera-input"
                accept="image/*"
                capture="environment"
                on:change=move |event| accept_input(app, &event, choose_files)
            />
            <span>"Take a photo"</span>
        </label>
        {(!window().is_secure_context())
            .then(|| {
                view! {
                    <p class="small" data-testid="camera-insecure">
                        "The live camera needs a secure connection: open this page with https."
                    </p>
                }
            })}
    }
}

/// The button that opens the camera's dialog.
#[component]
fn CameraButton() -> impl IntoView {
    let requested = RwSignal::new(0);
    provide_context(Requested(requested));
    let was_requested = Memo::new(move |_| requested.get() > 0);
    view! {
        <button
            type="button"
            class="secondary-button"
            data-testid="camera"
            on:click=move |_| requested.update(|n| *n += 1)
        >
            "Use the camera"
        </button>
        {move || was_requested.get().then(|| view! { <LazyPart name="The camera" load/> })}
    }
}

/// Whether the page has access to cameras; it has none if the connection is not secure.
fn has_camera_api() -> bool {
    let devices = Reflect::get(&window().navigator(), &"mediaDevices".into());
    devices.is_ok_and(|d| Reflect::has(&d, &"getUserMedia".into()).unwrap_or(false))
}

/// Downloads the code of the dialog.
fn load() -> Loading {
    Box::pin(draw())
}

#[wasm_split(camera, fallible)]
fn draw() -> Result<Draw, SplitLoaderError> {
    Ok(|| view! { <CameraDialog/> }.into_any())
}
