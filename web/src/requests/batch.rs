//! Requests for a batch of files, which are classified some at a time between the visitor's other requests.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use photo::{MAX_FILE_BYTES, PhotoError};
use protocol::{BatchFile, FileAnswer, Pixels};
use web_sys::File;

use super::upload::choose_file;
use crate::engine::EngineError;
use crate::state::AppState;
use crate::state::batch::{Available, BatchItem, BatchNotes, ItemPredictions, ItemStatus};
use crate::state::image::ImageError;

/// The largest number of files in one request.
const MAX_CHUNK: usize = 32;
/// The largest number of bytes in one request of several files: the worker holds all of them.
const MAX_CHUNK_BYTES: f64 = 4e6;

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

fn available(app: AppState) -> Available {
    Available::new(
        &app.models.ready(),
        app.ensemble.is_ready(),
        app.novelty.is_ready(),
        app.photo_network.is_ready(),
    )
}

/// The next files of the batch, at most `size`, and what is available for them.
fn next(app: AppState, size: usize) -> Option<(Vec<usize>, Available)> {
    let available = untrack(|| available(app));
    let chunk = app.batch.next(available, size, MAX_CHUNK_BYTES);
    (!chunk.is_empty()).then_some((chunk, available))
}

/// Classifies the remaining files, unless that is under way.
fn run(app: AppState) {
    if untrack(|| app.batch.is_running()) || next(app, 1).is_none() {
        return;
    }
    app.batch.set_running(true);
    let batch = app.batch.number();
    spawn_local(async move {
        // The first answer comes soon, and the others in chunks that take a tenth of a second.
        let mut size = 1;
        // How many of the next files are sent alone, as one of them has terminated the worker.
        let mut alone = 0;
        while !app.batch.is_stale(batch) {
            let Some((chunk, available)) = next(app, if alone > 0 { 1 } else { size }) else {
                app.batch.set_running(false);
                break;
            };
            let answered = classify(app, batch, &chunk, available).await;
            alone = match answered {
                0 => chunk.len(),
                _ => usize::saturating_sub(alone, chunk.len()),
            };
            size = if answered < chunk.len() {
                answered.max(1)
            } else {
                (2 * size).min(MAX_CHUNK)
            };
        }
    });
}

/// What is sent for some files of a batch.
#[derive(Default)]
struct Chunk {
    /// Their indices in the batch.
    indices: Vec<usize>,
    sent: Vec<BatchFile>,
    /// The files that are posted.
    posted: Vec<File>,
    /// What is known of the files that were classified before.
    earlier: HashMap<usize, ItemPredictions>,
}

/// Classifies some files, and returns how many of them were answered.
async fn classify(app: AppState, batch: u32, files: &[usize], available: Available) -> usize {
    let mut chunk = Chunk::default();
    let mut statuses = Vec::new();
    app.batch.items().with_untracked(|items| {
        for &index in files {
            let Some(file) = app.batch.file(index) else {
                continue;
            };
            let earlier = items.get(index).and_then(|item| item.status.predictions());
            let is_sent_as_file = match earlier {
                // The photo itself is not kept.
                Some(earlier) => earlier.lacks_photo(available),
                None => true,
            };
            if let Some(earlier) = earlier {
                chunk.earlier.insert(index, earlier.clone());
                if !is_sent_as_file {
                    chunk
                        .sent
                        .push(BatchFile::Prepared(Pixels::from(&earlier.grey)));
                }
            } else if file.size() > MAX_FILE_BYTES as f64 {
                // Not read: a large file would not fit into the engine's memory.
                let megabytes = (file.size() / 1e6).ceil() as u64;
                let error = ImageError::TooLarge(PhotoError::FileTooLarge { megabytes });
                statuses.push((index, ItemStatus::Failed(error.to_string())));
                continue;
            } else {
                statuses.push((index, ItemStatus::Answering));
            }
            if is_sent_as_file {
                chunk.sent.push(BatchFile::Bytes(Vec::new()));
                chunk.posted.push(file);
            }
            chunk.indices.push(index);
        }
    });
    if !statuses.is_empty() {
        app.batch.set_statuses(statuses);
    }
    if chunk.indices.is_empty() {
        return files.len();
    }
    let client = app.engines.client();
    let answers = client.classify_files(std::mem::take(&mut chunk.sent), &chunk.posted);
    let answers = match answers.await {
        Ok(answers) => answers,
        // The only file is to blame, or each one is tried alone.
        Err(error) if chunk.indices.len() == 1 && error != EngineError::NotBegun => {
            vec![Err(error)]
        }
        Err(_) => Vec::new(),
    };
    if app.batch.is_stale(batch) {
        return 0;
    }
    let answered = answers.len();
    let mut answers = answers.into_iter();
    let statuses = chunk.indices.iter().filter_map(|index| {
        let earlier = chunk.earlier.remove(index);
        let status = match (answers.next(), earlier) {
            (Some(answer), earlier) => status(answer, earlier, available),
            // Not reached this time.
            (None, None) => ItemStatus::Waiting,
            (None, Some(_)) => return None,
        };
        Some((*index, status))
    });
    app.batch.set_statuses(statuses.collect());
    answered + files.len() - chunk.indices.len()
}

/// The status after an answer.
fn status(
    answer: Result<FileAnswer, EngineError>,
    earlier: Option<ItemPredictions>,
    available: Available,
) -> ItemStatus {
    let predictions = answer.map(|answer| ItemPredictions::new(answer, available));
    let error = match (predictions, earlier) {
        (Ok(Some(later)), Some(earlier)) if !earlier.lacks_photo(available) => {
            return ItemStatus::Answered(Box::new(earlier.completed(later)));
        }
        (Ok(Some(predictions)), _) => return ItemStatus::Answered(Box::new(predictions)),
        // What was said before stays, and is not asked for again.
        (_, Some(mut earlier)) => {
            earlier.asked = available;
            return ItemStatus::Answered(Box::new(earlier));
        }
        (Ok(None), None) => ImageError::Invalid.to_string(),
        (Err(error), None) => error.to_string(),
    };
    ItemStatus::Failed(error)
}
