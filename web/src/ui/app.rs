//! The page as a whole: a counter to hand pictures in, a fitting room to see the answers.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

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
use crate::engine::offer::sleep;

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
    let parts = Parts::new();
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
                        {parts.show(1, || view! { <Inspector/> }.into_any())}
                    </section>
                    {parts.show(2, || view! { <Verdicts/> }.into_any())}
                    {parts.show(3, || view! { <Reasons/> }.into_any())}
                </div>
            </div>
            {parts.show(4, || view! { <Compare/> }.into_any())}
        </main>
        {parts.show(5, || view! { <Footer/> }.into_any())}
    }
}

/// What is mounted so far: each part in a task of its own, so that none keeps the visitor waiting.
#[derive(Clone, Copy)]
struct Parts(RwSignal<usize>);

impl Parts {
    const COUNT: usize = 5;

    fn new() -> Self {
        let parts = Self(RwSignal::new(0));
        spawn_local(async move {
            for part in 1..=Self::COUNT {
                sleep(Duration::ZERO).await;
                parts.0.set(part);
            }
        });
        parts
    }

    /// A part, once it is its turn.
    fn show(self, number: usize, part: fn() -> AnyView) -> impl IntoView {
        let is_due = Memo::new(move |_| self.0.get() >= number);
        move || is_due.get().then(part)
    }
}
