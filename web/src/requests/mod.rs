//! Requests to the engines: when they are made, and how their replies change the page's state.

pub mod address;
pub mod batch;
pub mod chosen_files;
pub mod edit;
pub mod image_arrays;
pub mod inside;
pub mod live;
pub mod painting;
pub mod photo_network;
pub mod smallest_change;
pub mod startup;
pub mod upload;

mod batch_files;
mod classify;
mod ensemble;
mod explanation;
mod novelty;
mod start_image;
mod test_image;

use crate::state::AppState;

/// Starts the requests that follow from changes of the state; to be called once, inside the app's owner.
pub fn watch(app: AppState) {
    classify::watch(app);
    startup::watch(app);
    ensemble::watch(app);
    novelty::watch(app);
    photo_network::watch(app);
    explanation::watch(app);
    batch::watch(app);
    address::watch(app);
}
