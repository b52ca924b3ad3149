//! Requests for a batch of files: its start, its end, and when it runs.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::File;

use super::batch_files::{available, classify_files};
use super::upload::choose_file;
use crate::state::AppState;
use crate::state::batch::{BatchItem, BatchNotes};

const NOT_LOADED: &str =
    "The code for several images could not be loaded: check the connection, then press Resume.";

/// A batch continues when weights that it lacks were loaded.
pub fn watch(app: AppState) {
    let available = Memo::new(move |_| available(app));
    Effect::new(move |_| {
        available.track();
        run(app);
    });
}

/// Starts a batch in place of the current one, and shows its first file.
pub fn start(app: AppState, files: Vec<File>, items: Vec<BatchItem>, notes: BatchNotes) {
    app.batch.replace(files, items, notes);
    show_file(app, 0);
    run(app);
}

/// Removes the batch.
pub fn close(app: AppState) {
    app.messages.set_notice(None);
    app.batch
        .replace(Vec::new(), Vec::new(), BatchNotes::default());
}

/// Shows one of the files as if it had been chosen alone.
pub fn show_file(app: AppState, index: usize) {
    if let Some(file) = app.batch.file(index) {
        let number = choose_file(app, file);
        app.batch.set_shown(index, number);
    }
}

/// Stops after the files that are being classified.
pub fn stop(app: AppState) {
    app.batch.set_stopped(true);
}

/// Continues after a stop.
pub fn resume(app: AppState) {
    app.batch.set_stopped(false);
    run(app);
}

/// Classifies the remaining files, unless that is under way.
fn run(app: AppState) {
    if untrack(|| app.batch.is_running() || !app.batch.has_next(available(app))) {
        return;
    }
    app.batch.set_running(true);
    let batch = app.batch.number();
    spawn_local(async move {
        let classify = classification().await;
        let is_loaded = classify.is_ok();
        if let Ok(classify) = classify {
            classify(app, batch).await;
        }
        if !app.batch.is_stale(batch) {
            app.batch.set_running(false);
            if !is_loaded {
                app.batch.set_stopped(true);
                app.messages.add_error(NOT_LOADED.into());
            }
        }
    });
}

/// Classifies the files of the batch of this number, until none waits.
type Classify = fn(AppState, u32) -> Pin<Box<dyn Future<Output = ()>>>;

/// Downloads the code, with that of the batch's table.
#[wasm_split(batch, fallible)]
fn classification() -> Result<Classify, SplitLoaderError> {
    Ok(|app, batch| Box::pin(classify_files(app, batch)))
}
