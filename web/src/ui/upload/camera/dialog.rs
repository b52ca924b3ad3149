//! The camera's dialog: its video, the shutter, and the live answer.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::{ev, html};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, HtmlDialogElement, HtmlVideoElement};

use super::live_view::{LiveOverlay, LivePanel};
use super::stream::{CameraChoice, camera_of, cameras, error_text, request, stop};
use super::video_frame::{pixels, snapshot};
use crate::requests;
use crate::requests::upload::{read_file, reject};
use crate::state::AppState;
use crate::state::live::LiveState;

/// How often the visitor has opened the camera; each time the dialog opens.
#[derive(Clone, Copy)]
pub struct Requested(pub RwSignal<u32>);

/// What the dialog shows of the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preview {
    Off,
    /// The browser may ask the visitor.
    Awaited,
    On,
    /// Why there is no video, as a sentence.
    Failed(&'static str),
}

/// The dialog's elements and state.
#[derive(Clone, Copy)]
struct Camera {
    app: AppState,
    dialog: NodeRef<html::Dialog>,
    video: NodeRef<html::Video>,
    preview: RwSignal<Preview>,
    choice: RwSignal<CameraChoice>,
    /// The identifiers of all cameras.
    all: RwSignal<Vec<String>>,
    live: LiveState,
}

#[component]
pub fn CameraDialog() -> impl IntoView {
    let Requested(requested) = expect_context();
    let camera = Camera {
        app: expect_context(),
        dialog: NodeRef::new(),
        video: NodeRef::new(),
        preview: RwSignal::new(Preview::Off),
        choice: RwSignal::new(CameraChoice::Back),
        all: RwSignal::default(),
        live: LiveState::default(),
    };
    let Camera {
        dialog,
        video,
        preview,
        live,
        ..
    } = camera;
    Effect::new(move |_| {
        requested.track();
        if let Some(dialog) = dialog.get() {
            camera.open(&dialog);
        }
    });
    window_event_listener(ev::Custom::<Event>::new("visibilitychange"), move |_| {
        if document().hidden() {
            live.pause();
        } else if live.is_on().get_untracked() {
            camera.start_live();
        }
    });
    let is_on = move || preview.get() == Preview::On;
    let failure = move || match preview.get() {
        Preview::Failed(error) => Some(error.to_string()),
        _ => live.error(),
    };
    view! {
        <dialog
            node_ref=dialog
            class="camera"
            class:live=move || live.is_on().get()
            aria-label="Camera"
            data-testid="camera-dialog"
            on:close=move |_| camera.release()
        >
            <div class="frame" hidden=move || matches!(preview.get(), Preview::Failed(_))>
                <video
                    node_ref=video
                    data-testid="camera-video"
                    autoplay
                    playsinline
                    aria-label="Camera preview"
                ></video>
                <LiveOverlay live/>
            </div>
            <LivePanel live/>
            <p class="small" role="status" data-testid="camera-status" prop:textContent=move || {
                (preview.get() == Preview::Awaited)
                    .then_some("Waiting for the camera: the browser may ask for permission.")
            }></p>
            <div role="alert">
                <p
                    class="error"
                    data-testid="camera-error"
                    hidden=move || failure().is_none()
                    prop:textContent=failure
                ></p>
            </div>
            <div class="button-row">
                <button
                    type="button"
                    class="secondary-button"
                    data-testid="shutter"
                    disabled=move || !is_on()
                    on:click=move |_| spawn_local(camera.take_photo())
                >
                    "Take the photo"
                </button>
                <button
                    type="button"
                    class="secondary-button"
                    data-testid="live"
                    disabled=move || !is_on()
                    aria-pressed=move || if live.is_on().get() { "true" } else { "false" }
                    on:click=move |_| {
                        if live.is_on().get_untracked() { live.stop() } else { camera.start_live() }
                    }
                >
                    "Live"
                </button>
                <button
                    type="button"
                    class="link-button"
                    data-testid="camera-choice"
                    hidden=move || camera.all.with(|all| all.len() < 2)
                    disabled=move || !is_on()
                    on:click=move |_| spawn_local(camera.switch())
                >
                    "Switch camera"
                </button>
                <button
                    type="button"
                    class="link-button"
                    data-testid="camera-cancel"
                    on:click=move |_| {
                        if let Some(dialog) = dialog.get_untracked() {
                            dialog.close();
                        }
                    }
                >
                    "Close"
                </button>
            </div>
        </dialog>
    }
}

impl Camera {
    fn open(self, dialog: &HtmlDialogElement) {
        if !dialog.open() && dialog.show_modal().is_err() {
            return reject(
                self.app,
                "This browser cannot show the camera: choose an image instead.".into(),
            );
        }
        spawn_local(self.start_preview());
    }

    fn is_open(self) -> bool {
        let dialog = self.dialog.get_untracked();
        dialog.is_some_and(|dialog| dialog.open())
    }

    /// Shows the chosen camera's video, or why there is none.
    async fn start_preview(self) {
        self.preview.set(Preview::Awaited);
        match self.connect().await {
            Ok(true) => {
                self.preview.set(Preview::On);
                // Without the list, there is no choice.
                self.all.set(cameras().await.unwrap_or_default());
            }
            // The dialog was closed, or opened again, while the browser asked for permission.
            Ok(false) => {}
            Err(_) if !self.is_open() => {}
            Err(error) => {
                self.live.stop();
                self.preview.set(Preview::Failed(error_text(&error)));
            }
        }
    }

    /// Returns when a photo can be taken: a video has a size before it has its first frame, and is blank until then. Returns `false`
    /// if the dialog was closed in the meantime.
    async fn connect(self) -> Result<bool, JsValue> {
        let stream = request(&self.choice.get_untracked()).await?;
        let Some(video) = self.video.get_untracked().filter(|_| self.is_open()) else {
            stop(&stream);
            return Ok(false);
        };
        // A stream that was requested before the dialog was closed and opened again.
        disconnect(&video);
        video.set_muted(true);
        video.set_src_object(Some(&stream));
        let playing = JsFuture::from(video.play()?).await;
        if video.src_object().as_ref() != Some(&stream) {
            return Ok(false);
        }
        playing.map(|_| true)
    }

    /// Stops everything, however the dialog was closed.
    fn release(self) {
        self.live.stop();
        self.preview.set(Preview::Off);
        if let Some(video) = self.video.get_untracked() {
            disconnect(&video);
        }
    }

    /// Shows the camera at the other side, or if there is none, the next one.
    async fn switch(self) {
        let Some(video) = self.video.get_untracked() else {
            return;
        };
        let before = video.src_object().as_ref().and_then(camera_of);
        let choice = match self.choice.get_untracked() {
            CameraChoice::Front => CameraChoice::Back,
            CameraChoice::Back => CameraChoice::Front,
            CameraChoice::Device(_) => self.next_camera(before.as_deref()),
        };
        // A phone has only one camera on at a time.
        disconnect(&video);
        self.choice.set(choice);
        self.start_preview().await;
        let now = video.src_object().as_ref().and_then(camera_of);
        if now.is_some() && now == before {
            disconnect(&video);
            self.choice.set(self.next_camera(before.as_deref()));
            self.start_preview().await;
        }
    }

    /// The camera after the one with this identifier.
    fn next_camera(self, camera: Option<&str>) -> CameraChoice {
        self.all.with_untracked(|all| {
            let place = all.iter().position(|id| Some(id.as_str()) == camera);
            let next = place.map_or(0, |place| (place + 1) % all.len());
            all.get(next)
                .map_or(CameraChoice::Back, |id| CameraChoice::Device(id.clone()))
        })
    }

    fn start_live(self) {
        let video = self.video;
        requests::live::start(self.app, self.live, move || {
            video.get_untracked().and_then(|video| pixels(&video))
        });
    }

    /// Closes the dialog, and classifies the video's current frame as a file.
    async fn take_photo(self) {
        let Some(video) = self.video.get_untracked() else {
            return;
        };
        let app = self.app;
        let number = app.upload.start();
        let file = snapshot(&video).await;
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
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
}

/// Lets the camera behind a video go.
fn disconnect(video: &HtmlVideoElement) {
    if let Some(stream) = video.src_object() {
        stop(&stream);
    }
    video.set_src_object(None);
}
