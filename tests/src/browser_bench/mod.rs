//! Benchmark of the page's engines against ONNX Runtime Web and TensorFlow.js: the same networks in the same Chromium.
//!
//! `cargo xtask bench-web` prepares what the benchmark needs: the built site, the other libraries, the networks as ONNX files.

mod download_size;
mod engine;
mod goal;
mod harness;
mod inference_time;
mod keras_export;
mod longest_task;
mod measurements;
mod page_load;
mod page_runs;
pub mod report;
mod run;
mod slow_line;
mod statistics;
mod summary_rows;

pub use harness::{Folders, Harness};
pub use run::run;
