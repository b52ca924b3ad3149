//! The page's side of the engines, which run in workers and answer the requests of [`protocol`].

mod api;
mod assets;
mod batches;
mod client;
mod engine_selection;
mod error;
mod events;
mod gallery;
mod gpu_startup;
mod job_sharing;
mod rpc;
mod status_store;
mod test_set;
mod timer;
mod watchdog;
mod weight_loader;
mod worker_lifecycle;
mod worker_pool;

pub use api::Novelty;
pub use assets::Assets;
pub use batches::{BatchPrediction, BatchWorker};
pub use client::Client;
pub use engine_selection::{Engine, EngineChoice, EngineStatus, format_rate};
pub use error::EngineError;
pub use events::{EngineEvent, WeightsState};
pub use job_sharing::{Jobs, share_out};
pub use test_set::TestSet;
pub use timer::{sleep, with_timeout};
pub use weight_loader::saves_data;
