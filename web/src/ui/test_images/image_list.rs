//! The list of test images: a button for each, added in parts so that long lists do not block the page, and painted when it comes
//! into view. The arrow keys move within the list.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use js_sys::Array;
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::{probability, thousands};
use plot::markup::Markup;
use shared::Grey28;
use shared::image::RgbaImage;
use wasm_bindgen::prelude::*;
use web_sys::{
    Element, HtmlCanvasElement, HtmlElement, IntersectionObserver, IntersectionObserverEntry,
    IntersectionObserverInit,
};

use super::selection::ListedImage;
use crate::dom::{action, set_attribute};
use crate::engine::{TestSet, sleep};
use crate::state::stale_answers::RequestCounter;
use crate::ui::canvas::paint;

/// How many buttons are added at once.
const PART: usize = 100;
/// How many images the list has before the visitor asks for more: those of a matrix's cell, of which there are at most 1,000.
const LIMIT: usize = 1000;
/// How far outside the list's visible part images are painted.
const MARGIN: &str = "200px";

/// The test set, once it is loaded.
pub type LoadedTestSet = StoredValue<Option<Rc<TestSet>>, LocalStorage>;

#[component]
pub fn ImageList(
    images: Signal<Arc<Vec<ListedImage>>>,
    test_set: LoadedTestSet,
    /// The image whose predictions are shown.
    chosen: Signal<Option<usize>>,
    choose: impl Fn(&ListedImage) + 'static,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let limit = RwSignal::new(LIMIT);
    let observer = StoredValue::new_local(None::<IntersectionObserver>);
    let drawings = RequestCounter::default();
    let is_drawn = RwSignal::new(true);
    Effect::new(move |_| {
        if let Some(list) = node.get() {
            observer.set_value(painter(&list, test_set));
        }
    });
    Effect::new(move |_| {
        let Some(list) = node.get() else { return };
        let images = images.get();
        let count = images.len().min(limit.get());
        let drawing = drawings.next();
        is_drawn.set(false);
        spawn_local(async move {
            let focused = focused_index(&list);
            list.set_inner_html("");
            if let Some(observer) = observer.get_value() {
                observer.disconnect();
            }
            for (part, images) in images[..count].chunks(PART).enumerate() {
                if drawings.is_stale(drawing) {
                    return;
                }
                add(&list, images, part == 0);
                observe(&list, part * PART, observer.get_value().as_ref(), test_set);
                sleep(Duration::ZERO).await;
            }
            if drawings.is_stale(drawing) {
                return;
            }
            mark(&list, chosen.get_untracked());
            if let Some(index) = focused {
                focus(&list, index);
            }
            is_drawn.set(true);
        });
    });
    Effect::new(move |_| {
        if let Some(list) = node.get() {
            mark(&list, chosen.get());
        }
    });
    let click = move |event: MouseEvent| {
        if let Some((button, _)) = action(&event)
            && let Some(index) = index_of(&button)
        {
            images.with_untracked(|images| {
                if let Some(image) = images.iter().find(|i| i.index == index) {
                    choose(image);
                }
            });
        }
    };
    let keydown = move |event: KeyboardEvent| {
        if let (Some(list), Some((button, _))) = (node.get_untracked(), action(&event)) {
            move_focus(&event, &list, &button);
        }
    };
    let hidden = move || images.with(|images| images.len().saturating_sub(limit.get()));
    view! {
        <div
            class="image-list"
            role="group"
            aria-label="Test images"
            aria-busy=move || if is_drawn.get() { "false" } else { "true" }
            data-testid="image-list"
            node_ref=node
            on:click=click
            on:keydown=keydown
        ></div>
        <button
            type="button"
            class="outlined-button"
            data-testid="more-images"
            hidden=move || hidden() == 0
            on:click=move |_| limit.update(|limit| *limit += LIMIT)
            prop:textContent=move || {
                format!("Show {} more", thousands(hidden().min(LIMIT) as u64))
            }
        ></button>
    }
}

/// Adds buttons at the end of the list. The first of the first part is in the order of the Tab key.
fn add(list: &Element, images: &[ListedImage], is_first_part: bool) {
    let mut html = Markup::default();
    for (i, image) in images.iter().enumerate() {
        let tabindex = if is_first_part && i == 0 { 0 } else { -1 };
        let ListedImage {
            index,
            truth,
            predicted,
            ..
        } = image;
        let by = image
            .model
            .map_or(String::new(), |m| format!(" by {}", m.title()));
        let model = image.model.map_or("", |m| m.name());
        let (number, text) = match image.confidence {
            Some(confidence) => (confidence.to_string(), probability(confidence)),
            None => (String::new(), String::new()),
        };
        let with = if text.is_empty() { "" } else { ", confidence " };
        html.put(format_args!(
            "<button type=\"button\" tabindex=\"{tabindex}\" data-action=\"image\" data-testid=\"cell-picture\" \
             data-index=\"{index}\" data-true=\"{truth}\" data-predicted=\"{predicted}\" data-model=\"{model}\" \
             data-confidence=\"{number}\" aria-pressed=\"false\" \
             aria-label=\"Test image {index}: true class {truth}, predicted {predicted}{by}{with}{text}\">\
             <canvas class=\"pixelated\" width=\"28\" height=\"28\" aria-hidden=\"true\"></canvas>\
             <span aria-hidden=\"true\">{text}</span></button>"
        ));
    }
    // The position is valid.
    let _ = list.insert_adjacent_html("beforeend", &html.into_text());
}

/// Has the buttons from number `start` on painted when they come into view; without an observer, at once.
fn observe(
    list: &Element,
    start: usize,
    observer: Option<&IntersectionObserver>,
    test_set: LoadedTestSet,
) {
    let mut button = list.children().item(start as u32);
    while let Some(element) = button {
        match observer {
            Some(observer) => observer.observe(&element),
            None => paint_button(&element, test_set),
        }
        button = element.next_element_sibling();
    }
}

/// The observer that paints buttons; `None` if the browser has none.
fn painter(list: &Element, test_set: LoadedTestSet) -> Option<IntersectionObserver> {
    let paint = Closure::<dyn Fn(Array, IntersectionObserver)>::new(
        move |entries: Array, observer: IntersectionObserver| {
            for entry in entries.iter() {
                let entry: IntersectionObserverEntry = entry.unchecked_into();
                if entry.is_intersecting() {
                    observer.unobserve(&entry.target());
                    paint_button(&entry.target(), test_set);
                }
            }
        },
    );
    let options = IntersectionObserverInit::new();
    options.set_root(Some(list));
    options.set_root_margin(MARGIN);
    let observer =
        IntersectionObserver::new_with_options(paint.as_ref().unchecked_ref(), &options).ok()?;
    // The list is never removed from the page, so the closure has to live as long.
    paint.forget();
    Some(observer)
}

fn paint_button(button: &Element, test_set: LoadedTestSet) {
    let canvas = button.first_element_child();
    let canvas = canvas.and_then(|c| c.dyn_into::<HtmlCanvasElement>().ok());
    let index = index_of(button);
    test_set.with_value(|test_set| {
        let pixels = test_set.as_ref().zip(index).and_then(|(t, i)| t.pixels(i));
        if let (Some(canvas), Some(grey)) = (canvas, pixels.and_then(Grey28::from_slice)) {
            paint(&canvas, Some(&RgbaImage::from(&grey)));
        }
    });
}

fn index_of(button: &Element) -> Option<usize> {
    button.get_attribute("data-index")?.parse().ok()
}

fn button_of(list: &Element, index: usize) -> Option<HtmlElement> {
    let button = list.query_selector(&format!("[data-index=\"{index}\"]"));
    button.ok().flatten()?.dyn_into().ok()
}

/// Marks the image whose predictions are shown.
fn mark(list: &Element, chosen: Option<usize>) {
    if let Ok(Some(before)) = list.query_selector("[aria-pressed=\"true\"]") {
        set_attribute(&before, "aria-pressed", "false");
    }
    if let Some(button) = chosen.and_then(|index| button_of(list, index)) {
        set_attribute(&button, "aria-pressed", "true");
    }
}

/// The image whose button has the focus.
fn focused_index(list: &Element) -> Option<usize> {
    let focused = document().active_element()?;
    list.contains(Some(&focused)).then_some(())?;
    index_of(&focused)
}

/// Moves the focus to an image, which the Tab key reaches from then on.
fn focus(list: &Element, index: usize) {
    let Some(button) = button_of(list, index) else {
        return;
    };
    if let Ok(Some(before)) = list.query_selector("[tabindex=\"0\"]") {
        set_attribute(&before, "tabindex", "-1");
    }
    set_attribute(&button, "tabindex", "0");
    // If the element cannot get the focus, the focus stays where it is.
    let _ = button.focus();
}

fn move_focus(event: &KeyboardEvent, list: &Element, from: &Element) {
    let buttons = list.children();
    let at = |i: usize| {
        let button = buttons.item(i as u32)?;
        button.dyn_into::<HtmlElement>().ok()
    };
    let count = buttons.length() as usize;
    let Some(place) = (0..count).find(|i| buttons.item(*i as u32).as_ref() == Some(from)) else {
        return;
    };
    let top = |i: usize| at(i).map(|button| button.offset_top());
    let columns = (1..count).find(|i| top(*i) != top(0)).unwrap_or(count);
    let to = match event.key().as_str() {
        "ArrowLeft" => place.checked_sub(1),
        "ArrowRight" => Some(place + 1),
        "ArrowUp" => place.checked_sub(columns),
        "ArrowDown" => Some(place + columns),
        "Home" => Some(0),
        "End" => count.checked_sub(1),
        _ => return,
    };
    // The arrow keys must not scroll the page, not even at the edge.
    event.prevent_default();
    if let Some(index) = to.and_then(at).and_then(|button| index_of(&button)) {
        focus(list, index);
    }
}
