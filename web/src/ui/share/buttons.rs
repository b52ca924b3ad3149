//! The buttons below the image: they copy a link to what is shown, and save a picture of the result.

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{Element, HtmlInputElement};

use super::card;
use crate::dom::{action, copy, find, set_text, toggle_attribute};
use crate::requests::address::link;
use crate::state::AppState;
use crate::state::image::Origin;

const MARKUP: &str = "\
    <div class=\"button-row\">\
    <button type=\"button\" class=\"link-button\" data-testid=\"copy-link\" data-action=\"copy\">Copy link</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"save-card\" data-action=\"card\">Save result as PNG</button>\
    </div>\
    <p class=\"small\" role=\"status\" data-testid=\"share-status\" data-ref=\"status\"></p>\
    <label class=\"share-link\" data-ref=\"link\" hidden><span class=\"small\">The link</span>\
    <input type=\"text\" readonly data-testid=\"share-link\" data-ref=\"address\"></label>";

/// Shown while there is an image.
#[component]
pub fn ShareButtons() -> impl IntoView {
    let app = expect_context::<AppState>();
    let node = NodeRef::<html::Div>::new();
    let image = app.upload.image();
    let number = Memo::new(move |_| app.upload.image_number());
    // What was said of an earlier image.
    Effect::new(move |_| {
        number.track();
        if let Some(root) = node.get() {
            set_text(&root, "status", "");
            toggle_attribute(&root, "link", "hidden", true);
        }
    });
    let click = move |event: MouseEvent| {
        let Some((root, (_, action))) = node.get_untracked().zip(action(&event)) else {
            return;
        };
        spawn_local(async move {
            let status = match action.as_str() {
                "copy" => copy_link(app, &root).await,
                "card" => card::save(app).await,
                _ => return,
            };
            set_text(&root, "status", &status);
        });
    };
    view! {
        <div
            class="share"
            role="group"
            aria-label="Share the result"
            hidden=move || image.with(Option::is_none)
            node_ref=node
            inner_html=MARKUP
            on:click=click
        ></div>
    }
}

/// Copies the link, or shows it where the browser does not allow that. Returns what the visitor should know.
async fn copy_link(app: AppState, root: &Element) -> String {
    let Some(address) = link(app) else {
        return "There is no image yet: choose one first.".into();
    };
    let image = app.upload.image().get_untracked();
    let is_own = image.is_some_and(|image| matches!(image.origin, Origin::Visitor(_)));
    let content = if is_own {
        " It contains the 28 by 28 pixels that the models see, and nothing else of your image."
    } else {
        ""
    };
    let is_copied = copy(&address).await.is_some();
    toggle_attribute(root, "link", "hidden", is_copied);
    if is_copied {
        return format!("Link copied.{content}");
    }
    if let Some(field) = find::<HtmlInputElement>(root, "address") {
        field.set_value(&address);
        // An element that is shown can get the focus.
        let _ = field.focus();
        field.select();
    }
    format!(
        "The browser does not allow the page to copy: copy the link from the field below.{content}"
    )
}
