//! Requests to the photo network: its weights for the first photo, then a prediction for each.
//!
//! Where the browser is set to save data, the weights are loaded when the visitor asks for them.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use photo::Edits;
use shared::model::PhotoClass;

use super::startup::notify_files_loaded;
use crate::engine::{WeightsState, saves_data};
use crate::state::AppState;
use crate::state::image::InputImage;

/// Every photo is classified, as soon as the network is loaded. The first one makes the page load it.
pub fn watch(app: AppState) {
    let is_wanted = Memo::new(move |_| app.is_photo() || app.batch.has_photo());
    Effect::new(move |_| {
        let weights = app.photo_network.weights();
        if is_wanted.get() && !saves_data() && weights.get_untracked() == WeightsState::Deferred {
            load(app);
        }
    });
    Effect::new(move |_| {
        if app.photo_network.is_ready() {
            notify_files_loaded();
        }
    });
    let target = Memo::new(move |_| {
        let image = app.upload.image_number();
        image.filter(|_| app.is_photo() && app.photo_network.is_ready())
    });
    Effect::new(move |_| {
        // To be read first: a memo that is not read is not tracked.
        let number = target.get();
        let image = app.upload.image().get_untracked();
        let Some(image) = image.filter(|i| number == Some(i.number)) else {
            return;
        };
        // A new worker does not have the photo.
        if app.photo_network.prediction.is_for(image.number) {
            return;
        }
        spawn_local(async move {
            let client = app.engines.client();
            let reply = client.classify_photo(image.photo, edits(&image)).await;
            if target.try_get_untracked().flatten() == Some(image.number) {
                let result = reply.map_err(|error| error.to_string());
                app.photo_network.prediction.set(image.number, result);
            }
        });
    });
}

/// Loads the weights; after an error, again.
pub fn load(app: AppState) {
    app.engines.client().load_photo_network();
}

/// Requests the heat map of a class for the photo on the page.
pub fn explain(app: AppState, class: PhotoClass) {
    let Some(image) = app.upload.image().get_untracked() else {
        return;
    };
    spawn_local(async move {
        let client = app.engines.client();
        match client
            .explain_photo(image.photo, edits(&image), class)
            .await
        {
            Ok(map) if !app.upload.is_stale(image.number) => {
                app.photo_network
                    .set_heat_map(Some((image.number, class, map)));
            }
            Ok(_) => {}
            Err(error) => app.messages.add_error(error.to_string()),
        }
    });
}

fn edits(image: &Arc<InputImage>) -> Edits {
    let preprocessing = image.preprocessing.as_ref();
    preprocessing.map_or_else(Edits::default, |p| p.edits.clone())
}
