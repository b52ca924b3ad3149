//! Requests for the files of a batch, which are classified some at a time between the visitor's other requests, by several workers if
//! there are many.

use std::collections::HashMap;
use std::time::Duration;

use leptos::prelude::*;
use photo::{MAX_FILE_BYTES, PhotoError};
use protocol::{BatchFile, FileAnswer, Pixels};
use web_sys::File;

use crate::engine::{BatchWorker, EngineError, Jobs, share_out, sleep};
use crate::state::AppState;
use crate::state::batch::{Available, ItemPredictions, ItemStatus};
use crate::state::image::ImageError;

/// The largest number of files in one request.
const MAX_CHUNK: usize = 32;
/// The largest number of bytes in one request of several files: the worker holds all of them.
const MAX_CHUNK_BYTES: f64 = 4e6;

/// From this number of waiting files on it is worth starting more workers.
const MANY_FILES: usize = 50;
/// How often it is looked whether the weights are loaded.
const WEIGHTS_INTERVAL: Duration = Duration::from_millis(100);

/// What is loaded.
pub fn available(app: AppState) -> Available {
    Available::new(
        &app.models.ready(),
        app.ensemble.is_ready(),
        app.novelty.is_ready(),
        app.photo_network.is_ready(),
    )
}

/// Classifies the files of the batch of this number, until none waits.
pub async fn classify_files(app: AppState, batch: u32) {
    // More workers are started when all weights are loaded, as their downloads would delay those.
    let prepare = async |worker: &BatchWorker| {
        while !worker.is_engine() && !untrack(|| app.engines.are_weights_complete()) {
            sleep(WEIGHTS_INTERVAL).await;
        }
        worker.prepare(&untrack(|| available(app)).files()).await
    };
    let are_many = app.batch.waiting(MANY_FILES) == MANY_FILES;
    let workers = app.engines.client().batch_workers(are_many);
    // The first answer comes soon, and the others in chunks that take a tenth of a second.
    let mut chunks = Chunks {
        app,
        batch,
        size: 1,
    };
    share_out(workers, &mut chunks, prepare, classify).await;
}

/// The files of a batch, some at a time.
struct Chunks {
    app: AppState,
    batch: u32,
    /// The largest number of files in the next one.
    size: usize,
}

/// What is sent for some files of a batch.
struct Chunk {
    available: Available,
    /// The files' indices in the batch.
    indices: Vec<usize>,
    sent: Vec<BatchFile>,
    /// The files that are posted.
    posted: Vec<File>,
    /// What is known of the files that were classified before.
    earlier: HashMap<usize, ItemPredictions>,
}

/// The answers to the first files of a chunk.
struct ChunkAnswers {
    answers: Result<Vec<Result<FileAnswer, EngineError>>, EngineError>,
    /// Whether the CPU engine's own worker was asked.
    by_engine: bool,
}

/// Asks a worker.
async fn classify(worker: &BatchWorker, chunk: &Chunk) -> ChunkAnswers {
    let answers = if worker.prepare(&chunk.available.files()).await {
        worker
            .classify_files(chunk.sent.clone(), &chunk.posted)
            .await
    } else {
        Err(EngineError::NotBegun)
    };
    ChunkAnswers {
        answers,
        by_engine: worker.is_engine(),
    }
}

impl Jobs for Chunks {
    type Job = Chunk;
    type Answer = ChunkAnswers;

    fn next(&mut self) -> Option<Chunk> {
        let batch = self.app.batch;
        while !batch.is_stale(self.batch) {
            let available = untrack(|| available(self.app));
            let files = batch.take(available, self.size, MAX_CHUNK_BYTES);
            if files.is_empty() {
                return None;
            }
            let chunk = self.chunk(&files, available);
            if !chunk.indices.is_empty() {
                return Some(chunk);
            }
        }
        None
    }

    fn receive(
        &mut self,
        mut chunk: Chunk,
        ChunkAnswers { answers, by_engine }: ChunkAnswers,
    ) -> bool {
        let batch = self.app.batch;
        if batch.is_stale(self.batch) {
            return false;
        }
        let count = chunk.indices.len();
        let answers = match answers {
            Ok(answers) => answers,
            Err(error) => {
                let has_terminated =
                    matches!(error, EngineError::Terminated | EngineError::TooLong(_));
                // Another failure of a worker of the pool says nothing about the files.
                let is_theirs = has_terminated || by_engine && error != EngineError::NotBegun;
                match count {
                    // The only file is to blame.
                    1 if is_theirs => vec![Err(error)],
                    _ => {
                        if is_theirs {
                            batch.suspect(&chunk.indices);
                        }
                        Vec::new()
                    }
                }
            }
        };
        let answered = answers.len();
        self.size = if answered < count {
            answered.max(1)
        } else {
            (2 * self.size).min(MAX_CHUNK)
        };
        let mut answers = answers.into_iter();
        let statuses = chunk.indices.iter().filter_map(|index| {
            let earlier = chunk.earlier.remove(index);
            let status = match (answers.next(), earlier) {
                (Some(answer), earlier) => status(answer, earlier, chunk.available),
                // Not reached this time.
                (None, None) => ItemStatus::Waiting,
                (None, Some(_)) => return None,
            };
            Some((*index, status))
        });
        batch.set_statuses(statuses.collect());
        batch.put_back(&chunk.indices);
        true
    }
}

impl Chunks {
    /// What is sent for these files; nothing for those that are too large.
    fn chunk(&self, files: &[usize], available: Available) -> Chunk {
        let batch = self.app.batch;
        let mut chunk = Chunk {
            available,
            indices: Vec::new(),
            sent: Vec::new(),
            posted: Vec::new(),
            earlier: HashMap::new(),
        };
        let mut statuses = Vec::new();
        batch.items().with_untracked(|items| {
            for &index in files {
                let Some(file) = batch.file(index) else {
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
                        let grey = Pixels::from(&earlier.grey);
                        chunk.sent.push(BatchFile::Prepared(grey));
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
            batch.set_statuses(statuses);
        }
        chunk
    }
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
