//! The page as a whole: a counter to hand pictures in, a fitting room to see the answers.

use leptos::prelude::*;

use super::drop_zone::DropZone;
use super::engine_panel::EnginePanel;
use super::footer::Footer;
use super::gallery::Gallery;
use super::grad_cam::GradCam;
use super::masthead::Masthead;
use super::model_card::ModelCard;
use super::notices::Notices;
use super::page::Page;
use super::specimen::Specimen;
use shared::ModelId;

/// Takes the place of the loading screen.
pub fn open() {
    let loading = document().get_element_by_id("loading");
    leptos::mount::mount_to_body(App);
    if let Some(loading) = loading {
        loading.remove();
    }
}

#[component]
fn App() -> impl IntoView {
    let page = Page::open();
    provide_context(page);
    super::file::accept_anywhere(page);
    view! {
        <a class="skip" href="#answers">"Skip to the answers"</a>
        <Masthead/>
        <main>
            <div class="counter">
                <DropZone/>
                <Gallery/>
            </div>
            <div class="fitting" id="answers" tabindex="-1">
                <Notices/>
                <section aria-labelledby="picture-title">
                    <h2 id="picture-title">"The picture"</h2>
                    <div class="exhibit">
                        <Specimen/>
                        <p class="said" class:waiting=move || page.picture.with(Option::is_none)>
                            {move || page.summary()}
                        </p>
                    </div>
                </section>
                <section aria-labelledby="verdict-title">
                    <h2 id="verdict-title">"The verdicts"</h2>
                    <p class="unseen" aria-live="polite">{move || page.announcement()}</p>
                    <div class="cards">
                        {ModelId::ALL.map(|model| view! { <ModelCard model/> })}
                    </div>
                    <EnginePanel/>
                </section>
                <GradCam/>
            </div>
        </main>
        <Footer/>
    }
}
