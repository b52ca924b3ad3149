//! What the CPU worker and the GPU worker share: the message loop, downloads, the validation of requests, and the self-test.

pub mod batch;
mod download;
mod global_scope;
mod message_loop;
pub mod self_test;
pub mod validation;

pub use global_scope::{elapsed_micros, log, now, report_fatal};
pub use message_loop::{CodeDownload, Engine, serve};
