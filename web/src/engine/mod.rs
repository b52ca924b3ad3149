//! The page's side of the engines, which run in workers and answer the requests of [`protocol`].

mod api;
mod assets;
mod client;
mod engine_selection;
mod error;
mod events;
mod gallery;
mod gpu_startup;
mod rpc;
mod status_store;
mod test_set;
mod timer;
mod watchdog;
mod weight_loader;
mod worker_lifecycle;

pub use api::{BatchPrediction, CLASSICAL_BATCH_SIZE, Novelty, batch_size};
pub use assets::Assets;
pub use client::Client;
pub use engine_selection::{Engine, EngineChoice, EngineStatus, format_rate};
pub use error::EngineError;
pub use events::{EngineEvent, WeightsState};
pub use test_set::TestSet;
pub use timer::sleep;
pub use weight_loader::saves_data;
