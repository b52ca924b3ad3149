//! CPU training backend: forward pass, gradients and AdamW for a table of layers, in SIMD kernels.
//!
//! It trains a network several times as fast as burn's CPU backends and gives the same results up to rounding. A batch is split
//! into four shards with gradients of their own; threads synchronise only at batch norms and where the gradients are added up,
//! always in the order of the shards. So the number of threads changes no bit of the result.

mod adamw;
mod backend;
mod batch_norm;
mod conv;
mod elementwise;
mod executor;
mod gemm;
mod inference;
mod initial;
mod loss;
pub mod photo_network;
mod program;
mod shard;
mod state;

pub use adamw::ema_rate;
pub use backend::{CpuBackend, TrainingConfig};
pub use inference::{INFERENCE_BATCH, InferenceNetwork};
pub use initial::initial_values;
pub use loss::{Batch, Loss, StepResult, softmax};
pub use state::{StateError, StatePart};
