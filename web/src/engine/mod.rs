//! The page's side of the engines, which run in workers and answer the requests of [`protocol`].

mod api;
mod assets;
mod client;
mod engine_selection;
mod gpu_startup;
mod rpc;
mod speeds;
mod test_set;
mod timing;
mod webgpu;
mod weight_loader;
mod worker_lifecycle;

pub use assets::Assets;
pub use client::{Client, EngineEvent};
pub use engine_selection::{Engine, EngineChoice, EngineStatus};
pub use speeds::format_rate;
pub use timing::BATCH_SIZE;
pub use webgpu::sleep;
pub use weight_loader::WeightsState;
