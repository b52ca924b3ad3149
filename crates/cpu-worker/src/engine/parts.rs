//! The parts of the CPU engine: which one answers a request, and the download of those that are not in the first download. A part is
//! downloaded before the first request that needs it.

use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};

use protocol::{CodePart, Download, DownloadError, Reply, Request, RequestError};
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use worker_runtime::{CodeDownload, Engine};

use super::CpuEngine;

/// What answers the requests of a part.
type Answer = for<'a> fn(&'a mut CpuEngine, Request) -> Pin<Box<dyn Future<Output = Reply> + 'a>>;

/// A part.
#[derive(Clone, Copy)]
struct Part(CodePart);

/// Whether the parts are loaded, in the order of [`CodePart`].
static LOADED: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];

impl Part {
    /// The part that answers a request; `None` if the first download does.
    fn of(request: &Request) -> Option<Self> {
        Some(Self(match request {
            Request::Gallery { .. }
            | Request::ReadArray { .. }
            | Request::Prepare { .. }
            | Request::Edit { .. }
            | Request::ClassifyPhoto { .. }
            | Request::ExplainPhoto { .. }
            | Request::ClassifyFiles { .. }
            | Request::ClassifyFrame { .. } => CodePart::Photos,
            Request::Explain { .. }
            | Request::Reason { .. }
            | Request::Occlude { .. }
            | Request::TestMaps { .. }
            | Request::FindSmallestChange { .. }
            | Request::Layers { .. }
            | Request::Cell { .. }
            | Request::FeatureScores { .. } => CodePart::Explanations,
            _ => return None,
        }))
    }

    /// Whether the part has been downloaded.
    fn is_loaded(self) -> bool {
        LOADED[self.0 as usize].load(Ordering::Relaxed)
    }

    /// Downloads the part, unless it has been.
    ///
    /// # Errors
    /// The download failed. It can be tried again.
    async fn load(self) -> Result<Answer, RequestError> {
        let answer = match self.0 {
            CodePart::Photos => photos().await,
            CodePart::Explanations => explanations().await,
        };
        let answer = answer.map_err(|_| RequestError::Download {
            file: Download::Code(self.0),
            error: DownloadError::NoResponse,
        })?;
        LOADED[self.0 as usize].store(true, Ordering::Relaxed);
        Ok(answer)
    }
}

impl Engine for CpuEngine {
    async fn answer(&mut self, request: Request) -> Reply {
        match Part::of(&request) {
            None => self.reply(request).unwrap_or_else(Reply::Error),
            Some(part) => match part.load().await {
                Ok(answer) => answer(self, request).await,
                Err(error) => Reply::Error(error),
            },
        }
    }

    fn code(request: &Request) -> Option<CodeDownload> {
        let part = Part::of(request).filter(|part| !part.is_loaded())?;
        Some(Box::pin(async move { part.load().await.map(drop) }))
    }
}

#[wasm_split(photos, fallible)]
fn photos() -> Result<Answer, SplitLoaderError> {
    Ok(|engine, request| Box::pin(engine.answer_about_photos(request)))
}

#[wasm_split(explanations, fallible)]
fn explanations() -> Result<Answer, SplitLoaderError> {
    Ok(|engine, request| {
        let reply = engine.reply_about_explanations(request);
        Box::pin(core::future::ready(reply.unwrap_or_else(Reply::Error)))
    })
}
