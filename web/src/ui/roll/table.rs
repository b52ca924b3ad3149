//! The table of several files, how far it has come, and the ways to take it home.

use leptos::prelude::*;

use super::export;
use super::item::{Item, Row};
use super::save::save;
use crate::ui::page::{Page, add};

/// There once several files have come at once.
#[component]
pub fn RollTable() -> impl IntoView {
    let page = expect_context::<Page>();
    let is_there = Memo::new(move |_| page.roll.items.with(|items| !items.is_empty()));
    view! {
        <Show when=move || is_there.get()>
            <Table/>
        </Show>
    }
}

#[component]
fn Table() -> impl IntoView {
    let page = expect_context::<Page>();
    let roll = page.roll;
    let total = Memo::new(move |_| roll.items.with(Vec::len));
    let done = Memo::new(move |_| roll.done());
    let left = move || done.get() < total.get();
    let take =
        move |name: &'static str, kind: &'static str, text: fn(&[export::Line]) -> String| {
            if let Err(sentence) = save(name, kind, &text(&roll.lines())) {
                add(page.errors, sentence);
            }
        };
    view! {
        <section class="roll" aria-labelledby="roll-title" data-testid="roll"
            data-done=move || done.get().to_string()
            data-total=move || total.get().to_string()
        >
            <div class="heading">
                <div>
                    <h2 id="roll-title">"Your pictures"</h2>
                    <p class="small" role="status">{move || progress(page, done.get(), total.get())}</p>
                </div>
                <div class="pair">
                    <Show when=left>
                        {move || match roll.stopped.get() {
                            true => view! {
                                <button type="button" class="plain" data-testid="roll-resume" on:click=move |_| page.resume_roll()>
                                    "Go on"
                                </button>
                            }.into_any(),
                            false => view! {
                                <button type="button" class="plain" data-testid="roll-stop" on:click=move |_| page.stop_roll()>
                                    "Stop"
                                </button>
                            }.into_any(),
                        }}
                    </Show>
                    <button type="button" class="plain" data-testid="roll-csv"
                        on:click=move |_| take("haberdash.csv", "text/csv;charset=utf-8", export::csv)
                    >
                        "Save as CSV"
                    </button>
                    <button type="button" class="plain" data-testid="roll-json"
                        on:click=move |_| take("haberdash.json", "application/json", export::json)
                    >
                        "Save as JSON"
                    </button>
                    <button type="button" class="plain" data-testid="roll-close" on:click=move |_| page.drop_roll()>
                        "Put away"
                    </button>
                </div>
            </div>
            <progress aria-label="Pictures answered" max=move || total.get().to_string() value=move || done.get().to_string()></progress>
            <div class="rows-of-roll" tabindex="0" role="region" aria-labelledby="roll-title">
                <table>
                    <caption class="unseen">"What the vote, the CNN and the ResNet say of each file"</caption>
                    <thead>
                        <tr>
                            <td></td>
                            <th scope="col">"File"</th>
                            <th scope="col">"Vote"</th>
                            <th scope="col">"CNN"</th>
                            <th scope="col">"ResNet"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For
                            each=move || roll.items.get()
                            key=|item: &Item| (item.lot, item.place)
                            children=|item| view! { <Row item/> }
                        />
                    </tbody>
                </table>
            </div>
        </section>
    }
}

/// How far it has come.
fn progress(page: Page, done: usize, total: usize) -> String {
    let so_far = format!("{done} of {total} done.");
    match (done == total, page.roll.stopped.get()) {
        (true, _) => format!("All {total} done. Choose one to look at it below."),
        (false, true) => format!("{so_far} Stopped."),
        (false, false) if page.roll.running.get() => format!("{so_far} One at a time."),
        (false, false) => format!("{so_far} The models are being loaded."),
    }
}
