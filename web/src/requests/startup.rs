//! Requests after the start of the page: the gallery, the manifest, and what is loaded when the page is idle.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{Pixels, WeightsFile};
use shared::ModelId;

use crate::engine::{Engine, sleep};
use crate::state::{AppState, manifest};

/// The GPU engine is loaded this long after the weights, if the visitor has not chosen an image until then.
const IDLE: Duration = Duration::from_secs(4);
/// The rest of the page is drawn after this time, even if there is no prediction yet.
const PATIENCE: Duration = Duration::from_secs(3);
/// About one frame.
const FRAME: Duration = Duration::from_millis(16);

/// The CPU engine's warm-up and the GPU engine come last: after all weights, and after the first prediction or a while
/// without an image.
pub fn watch(app: AppState) {
    let has_prediction = Memo::new(move |_| app.models.has_prediction());
    Effect::new(move |_| {
        if !app.engines.are_weights_complete() {
            return;
        }
        if has_prediction.get() {
            start_gpu(app);
        } else {
            spawn_local(async move {
                sleep(IDLE).await;
                start_gpu(app);
            });
        }
    });
    spawn_local(load_gallery(app));
    spawn_local(load_manifest(app));
}

fn start_gpu(app: AppState) {
    spawn_local(warm_up(app));
    app.engines.client().start_gpu();
    notify_files_loaded();
}

async fn warm_up(app: AppState) {
    for model in ModelId::DEEP {
        // The times are those of the CPU engine, which need not be the active one any more.
        if let Some(micros) = app.engines.client().warm_up(model).await
            && untrack(|| app.engines.active()) == Engine::Cpu
        {
            app.timings.update(|t| t.record_model(model, micros));
        }
    }
}

async fn load_gallery(app: AppState) {
    wait_for_first_prediction(app).await;
    loop {
        match app.engines.client().load_gallery().await {
            Ok(images) => {
                let images = images.iter().filter_map(Pixels::grey);
                return app.site.set_gallery(images.collect());
            }
            Err(error) => app.messages.add_error(error.to_string()),
        }
        wait_for_another_image(app).await;
    }
}

/// Waits until another image is shown: the connection may be back.
async fn wait_for_another_image(app: AppState) {
    let number = untrack(|| app.upload.image_number());
    while untrack(|| app.upload.image_number()) == number {
        sleep(IDLE).await;
    }
}

async fn load_manifest(app: AppState) {
    wait_for_first_prediction(app).await;
    if let Some(url) = app.site.url("manifest.json") {
        app.site.set_manifest(manifest::fetch(&url).await);
    }
}

/// Waits while an image waits for its first prediction, so that the rest of the page does not delay it; on a slow connection, not
/// longer than a while.
pub async fn wait_for_first_prediction(app: AppState) {
    let mut waited = Duration::ZERO;
    while waited < PATIENCE && untrack(|| app.is_first_prediction_awaited()) {
        sleep(FRAME).await;
        waited += FRAME;
    }
}

/// Loads weights that the visitor asked for, or that failed before.
pub fn load_weights(app: AppState, file: WeightsFile) {
    app.messages.clear_errors();
    app.engines.client().load_weights(file);
}

/// Tells web/boot.js that all files are loaded, so that it stores them for the next visit.
pub fn notify_files_loaded() {
    if let Ok(event) = web_sys::Event::new("haberdash-settled") {
        // The event cannot be cancelled.
        let _ = document().dispatch_event(&event);
    }
}
