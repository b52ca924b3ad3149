//! The table of a batch: its rows, its progress, and the buttons to stop, resume, export and close it.

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use web_sys::Element;

use super::export;
use super::row::add_row;
use crate::dom::{
    action, find, save_file, scroll_into_view, set_attribute, set_text, toggle_attribute,
};
use crate::requests::batch;
use crate::state::AppState;

const MARKUP: &str = "\
    <div class=\"heading\"><div><h2 id=\"roll-title\">Your images</h2>\
    <p class=\"small\" role=\"status\" data-testid=\"roll-status\" data-ref=\"status\"></p></div>\
    <div class=\"button-row\">\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-stop\" data-action=\"stop\">Stop</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-resume\" data-action=\"resume\">Resume</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-csv\" data-action=\"csv\">Save as CSV</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-json\" data-action=\"json\">Save as JSON</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-close\" data-action=\"close\">Close</button>\
    </div></div>\
    <progress aria-label=\"Images classified\" data-testid=\"roll-progress\" data-ref=\"progress\"></progress>\
    <div class=\"batch-rows\" tabindex=\"0\" role=\"region\" aria-labelledby=\"roll-title\">\
    <table><caption class=\"visually-hidden\">The answer, and the predictions of the CNN and the ResNet for each file</caption>\
    <thead><tr><td></td><th scope=\"col\">File</th><th scope=\"col\">Answer</th><th scope=\"col\">CNN</th><th scope=\"col\">ResNet</th></tr></thead>\
    <tbody data-testid=\"roll-body\" data-ref=\"body\"></tbody></table></div>";

/// Shown while there is a batch.
#[component]
pub fn BatchTable() -> impl IntoView {
    let app = expect_context::<AppState>();
    let node = NodeRef::<html::Section>::new();
    // The rows' effects belong to this effect, so they end with the batch.
    Effect::new(move |_| {
        let Some(body) = node.get().and_then(|n| find::<Element>(&n, "body")) else {
            return;
        };
        body.set_inner_html("");
        for item in app.batch.items().get() {
            add_row(app, &body, item);
        }
    });
    Effect::new(move |_| {
        if let Some(root) = node.get() {
            update(app, &root);
        }
    });
    view! {
        <section
            class="batch"
            aria-labelledby="roll-title"
            data-testid="roll"
            hidden
            node_ref=node
            inner_html=MARKUP
            on:click=move |event| click(app, &event)
        ></section>
    }
}

fn click(app: AppState, event: &MouseEvent) {
    let Some((element, action)) = action(event) else {
        return;
    };
    match action.as_str() {
        "stop" => batch::stop(app),
        "resume" => batch::resume(app),
        "close" => batch::close(app),
        "csv" => save(app, "haberdash.csv", "text/csv;charset=utf-8", export::csv),
        "json" => save(app, "haberdash.json", "application/json", export::json),
        "show" => {
            let row = element.closest("[data-place]").ok().flatten();
            let index = row.and_then(|row| row.get_attribute("data-place"));
            if let Some(index) = index.and_then(|i| i.parse().ok()) {
                batch::show_file(app, index);
                // The image is below the table, which can fill the window.
                scroll_into_view("picture");
            }
        }
        _ => {}
    }
}

fn save(app: AppState, name: &str, mime: &str, export: fn(&[export::Row]) -> String) {
    let rows = app.batch.items().with_untracked(|items| {
        let rows = items.iter();
        rows.map(|i| (i.name.clone(), i.status.get_untracked()))
            .collect::<Vec<_>>()
    });
    if save_file(name, mime, &export(&rows)).is_err() {
        app.messages.add_error(
            "This browser does not allow the page to save a file: copy the table by hand.".into(),
        );
    }
}

fn update(app: AppState, root: &Element) {
    let (done, total) = (app.batch.done(), app.batch.items().with(Vec::len));
    let is_stopped = app.batch.is_stopped();
    let is_done = done == total;
    // The attribute's name is valid.
    let _ = root.toggle_attribute_with_force("hidden", total == 0);
    set_attribute(root, "data-done", &done.to_string());
    set_attribute(root, "data-total", &total.to_string());
    if let Some(bar) = find::<Element>(root, "progress") {
        set_attribute(&bar, "max", &total.max(1).to_string());
        set_attribute(&bar, "value", &done.to_string());
    }
    toggle_attribute(root, "stop", "hidden", is_stopped || is_done);
    toggle_attribute(root, "resume", "hidden", !is_stopped || is_done);
    let status = if is_done {
        format!("All {total} done. Choose one to show it below.")
    } else if is_stopped {
        format!("{done} of {total} done. Stopped.")
    } else if app.batch.is_running() {
        format!("{done} of {total} done.")
    } else {
        format!("{done} of {total} done. The models are loading.")
    };
    set_text(root, "status", &status);
}
