//! The table of several files, how far it has come, and the ways to take it home.

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use web_sys::Element;

use super::export;
use super::row::add_row;
use super::save::save;
use crate::dom::{clicked, mark, part, say};
use crate::requests::upload::bring_into_view;
use crate::state::page::{Page, add};

const MARKUP: &str = "\
    <div class=\"heading\"><div><h2 id=\"roll-title\">Your pictures</h2>\
    <p class=\"small\" role=\"status\" data-testid=\"roll-status\"></p></div>\
    <div class=\"pair\">\
    <button type=\"button\" class=\"plain\" data-testid=\"roll-stop\">Stop</button>\
    <button type=\"button\" class=\"plain\" data-testid=\"roll-resume\">Go on</button>\
    <button type=\"button\" class=\"plain\" data-testid=\"roll-csv\">Save as CSV</button>\
    <button type=\"button\" class=\"plain\" data-testid=\"roll-json\">Save as JSON</button>\
    <button type=\"button\" class=\"plain\" data-testid=\"roll-close\">Put away</button>\
    </div></div>\
    <progress aria-label=\"Pictures answered\" data-testid=\"roll-progress\"></progress>\
    <div class=\"rows-of-roll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"roll-title\">\
    <table><caption class=\"unseen\">What the vote, the CNN and the ResNet say of each file</caption>\
    <thead><tr><td></td><th scope=\"col\">File</th><th scope=\"col\">Vote</th><th scope=\"col\">CNN</th><th scope=\"col\">ResNet</th></tr></thead>\
    <tbody data-testid=\"roll-body\"></tbody></table></div>";

/// Seen once several files have come at once.
#[component]
pub fn RollTable() -> impl IntoView {
    let page = expect_context::<Page>();
    let roll = page.roll;
    let node = NodeRef::<html::Section>::new();
    // The rows' own effects end when other files come.
    Effect::new(move |_| {
        let Some(body) = node.get().and_then(|n| part::<Element>(&n, "roll-body")) else {
            return;
        };
        body.set_inner_html("");
        for item in roll.items.get() {
            add_row(page, &body, item);
        }
    });
    Effect::new(move |_| {
        if let Some(root) = node.get() {
            show(page, &root);
        }
    });
    view! {
        <section
            class="roll"
            aria-labelledby="roll-title"
            data-testid="roll"
            hidden
            node_ref=node
            inner_html=MARKUP
            on:click=move |event| pressed(page, &event)
        ></section>
    }
}

fn pressed(page: Page, event: &MouseEvent) {
    let Some((element, hook)) = clicked(event) else {
        return;
    };
    match hook.as_str() {
        "roll-stop" => page.stop_roll(),
        "roll-resume" => page.resume_roll(),
        "roll-close" => page.drop_roll(),
        "roll-csv" => take(page, "haberdash.csv", "text/csv;charset=utf-8", export::csv),
        "roll-json" => take(page, "haberdash.json", "application/json", export::json),
        "roll-show" => {
            let row = element.closest("[data-place]").ok().flatten();
            let place = row.and_then(|row| row.get_attribute("data-place"));
            if let Some(place) = place.and_then(|p| p.parse().ok()) {
                page.show_of_roll(place);
                // The table is above it, and may be all that is in view.
                bring_into_view("picture-title", 0.7);
            }
        }
        _ => {}
    }
}

fn take(page: Page, name: &str, kind: &str, text: fn(&[export::Line]) -> String) {
    if let Err(sentence) = save(name, kind, &text(&page.roll.lines())) {
        add(page.errors, sentence);
    }
}

/// How far it has come.
fn show(page: Page, root: &Element) {
    let (done, total) = (page.roll.done(), page.roll.items.with(Vec::len));
    let stopped = page.roll.stopped.get();
    // Attributes' names are legal.
    let _ = root.toggle_attribute_with_force("hidden", total == 0);
    for (name, count) in [("data-done", done), ("data-total", total)] {
        let _ = root.set_attribute(name, &count.to_string());
    }
    if let Some(bar) = part::<Element>(root, "roll-progress") {
        let _ = bar.set_attribute("max", &total.max(1).to_string());
        let _ = bar.set_attribute("value", &done.to_string());
    }
    mark(root, "roll-stop", "hidden", stopped || done == total);
    mark(root, "roll-resume", "hidden", !stopped || done == total);
    say(root, "roll-status", &progress(page, done, total));
}

/// The same in words.
fn progress(page: Page, done: usize, total: usize) -> String {
    let so_far = format!("{done} of {total} done.");
    match (done == total, page.roll.stopped.get()) {
        (true, _) => format!("All {total} done. Choose one to look at it below."),
        (false, true) => format!("{so_far} Stopped."),
        (false, false) if page.roll.running.get() => format!("{so_far} One at a time."),
        (false, false) => format!("{so_far} The models are being loaded."),
    }
}
