//! The page's state.

pub mod batch;
pub mod edit_state;
pub mod image;
pub mod manifest;
pub mod models;
pub mod page;
pub mod timings;
