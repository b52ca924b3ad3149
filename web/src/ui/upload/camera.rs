//! The camera: a live preview where the browser allows it, otherwise a file input that opens the phone's camera.

use js_sys::{Array, Promise, Reflect};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlDialogElement, HtmlVideoElement,
    MediaStream, MediaStreamConstraints, MediaStreamTrack, MouseEvent,
};

use super::files::{accept_input, choose_files};
use crate::dom::{action, find, set_text, toggle_attribute};
use crate::requests::upload::{read_file, reject};
use crate::state::AppState;

/// The file name of a photo from the camera.
const NAME: &str = "Camera";

#[component]
pub fn Camera() -> impl IntoView {
    if has_camera_api() {
        view! { <LiveCamera/> }.into_any()
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

const DIALOG: &str = "\
    <div class=\"frame\"><video data-testid=\"camera-video\" data-ref=\"video\" autoplay playsinline aria-label=\"Camera preview\"></video></div>\
    <p class=\"small\" role=\"status\" data-testid=\"camera-status\" data-ref=\"status\"></p>\
    <div role=\"alert\"><p class=\"error\" data-testid=\"camera-error\" data-ref=\"error\" hidden></p></div>\
    <div class=\"button-row\">\
    <button type=\"button\" class=\"secondary-button\" data-testid=\"shutter\" data-action=\"take\" disabled>Take the photo</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"camera-cancel\" data-action=\"cancel\">Cancel</button></div>";

#[component]
fn LiveCamera() -> impl IntoView {
    let app = expect_context::<AppState>();
    let node = NodeRef::<html::Dialog>::new();
    let click = move |event: MouseEvent| {
        let action = action(&event).map(|(_, action)| action);
        match (node.get_untracked(), action.as_deref()) {
            (Some(dialog), Some("take")) => spawn_local(take_photo(app, dialog)),
            (Some(dialog), Some("cancel")) => dialog.close(),
            _ => {}
        }
    };
    view! {
        <button
            type="button"
            class="secondary-button"
            data-testid="camera"
            on:click=move |_| {
                if let Some(dialog) = node.get_untracked() {
                    open(app, dialog);
                }
            }
        >
            "Take a photo"
        </button>
        <dialog
            node_ref=node
            class="camera"
            aria-label="Camera"
            data-testid="camera-dialog"
            inner_html=DIALOG
            on:click=click
            on:close=move |_| {
                if let Some(dialog) = node.get_untracked() {
                    release(&dialog);
                }
            }
        ></dialog>
    }
}

fn open(app: AppState, dialog: HtmlDialogElement) {
    toggle_attribute(&dialog, "error", "hidden", true);
    toggle_attribute(&dialog, "take", "disabled", true);
    set_text(
        &dialog,
        "status",
        "Waiting for the camera: the browser may ask for permission.",
    );
    if !dialog.open() && dialog.show_modal().is_err() {
        return reject(
            app,
            "This browser cannot show the camera: choose an image instead.".into(),
        );
    }
    spawn_local(async move {
        let preview = start_preview(&dialog).await;
        set_text(&dialog, "status", "");
        match preview {
            Ok(true) => toggle_attribute(&dialog, "take", "disabled", false),
            // The dialog was closed while the browser asked for permission.
            Ok(false) => {}
            Err(_) if !dialog.open() => {}
            Err(error) => {
                set_text(&dialog, "error", error_text(&error));
                toggle_attribute(&dialog, "error", "hidden", false);
            }
        }
    });
}

/// Shows the camera's video, and returns when a photo can be taken: a video has a size before it has its first frame, and
/// is blank until then. Returns `false` if the dialog was closed in the meantime.
async fn start_preview(dialog: &HtmlDialogElement) -> Result<bool, JsValue> {
    let stream = request_camera().await?;
    let video = find::<HtmlVideoElement>(dialog, "video").filter(|_| dialog.open());
    let Some(video) = video else {
        stop(&stream);
        return Ok(false);
    };
    // A stream that was requested before the dialog was closed and opened again.
    release(dialog);
    video.set_muted(true);
    video.set_src_object(Some(&stream));
    let playing = JsFuture::from(video.play()?).await;
    if video.src_object().as_ref() != Some(&stream) {
        return Ok(false);
    }
    playing.map(|_| true)
}

/// Stops the camera, however the dialog was closed.
fn release(dialog: &HtmlDialogElement) {
    if let Some(video) = find::<HtmlVideoElement>(dialog, "video") {
        if let Some(stream) = video.src_object() {
            stop(&stream);
        }
        video.set_src_object(None);
    }
}

async fn take_photo(app: AppState, dialog: HtmlDialogElement) {
    let Some(video) = find::<HtmlVideoElement>(&dialog, "video") else {
        return;
    };
    let number = app.upload.start();
    let file = snapshot(&video).await;
    dialog.close();
    app.messages.set_notice(None);
    match file {
        Ok(file) => read_file(app, number, &file).await,
        Err(_) if app.upload.is_stale(number) => {}
        Err(_) => reject(
            app,
            "The photo could not be taken: try again, or choose an image.".into(),
        ),
    }
}

/// Whether the page has access to cameras; it has none if the connection is not secure.
fn has_camera_api() -> bool {
    let devices = Reflect::get(&window().navigator(), &"mediaDevices".into());
    devices.is_ok_and(|d| Reflect::has(&d, &"getUserMedia".into()).unwrap_or(false))
}

/// Requests a camera; on a phone, the one at the back.
async fn request_camera() -> Result<MediaStream, JsValue> {
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

/// The video's current frame as a file. Some browsers blur what is read from a canvas a little; there is no other way that
/// works in all browsers.
async fn snapshot(video: &HtmlVideoElement) -> Result<File, JsValue> {
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(video.video_width());
    canvas.set_height(video.video_height());
    let context: CanvasRenderingContext2d =
        canvas.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
    context.draw_image_with_html_video_element(video, 0.0, 0.0)?;
    let blob = Promise::new(&mut |resolve, reject| {
        if let Err(error) = canvas.to_blob_with_type(&resolve, "image/jpeg") {
            // The promise returns the error.
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    let blob = JsFuture::from(blob).await?;
    File::new_with_blob_sequence(&Array::of1(&blob), NAME)
}

/// Why the camera cannot be used.
fn error_text(error: &JsValue) -> &'static str {
    let name = Reflect::get(error, &"name".into()).ok();
    let name = name.and_then(|name| name.as_string());
    match name.as_deref() {
        Some("NotAllowedError" | "SecurityError") => {
            "The camera may not be used here: allow it for this site in the browser's settings, or choose an image."
        }
        Some("NotFoundError" | "OverconstrainedError") => {
            "No camera was found: connect one and try again, or choose an image."
        }
        Some("NotReadableError" | "AbortError") => {
            "Another program is using the camera: close it and try again, or choose an image."
        }
        _ => "The camera could not be started: choose an image instead.",
    }
}
