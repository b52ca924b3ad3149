//! A picture from the camera: a live preview with a shutter where the page may have the camera, else the phone's own
//! camera by way of a file input.

use js_sys::{Array, Promise, Reflect};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlDialogElement, HtmlInputElement,
    HtmlVideoElement, MediaStream, MediaStreamConstraints, MediaStreamTrack,
};

use crate::dom::{clicked, mark, part, say};
use crate::state::page::Page;
use crate::ui::upload::files;

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
                files::take(page, &files);
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

const DIALOG: &str = "\
    <div class=\"frame\"><video data-testid=\"camera-video\" autoplay playsinline aria-label=\"What the camera sees\"></video></div>\
    <p class=\"small\" role=\"status\" data-testid=\"camera-status\"></p>\
    <div role=\"alert\"><p class=\"error\" data-testid=\"camera-error\" hidden></p></div>\
    <div class=\"pair\">\
    <button type=\"button\" class=\"quiet\" data-testid=\"shutter\" disabled>Take it</button>\
    <button type=\"button\" class=\"plain\" data-testid=\"camera-cancel\">Cancel</button></div>";

#[component]
fn Live() -> impl IntoView {
    let page = expect_context::<Page>();
    let node = NodeRef::<html::Dialog>::new();
    let press = move |event| {
        let hook = clicked(&event).map(|(_, hook)| hook);
        match (node.get_untracked(), hook.as_deref()) {
            (Some(dialog), Some("shutter")) => spawn_local(shoot(page, dialog)),
            (Some(dialog), Some("camera-cancel")) => dialog.close(),
            _ => {}
        }
    };
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="camera"
            on:click=move |_| {
                if let Some(dialog) = node.get_untracked() {
                    open(page, dialog);
                }
            }
        >
            "Take a picture"
        </button>
        <dialog
            node_ref=node
            class="camera"
            aria-label="Camera"
            data-testid="camera-dialog"
            inner_html=DIALOG
            on:click=press
            on:close=move |_| {
                if let Some(dialog) = node.get_untracked() {
                    let_go(&dialog);
                }
            }
        ></dialog>
    }
}

fn open(page: Page, dialog: HtmlDialogElement) {
    mark(&dialog, "camera-error", "hidden", true);
    mark(&dialog, "shutter", "disabled", true);
    say(
        &dialog,
        "camera-status",
        "Waiting for the camera: the browser may ask for permission.",
    );
    if !dialog.open() && dialog.show_modal().is_err() {
        return page.refuse("This browser shows no camera: choose a picture instead.".into());
    }
    spawn_local(async move {
        let shown = show(&dialog).await;
        say(&dialog, "camera-status", "");
        match shown {
            Ok(true) => mark(&dialog, "shutter", "disabled", false),
            // Closed while the visitor was asked for permission: nobody is there to read a sentence.
            Ok(false) => {}
            Err(_) if !dialog.open() => {}
            Err(error) => {
                say(&dialog, "camera-error", sentence(&error));
                mark(&dialog, "camera-error", "hidden", false);
            }
        }
    });
}

/// Shows what the camera sees. Returns once there is something to take, as a video knows its size before it has its first
/// picture and is blank until then; `false` where the dialog has been closed meanwhile.
async fn show(dialog: &HtmlDialogElement) -> Result<bool, JsValue> {
    let stream = ask().await?;
    let video = part::<HtmlVideoElement>(dialog, "camera-video").filter(|_| dialog.open());
    let Some(video) = video else {
        stop(&stream);
        return Ok(false);
    };
    // One that was asked for before the dialog was closed and opened again.
    let_go(dialog);
    video.set_muted(true);
    video.set_src_object(Some(&stream));
    let playing = JsFuture::from(video.play()?).await;
    if video.src_object().as_ref() != Some(&stream) {
        return Ok(false);
    }
    playing.map(|_| true)
}

/// However the dialog was closed: the camera's light must go out.
fn let_go(dialog: &HtmlDialogElement) {
    if let Some(video) = part::<HtmlVideoElement>(dialog, "camera-video") {
        if let Some(stream) = video.src_object() {
            stop(&stream);
        }
        video.set_src_object(None);
    }
}

async fn shoot(page: Page, dialog: HtmlDialogElement) {
    let Some(video) = part::<HtmlVideoElement>(&dialog, "camera-video") else {
        return;
    };
    let number = page.next_number();
    let file = snapshot(&video).await;
    dialog.close();
    page.notice.set(None);
    match file {
        Ok(file) => page.take_file(number, &file).await,
        Err(_) if page.is_late(number) => {}
        Err(_) => page.refuse(
            "The camera's picture could not be taken: try again, or choose a picture.".into(),
        ),
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

/// The picture that the video shows, as a file. Some browsers blur what is read from a canvas a little;
/// there is no other way to read a camera that all browsers have.
async fn snapshot(video: &HtmlVideoElement) -> Result<File, JsValue> {
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
    let blob = JsFuture::from(blob).await?;
    File::new_with_blob_sequence(&Array::of1(&blob), NAME)
}

/// Why there is no camera.
fn sentence(error: &JsValue) -> &'static str {
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
}
