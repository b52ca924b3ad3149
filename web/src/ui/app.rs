//! The page as a whole: upload and gallery at the left, the image and its predictions at the right, the comparison below.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::model::PhotoClass;
use wasm_bindgen::JsCast;

use super::batch::BatchTable;
use super::compare;
use super::editor;
use super::engine_panel::EnginePanel;
use super::ensemble_text;
use super::explanation::ExplanationSection;
use super::gallery::Gallery;
use super::header::{Footer, Header};
use super::lazy_part::LazyPart;
use super::messages::MessageList;
use super::predictions::Predictions;
use super::preview::Preview;
use super::unchecked::Unchecked;
use super::upload::{DropZone, accept_files_anywhere};
use crate::engine::sleep;
use crate::requests;
use crate::requests::startup::wait_for_first_prediction;
use crate::state::AppState;

/// Replaces the loading screen by the page.
pub fn open() {
    let loading = document().get_element_by_id("loading");
    leptos::mount::mount_to_body(App);
    if let Some(loading) = loading {
        loading.remove();
    }
}

#[component]
fn App() -> impl IntoView {
    let app = AppState::start();
    provide_context(app);
    requests::watch(app);
    accept_files_anywhere(app);
    spawn_local(mount_sections(app));
    let has_image = move || app.upload.image().with(Option::is_some);
    view! {
        <a class="skip" href="#answers">"Skip to the predictions"</a>
        <Header/>
        <main>
            <div class="columns">
                <div class="input-column">
                    <DropZone/>
                    <Gallery/>
                </div>
                <div class="results-column" id="answers" tabindex="-1">
                    <MessageList/>
                    <BatchTable/>
                    <section id="picture" aria-labelledby="picture-title">
                        <h2 id="picture-title">"The image"</h2>
                        <div class="image-row">
                            <Preview/>
                            <p
                                class="summary"
                                class:waiting=move || !has_image()
                                data-testid="headline"
                                data-label=move || ensemble_text::headline_class(app).map(PhotoClass::label)
                                data-known=move || app.is_known().map(|known| known.to_string())
                                data-confidence=move || app.answer().map(|a| a.confidence.to_string())
                                prop:textContent=move || ensemble_text::headline(app)
                            ></p>
                        </div>
                        <Unchecked/>
                    </section>
                </div>
            </div>
        </main>
    }
}

/// Mounts the remaining sections, each in a task of its own: together they would block the UI thread for too long. Only
/// the predictions are mounted before the first prediction.
async fn mount_sections(app: AppState) {
    mount(app, "#answers", || view! { <Predictions/> }).await;
    wait_for_first_prediction(app).await;
    mount(app, "#verdicts", || view! { <EnginePanel/> }).await;
    mount(app, "#picture", || {
        view! { <LazyPart name="The image editor" load=editor::load/> }
    })
    .await;
    mount(app, "#answers", || view! { <ExplanationSection/> }).await;
    mount(app, "main", || {
        view! { <LazyPart name="The comparison of the models" load=compare::load/> }
    })
    .await;
    mount(app, "body", || view! { <Footer/> }).await;
}

/// Mounts a section at the end of an element.
async fn mount<V: IntoView + 'static>(app: AppState, parent: &str, section: fn() -> V) {
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
