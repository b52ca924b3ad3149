//! The browser's cameras: which there are, their streams, and why one cannot be used.

use js_sys::{Array, Object, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamConstraints, MediaStreamTrack};

/// Which camera is wished for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraChoice {
    /// The one at the back of a phone.
    Back,
    /// The one above the screen.
    Front,
    /// The one with this identifier.
    Device(String),
}

/// Requests a camera. The browser gives another one if there is none of that kind.
pub async fn request(choice: &CameraChoice) -> Result<MediaStream, JsValue> {
    let (name, value) = match choice {
        CameraChoice::Back => ("facingMode", "environment"),
        CameraChoice::Front => ("facingMode", "user"),
        CameraChoice::Device(id) => ("deviceId", id.as_str()),
    };
    let wishes = Object::new();
    Reflect::set(&wishes, &name.into(), &value.into())?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&wishes);
    let devices = window().navigator().media_devices()?;
    let stream = devices.get_user_media_with_constraints(&constraints)?;
    JsFuture::from(stream).await?.dyn_into()
}

/// Lets the camera go.
pub fn stop(stream: &MediaStream) {
    for track in tracks(stream) {
        track.stop();
    }
}

fn tracks(stream: &MediaStream) -> impl Iterator<Item = MediaStreamTrack> {
    let tracks: Vec<JsValue> = stream.get_tracks().iter().collect();
    tracks.into_iter().filter_map(|track| track.dyn_into().ok())
}

/// The identifiers of all cameras. Browsers list them completely only after the visitor has allowed one.
pub async fn cameras() -> Result<Vec<String>, JsValue> {
    let devices = window().navigator().media_devices()?;
    let devices = JsFuture::from(devices.enumerate_devices()?).await?;
    let devices = Array::from(&devices);
    let cameras = devices
        .iter()
        .filter(|device| text(device, "kind").as_deref() == Some("videoinput"));
    Ok(cameras
        .filter_map(|device| text(&device, "deviceId"))
        .collect())
}

/// The identifier of the camera behind a stream, if the browser gives it.
pub fn camera_of(stream: &MediaStream) -> Option<String> {
    let settings = tracks(stream).next()?.get_settings();
    text(&settings, "deviceId")
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    Reflect::get(object, &name.into()).ok()?.as_string()
}

/// Why the camera cannot be used.
pub fn error_text(error: &JsValue) -> &'static str {
    match text(error, "name").as_deref() {
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
