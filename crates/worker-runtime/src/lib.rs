//! What the CPU worker and the GPU worker share: the message loop, downloads, checks of requests and the self-test.

pub mod batch;
mod download;
pub mod self_test;
pub mod validation;
mod worker_runtime;

pub use worker_runtime::{Engine, failure, fatal, now, serve, since};
