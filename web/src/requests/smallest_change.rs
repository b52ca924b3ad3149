//! Requests for small changes after which a model predicts another class. The engine works on one for a short time and is asked again,
//! so that it answers other requests in between.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::Pixels;
use shared::explain::SearchState;
use shared::{Grey28, ModelId};

use crate::state::AppState;

/// Where the search of one model stands, and the image that it began at.
pub type Search = Option<(Grey28, SearchState)>;

/// Searches for the models one after the other, as long as the page shows the same image.
pub fn search(app: AppState, models: Vec<(ModelId, RwSignal<Search>)>) {
    let Some(image) = app.upload.image().get_untracked() else {
        return;
    };
    let grey = image.grey.clone();
    for (_, found) in &models {
        found.set(Some((grey.clone(), SearchState::Running { pixels: 0 })));
    }
    spawn_local(async move {
        for (model, found) in models {
            search_one(app, model, &grey, found).await;
        }
    });
}

async fn search_one(app: AppState, model: ModelId, grey: &Grey28, found: RwSignal<Search>) {
    let is_shown = || {
        let image = app.upload.image();
        image.with_untracked(|image| image.as_ref().is_some_and(|image| image.grey == *grey))
    };
    // The section may have been closed, or a search at another image started.
    let is_wanted = || {
        let of = |search: &Search| search.as_ref().is_some_and(|(of, _)| of == grey);
        found.try_with_untracked(of) == Some(true)
    };
    while is_wanted() {
        if !is_shown() {
            return found.set(None);
        }
        let client = app.engines.client();
        let reply = client.find_smallest_change(model, Pixels::from(grey)).await;
        if !is_wanted() {
            return;
        }
        match reply {
            Ok(state) => {
                let is_running = matches!(state, SearchState::Running { .. });
                found.set(Some((grey.clone(), state)));
                if !is_running {
                    return;
                }
            }
            Err(error) => {
                found.set(None);
                app.messages.add_error(error.to_string());
                return;
            }
        }
    }
}
