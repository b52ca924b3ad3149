//! The sections that are mounted after the first prediction, whose code is downloaded then.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::compare;
use super::editor;
use super::engine_panel::EnginePanel;
use super::explanation::ExplanationSection;
use super::footer::Footer;
use super::lazy_part::{Draw, LazyPart, Loading};
use super::paint::PaintDisclosure;
use super::quiz;
use super::share;
use crate::engine::sleep;
use crate::state::AppState;

/// Downloads the code of the sections, which draw themselves in their places.
pub fn load() -> Loading {
    Box::pin(code())
}

#[wasm_split(later, fallible)]
fn code() -> Result<Draw, SplitLoaderError> {
    Ok(|| {
        spawn_local(mount_all(expect_context::<AppState>()));
        ().into_any()
    })
}

/// Mounts the sections, each in a task of its own: together they would block the UI thread for too long.
async fn mount_all(app: AppState) {
    mount(app, "#answers", || {
        view! { <LazyPart name="The buttons to share the result" load=share::load/> }
    })
    .await;
    mount(app, "#answers", || view! { <PaintDisclosure/> }).await;
    mount(app, "#picture", || {
        view! { <LazyPart name="The image editor" load=editor::load/> }
    })
    .await;
    mount(app, "main", || view! { <ExplanationSection/> }).await;
    mount(app, "#reasons", || {
        view! { <LazyPart name="The button to save the heat map" load=share::load_heat_map/> }
    })
    .await;
    mount(app, "main", || {
        view! { <LazyPart name="The quiz" load=quiz::load/> }
    })
    .await;
    mount(app, "main", || view! { <EnginePanel/> }).await;
    mount(app, "main", || {
        view! { <LazyPart name="The comparison of the models" load=compare::load/> }
    })
    .await;
    mount(app, "body", || view! { <Footer/> }).await;
    app.address.set_complete();
}

/// Mounts a section at the end of an element.
pub async fn mount<V: IntoView + 'static>(app: AppState, parent: &str, section: fn() -> V) {
    sleep(Duration::ZERO).await;
    let element = document().query_selector(parent).ok().flatten();
    if let Some(element) = element {
        let with_context = move || {
            provide_context(app);
            section()
        };
        leptos::mount::mount_to(element.unchecked_into(), with_context).forget();
    }
}
