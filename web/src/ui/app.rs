//! The page as a whole: a counter to hand pictures in, a fitting room to see the answers.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::batch::RollTable;
use super::compare::Compare;
use super::editor::Inspector;
use super::engine_panel::EnginePanel;
use super::explanation::Reasons;
use super::footer::Footer;
use super::gallery::Gallery;
use super::header::Masthead;
use super::notices::Notices;
use super::predictions::Verdicts;
use super::preview::Specimen;
use super::upload::DropZone;
use crate::engine::sleep;
use crate::state::page::Page;

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
    crate::ui::upload::files::accept_anywhere(page);
    spawn_local(furnish(page));
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
                    <section id="picture" aria-labelledby="picture-title">
                        <h2 id="picture-title">"The picture"</h2>
                        <div class="exhibit">
                            <Specimen/>
                            <p class="said" class:waiting=move || page.picture.with(Option::is_none)>
                                {move || page.summary()}
                            </p>
                        </div>
                    </section>
                </div>
            </div>
        </main>
    }
}

/// Adds what stands at the end of a part of the page, each in a task of its own: together they would keep the browser from
/// its visitor for longer than one notices. Only the verdicts do not wait for the first of them.
async fn furnish(page: Page) {
    add(page, "#answers", || view! { <Verdicts/> }).await;
    page.leisure().await;
    add(page, "#verdicts", || view! { <EnginePanel/> }).await;
    add(page, "#picture", || view! { <Inspector/> }).await;
    add(page, "#answers", || view! { <Reasons/> }).await;
    add(page, "main", || view! { <Compare/> }).await;
    add(page, "body", || view! { <Footer/> }).await;
}

async fn add<V: IntoView + 'static>(page: Page, end_of: &str, part: fn() -> V) {
    sleep(Duration::ZERO).await;
    let element = document().query_selector(end_of).ok().flatten();
    if let Some(element) = element {
        let furnished = move || {
            provide_context(page);
            part()
        };
        leptos::mount::mount_to(element.unchecked_into(), furnished).forget();
    }
}
