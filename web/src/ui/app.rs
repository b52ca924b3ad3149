//! The page as a whole: the image and its predictions, upload and gallery beside them, and below the explanation, the engines and the
//! comparison.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::model::PhotoClass;

use super::batch::BatchTable;
use super::embedding;
use super::ensemble_text;
use super::gallery::Gallery;
use super::header::Header;
use super::later_sections::{self, mount};
use super::lazy_part::LazyPart;
use super::messages::MessageList;
use super::picture_mark::PictureMark;
use super::predictions::{CombinedAnswer, Predictions};
use super::preview::Preview;
use super::unchecked::Unchecked;
use super::upload::{DropZone, accept_files_anywhere};
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
    if embedding::apply() {
        accept_files_anywhere(app);
    }
    spawn_local(mount_sections(app));
    let has_image = move || app.upload.image().with(Option::is_some);
    let has_photo = move || {
        let image = app.upload.image();
        image.with(|image| image.as_ref().is_some_and(|image| image.has_photo()))
    };
    let headline_class = Signal::derive(move || ensemble_text::headline_class(app));
    view! {
        <a class="skip" href="#answers">"Skip to the predictions"</a>
        <Header/>
        <main>
            <div class="columns">
                <div class="results-column" id="answers" tabindex="-1">
                    <MessageList/>
                    <BatchTable/>
                    <section id="picture" aria-labelledby="picture-title">
                        <h2 id="picture-title" class="visually-hidden">"The image and the answer"</h2>
                        <div class="image-row" class:has-photo=has_photo>
                            <Preview/>
                            <div class="answer">
                                <p
                                    class="summary"
                                    class:waiting=move || !has_image()
                                    data-testid="headline"
                                    data-label=move || headline_class.get().map(PhotoClass::label)
                                    data-known=move || app.is_known().map(|known| known.to_string())
                                    data-confidence=move || app.answer().map(|a| a.confidence.to_string())
                                    prop:textContent=move || ensemble_text::headline(app)
                                ></p>
                                <p class="truth">
                                    <PictureMark predicted=headline_class/>
                                    <span prop:textContent=move || ensemble_text::truth(app)></span>
                                </p>
                                <Unchecked/>
                            </div>
                        </div>
                    </section>
                </div>
                <div class="input-column" id="try">
                    <DropZone/>
                    <Gallery/>
                </div>
            </div>
        </main>
    }
}

/// Mounts the remaining sections: the predictions at once, the others after the first prediction.
async fn mount_sections(app: AppState) {
    mount(app, ".image-row", || view! { <CombinedAnswer/> }).await;
    mount(app, "#answers", || view! { <Predictions/> }).await;
    wait_for_first_prediction(app).await;
    mount(app, "main", || {
        view! { <LazyPart name="The rest of the page" load=later_sections::load/> }
    })
    .await;
}
