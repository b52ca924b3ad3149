//! Requests for a batch of files, which are classified one after the other between the visitor's other requests.

use leptos::prelude::*;
use leptos::task::spawn_local;
use photo::Route;
use protocol::Pixels;
use web_sys::File;

use super::upload::{choose_file, file_path, prepare};
use crate::state::AppState;
use crate::state::batch::{Available, BatchItem, ItemPredictions, ItemStatus};
use crate::state::image::ImageError;

/// The longest side of a thumbnail in the table; it is shown at half of this size, for screens of high resolution.
const THUMBNAIL: u32 = 96;

/// A batch continues when weights that it lacks were loaded.
pub fn watch(app: AppState) {
    let available = Memo::new(move |_| available(app));
    Effect::new(move |_| {
        available.track();
        run(app);
    });
}

/// Starts a batch in place of the current one, and shows its first file.
pub fn start(app: AppState, files: Vec<File>) {
    let names: Vec<String> = files.iter().map(file_path).collect();
    app.batch.replace(files, names);
    show_file(app, 0);
    run(app);
}

/// Removes the batch.
pub fn close(app: AppState) {
    app.messages.set_notice(None);
    app.batch.replace(Vec::new(), Vec::new());
}

/// Shows one of the files as if it had been chosen alone.
pub fn show_file(app: AppState, index: usize) {
    if let Some(file) = app.batch.file(index) {
        let number = choose_file(app, file);
        app.batch.set_shown(index, number);
    }
}

/// Stops after the file that is being classified.
pub fn stop(app: AppState) {
    app.batch.set_stopped(true);
}

/// Continues after a stop.
pub fn resume(app: AppState) {
    app.batch.set_stopped(false);
    run(app);
}

fn available(app: AppState) -> Available {
    Available {
        models: app.models.ready(),
        ensemble: app.ensemble.is_ready(),
        novelty: app.novelty.is_ready(),
        photo_network: app.photo_network.is_ready(),
    }
}

fn next(app: AppState) -> Option<BatchItem> {
    app.batch.next(&untrack(|| available(app)))
}

/// Classifies the remaining files, unless that is under way.
fn run(app: AppState) {
    if untrack(|| app.batch.is_running()) || next(app).is_none() {
        return;
    }
    app.batch.set_running(true);
    let batch = app.batch.number();
    spawn_local(async move {
        while !app.batch.is_stale(batch) {
            let Some(item) = next(app) else {
                app.batch.set_running(false);
                break;
            };
            classify(app, batch, &item).await;
        }
    });
}

async fn classify(app: AppState, batch: u32, item: &BatchItem) {
    let earlier = item.status.with_untracked(|s| s.predictions().cloned());
    let prepared = match earlier {
        Some(mut predictions) => {
            if predictions.lacks_photo(&untrack(|| available(app))) {
                // The photo itself is not kept.
                let again = prepare_item(app, batch, item.index).await;
                predictions.photo = again.ok().and_then(|again| again.photo);
                predictions.is_photo_requested = true;
            }
            Ok(predictions)
        }
        None => {
            item.status.set(ItemStatus::Answering);
            prepare_item(app, batch, item.index).await
        }
    };
    item.status.set(match prepared {
        Ok(mut predictions) => {
            complete(app, &mut predictions).await;
            ItemStatus::Answered(predictions)
        }
        Err(error) => ItemStatus::Failed(error.to_string()),
    });
}

/// Preprocesses a file, with the predictions that come with it.
async fn prepare_item(
    app: AppState,
    batch: u32,
    index: usize,
) -> Result<ItemPredictions, ImageError> {
    let file = app.batch.file(index);
    let file = file
        .filter(|_| !app.batch.is_stale(batch))
        .ok_or(ImageError::Replaced)?;
    let prepared = prepare(app, &file, None).await?;
    let grey = prepared.grey.grey();
    let grey = grey
        .filter(|_| !prepared.upright.is_empty())
        .ok_or(ImageError::Invalid)?;
    let thumbnail = prepared.upright.downscaled(THUMBNAIL);
    let mut item = ItemPredictions::new(thumbnail, grey);
    item.requested = prepared.predictions.iter().map(|p| p.model).collect();
    item.predictions = prepared.predictions.iter().map(Into::into).collect();
    item.is_photo = !matches!(prepared.route, Route::AsIs { .. });
    item.is_plain = prepared.is_plain;
    item.is_photo_requested = prepared.photo.is_some();
    item.photo = prepared.photo.map(|photo| photo.probabilities);
    Ok(item)
}

/// Requests what is available and missing: models, novelty detector and ensemble.
async fn complete(app: AppState, item: &mut ItemPredictions) {
    let client = app.engines.client();
    for model in untrack(|| app.models.ready()) {
        if item.requested.contains(&model) {
            continue;
        }
        item.requested.push(model);
        // The row shows how many models classified the file, so an error needs no message.
        if let Ok((prediction, _)) = client.classify(model, Pixels::from(&item.grey)).await {
            item.predictions.push((&prediction).into());
        }
    }
    if untrack(|| app.novelty.is_ready()) && !item.is_checked {
        let reply = client.detect_novelty(Pixels::from(&item.grey)).await;
        item.is_checked = true;
        item.is_known = reply.ok().map(|novelty| novelty.is_known);
    }
    if untrack(|| app.ensemble.is_ready()) {
        item.combined = item.predictions.len();
        if let Ok((probabilities, _)) = client.ensemble(item.predictions.clone()).await {
            item.ensemble = Some(probabilities);
        }
    }
}
