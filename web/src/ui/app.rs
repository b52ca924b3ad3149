//! The page as a whole: a counter to hand pictures in, a fitting room to see the answers.

use leptos::prelude::*;

use super::compare::Compare;
use super::drop_zone::DropZone;
use super::engine_panel::EnginePanel;
use super::figures::milliseconds;
use super::footer::Footer;
use super::gallery::Gallery;
use super::masthead::Masthead;
use super::model_row::ModelRow;
use super::notices::Notices;
use super::page::Page;
use super::reasons::Reasons;
use super::specimen::Specimen;
use super::vote_panel::VotePanel;
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
    // Of the picture on show: any classical model's answer tells.
    let features = move || {
        ModelId::CLASSICAL.into_iter().find_map(|model| {
            let state = page.model(model);
            state.with(|m| m.answer.as_ref().and_then(|a| a.verdict.features_micros))
        })
    };
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
                    <VotePanel/>
                    <div class="ledger">
                        <p class="line heads" aria-hidden="true">
                            <span>"Model"</span>
                            <span>"Says"</span>
                            <span>"How sure"</span>
                            <span class="time">"Time"</span>
                            <span class="size">"Size"</span>
                        </p>
                        <ul class="rows">
                            {ModelId::ALL.map(|model| view! { <ModelRow model/> })}
                        </ul>
                        <p class="small shared" data-testid="features" data-micros=move || {
                            features().map(|m| m.to_string())
                        }>
                            {move || match features() {
                                Some(micros) => {
                                    format!(
                                        "The four classical models look at features of the picture, made once for all of them in {}.",
                                        milliseconds(micros),
                                    )
                                }
                                None => {
                                    "The four classical models look at features of the picture, made once for all of them."
                                        .to_string()
                                }
                            }}
                        </p>
                    </div>
                    <EnginePanel/>
                </section>
                <Reasons/>
            </div>
            <Compare/>
        </main>
        <Footer/>
    }
}
