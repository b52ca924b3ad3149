//! The page's state: one file for each part, which owns its signals, and `AppState`, which holds all parts.

pub mod address;
pub mod app_state;
pub mod batch;
pub mod edit_state;
pub mod engines;
pub mod ensemble;
pub mod explanation;
pub mod image;
pub mod inside;
pub mod latest_result;
pub mod live;
pub mod manifest;
pub mod messages;
pub mod models;
pub mod novelty;
pub mod painting;
pub mod painting_steps;
pub mod photo_network;
pub mod quiz;
pub mod site_data;
pub mod smoothing;
pub mod stale_answers;
pub mod test_images;
pub mod timings;
pub mod upload;

pub use app_state::AppState;
