//! The page and its engines: what the visitor sees, and the workers that answer.
//!
//! Without features this is the protocol alone, so that native tests can speak it to a worker.

pub mod engine;
pub mod ui;
