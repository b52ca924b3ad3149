//! The table of a batch of files, its evaluation, and the export of both.

mod csv;
mod evaluation;
mod evaluation_view;
mod json;
mod order;
mod panel;
mod row;
mod save;

use leptos::prelude::*;

use crate::state::AppState;

/// Shown while there is a batch.
#[component]
pub fn BatchTable() -> impl IntoView {
    let app = expect_context::<AppState>();
    let current = app.batch.current();
    // A new batch begins with an own order, page and list of corrections.
    move || current.get().map(|_| panel::panel(app))
}
