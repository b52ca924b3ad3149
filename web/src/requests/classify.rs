//! Requests for the models' predictions for the image on the page.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{Pixels, TimedPrediction};
use shared::ModelId;

use super::startup::notify_files_loaded;
use crate::engine::Engine;
use crate::state::AppState;
use crate::state::image::InputImage;
use crate::state::models::ModelPrediction;
use crate::state::timings::Timings;

/// A model whose weights were loaded classifies the image; all do when another engine becomes active.
pub fn watch(app: AppState) {
    Effect::new(move |_| {
        if let Some(model) = app.models.last_loaded() {
            classify(app, model);
        }
    });
    let engine = Memo::new(move |_| {
        let status = app.engines.status();
        status.with(|s| s.as_ref().map(|s| s.active_engine()))
    });
    Effect::new(move |before: Option<Option<Engine>>| {
        let now = engine.get();
        if before.flatten().is_some_and(|before| Some(before) != now) {
            app.timings.set(Timings::default());
            for model in ModelId::ALL {
                classify(app, model);
            }
            notify_files_loaded();
        }
        now
    });
}

/// Shows an image with the predictions that it already has, and requests the others.
///
/// The requests are sent before the page is updated, so that the engine computes meanwhile.
pub fn show_image(app: AppState, image: InputImage, predictions: &[TimedPrediction]) {
    let number = image.number;
    app.upload.replace_untracked(image);
    for model in ModelId::ALL {
        match predictions.iter().find(|p| p.model == model) {
            Some(prediction) => set_prediction(app, number, prediction.clone(), Engine::Cpu),
            None => classify(app, model),
        }
    }
    app.upload.notify();
}

/// Requests a model's prediction, if its weights are loaded.
fn classify(app: AppState, model: ModelId) {
    let Some(image) = app.upload.image().get_untracked() else {
        return;
    };
    if !untrack(|| app.models.is_ready(model)) {
        return;
    }
    let request = app.models.start_request(model);
    spawn_local(async move {
        let client = app.engines.client();
        let reply = client.classify(model, Pixels::from(&image.grey)).await;
        if app.models.is_stale(model, request) {
            return;
        }
        match reply {
            Ok((prediction, engine)) => set_prediction(app, image.number, prediction, engine),
            Err(error) => {
                let error = error.to_string();
                app.models.set_error(model, error.clone());
                app.messages.add_error(error);
            }
        }
    });
}

fn set_prediction(app: AppState, image: u32, timed: TimedPrediction, engine: Engine) {
    app.timings.update(|t| t.record(&timed));
    app.models.set_prediction(ModelPrediction {
        image,
        timed,
        engine,
    });
}
