//! Requests to the engines, and what their replies change in the page's state.

pub mod batch;
pub mod inquiry;
pub mod upload;
