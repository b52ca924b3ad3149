//! A picture from the camera: a live preview with a shutter where the page may have the camera, else the phone's own
//! camera by way of a file input.

use js_sys::{Promise, Reflect, Uint8Array};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlInputElement, HtmlVideoElement,
    MediaStream, MediaStreamConstraints, MediaStreamTrack,
};

use super::file;
use super::page::Page;

/// What the answers call the picture.
const NAME: &str = "Camera";

#[component]
pub fn Camera() -> impl IntoView {
    match has_camera_api() {
        true => view! { <Live/> }.into_any(),
        false => view! { <Elsewhere/> }.into_any(),
    }
}

/// Where the page cannot have the camera itself: phones offer theirs for this input.
#[component]
fn Elsewhere() -> impl IntoView {
    let page = expect_context::<Page>();
    let taken = move |event: leptos::ev::Event| {
        let input = event
            .target()
            .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            if let Some(files) = input.files() {
                file::take(page, &files);
            }
            // So that the next picture counts even where it has the same name.
            input.set_value("");
        }
    };
    view! {
        <label class="pick quiet">
            <input
                type="file"
                class="unseen"
                data-testid="camera-input"
                accept="image/*"
                capture="environment"
                on:change=taken
            />
            <span>"Take a picture"</span>
        </label>
        {(!window().is_secure_context())
            .then(|| {
                view! {
                    <p class="small" data-testid="camera-insecure">
                        "A live view needs a secure address: open this page by https."
                    </p>
                }
            })}
    }
}

#[component]
fn Live() -> impl IntoView {
    let page = expect_context::<Page>();
    let dialog = NodeRef::<html::Dialog>::new();
    let video = NodeRef::<html::Video>::new();
    let stream = RwSignal::new_local(None::<MediaStream>);
    let trouble = RwSignal::new(None::<String>);
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let open = move |_| {
        let Some(dialog) = dialog.get_untracked() else {
            return;
        };
        trouble.set(None);
        if !dialog.open() && dialog.show_modal().is_err() {
            return page.refuse("This browser shows no camera: choose a picture instead.".into());
        }
        spawn_local(async move {
            match ask().await {
                // Closed while the visitor was asked for permission.
                Ok(new) if !dialog.open() => stop(&new),
                Ok(new) => {
                    if let Some(video) = video.get_untracked() {
                        video.set_src_object(Some(&new));
                    }
                    stream.set(Some(new));
                }
                Err(error) => trouble.set(Some(sentence(&error))),
            }
        });
    };
    // However it was closed: the camera's light must go out.
    let closed = move |_| {
        if let Some(video) = video.get_untracked() {
            video.set_src_object(None);
        }
        if let Some(stream) = stream.try_update(Option::take).flatten() {
            stop(&stream);
        }
    };
    let shoot = move |_| {
        let Some(video) = video.get_untracked() else {
            return;
        };
        let number = page.next_number();
        spawn_local(async move {
            let bytes = snapshot(&video).await.map_err(|_| {
                "The camera's picture could not be taken: try again, or choose a picture."
                    .to_string()
            });
            close();
            page.notice.set(None);
            page.take_file(number, NAME.into(), bytes).await;
        });
    };
    view! {
        <button type="button" class="quiet" data-testid="camera" on:click=open>
            "Take a picture"
        </button>
        <dialog node_ref=dialog class="camera" aria-label="Camera" data-testid="camera-dialog" on:close=closed>
            <div class="frame" hidden=move || trouble.with(Option::is_some)>
                <video
                    node_ref=video
                    data-testid="camera-video"
                    autoplay
                    playsinline
                    muted
                    aria-label="What the camera sees"
                ></video>
            </div>
            <p class="small" role="status">
                {move || {
                    (stream.with(Option::is_none) && trouble.with(Option::is_none))
                        .then_some("Waiting for the camera: the browser may ask for permission.")
                }}
            </p>
            <div role="alert">
                {move || {
                    trouble
                        .get()
                        .map(|t| view! { <p class="error" data-testid="camera-error">{t}</p> })
                }}
            </div>
            <div class="pair">
                <button
                    type="button"
                    class="quiet"
                    data-testid="shutter"
                    disabled=move || stream.with(Option::is_none)
                    on:click=shoot
                >
                    "Take it"
                </button>
                <button type="button" class="plain" data-testid="camera-cancel" on:click=move |_| close()>
                    "Cancel"
                </button>
            </div>
        </dialog>
    }
}

/// Whether the browser lets pages have cameras; it does not where the address is not secure.
fn has_camera_api() -> bool {
    let devices = Reflect::get(&window().navigator(), &"mediaDevices".into());
    devices.is_ok_and(|d| Reflect::has(&d, &"getUserMedia".into()).unwrap_or(false))
}

/// Asks for a camera, on a phone for the one at its back.
async fn ask() -> Result<MediaStream, JsValue> {
    let wishes = js_sys::Object::new();
    Reflect::set(&wishes, &"facingMode".into(), &"environment".into())?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&wishes);
    let devices = window().navigator().media_devices()?;
    let stream = devices.get_user_media_with_constraints(&constraints)?;
    JsFuture::from(stream).await?.dyn_into()
}

fn stop(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
            track.stop();
        }
    }
}

/// The picture that the video shows, as the bytes of a file. Some browsers blur what is read from a canvas a little;
/// there is no other way to read a camera that all browsers have.
async fn snapshot(video: &HtmlVideoElement) -> Result<Vec<u8>, JsValue> {
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(video.video_width());
    canvas.set_height(video.video_height());
    let context: CanvasRenderingContext2d =
        canvas.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
    context.draw_image_with_html_video_element(video, 0.0, 0.0)?;
    let blob = Promise::new(&mut |resolve, reject| {
        if let Err(error) = canvas.to_blob_with_type(&resolve, "image/jpeg") {
            // Whoever awaits hears of it.
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    let blob: Blob = JsFuture::from(blob).await?.dyn_into()?;
    let buffer = JsFuture::from(blob.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Why there is no camera.
fn sentence(error: &JsValue) -> String {
    let name = Reflect::get(error, &"name".into()).ok();
    let name = name.and_then(|name| name.as_string()).unwrap_or_default();
    match name.as_str() {
        "NotAllowedError" | "SecurityError" => {
            "The camera may not be used here: allow it for this site in the browser's settings, or choose a picture."
        }
        "NotFoundError" | "OverconstrainedError" => {
            "No camera was found: connect one and try again, or choose a picture."
        }
        "NotReadableError" | "AbortError" => {
            "Another program is using the camera: close it and try again, or choose a picture."
        }
        _ => "The camera could not be started: choose a picture instead.",
    }
    .to_string()
}
