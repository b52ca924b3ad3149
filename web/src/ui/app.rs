//! The page as a whole: a counter to hand pictures in, a fitting room to see the answers.

use leptos::prelude::*;

use super::compare::Compare;
use super::drop_zone::DropZone;
use super::footer::Footer;
use super::gallery::Gallery;
use super::inspect::Inspector;
use super::masthead::Masthead;
use super::notices::Notices;
use super::page::Page;
use super::reasons::Reasons;
use super::roll::RollTable;
use super::specimen::Specimen;
use super::verdicts::Verdicts;

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
            <div class="desk">
                <div class="counter">
                    <DropZone/>
                    <Gallery/>
                </div>
                <div class="fitting" id="answers" tabindex="-1">
                    <Notices/>
                    <RollTable/>
                    <section aria-labelledby="picture-title">
                        <h2 id="picture-title">"The picture"</h2>
                        <div class="exhibit">
                            <Specimen/>
                            <p class="said" class:waiting=move || page.picture.with(Option::is_none)>
                                {move || page.summary()}
                            </p>
                        </div>
                        <Inspector/>
                    </section>
                    <Verdicts/>
                    <Reasons/>
                </div>
            </div>
            <Compare/>
        </main>
        <Footer/>
    }
}
