//! The protocol between the page and its workers: requests, replies, and their encoding with postcard.
//!
//! Each request has a number, and its reply has the same number. A worker sends two replies without a request, with the number 0:
//! [`Reply::Ready`] after its start, and [`Reply::Fatal`] if it cannot continue.

mod error;
mod message;
mod reply;
mod request;
mod test_set;

pub use error::{
    CodePart, Download, DownloadError, FatalError, GPU_FEATURE, MAX_BATCH, MAX_RUNS, RequestError,
};
pub use message::{Message, MessageError, UNASKED, decode, encode};
pub use reply::{
    AllAnswers, FileAnswer, FrameAnswer, FrameHeatMap, Method, PhotoPrediction, Prepared,
    RawHeatMap, Reply, TimedPrediction,
};
pub use request::{BatchFile, Case, Pixels, Request, Source};
pub use shared::model::WeightsFile;
pub use test_set::{TEST_SET_SIZE, TestSetPart};

/// The largest accepted difference between an engine's probability and the reference's.
pub const TOLERANCE: f32 = 1e-3;
