//! The layers side by side, with a small picture of each channel.

use leptos::ev::{Event, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use plot::markup::Markup;
use shared::Garment;
use shared::inside::{LayerKind, LayerMaps};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, HtmlElement};

use super::tones::Tones;
use super::words;
use crate::dom::{action, set_attribute};
use crate::state::inside::{InsideState, ShownLayers};
use crate::ui::canvas::paint;

/// Maps with fewer rows have small pictures.
const SMALL: u16 = 8;

/// The strip. One picture of each layer is in the order of the Tab key; the arrow keys lead to the others.
#[component]
pub fn Strip(inside: InsideState) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let shown = inside.shown();
    let drawn = StoredValue::new(None);
    Effect::new(move |_| {
        let Some(strip) = node.get() else { return };
        shown.with(|shown| {
            let Some(shown) = shown else { return };
            // Another image changes the pictures, but not the elements, one of which may have the focus.
            if drawn.get_value() != Some(shown.model) {
                strip.set_inner_html(&markup(shown));
                drawn.set_value(Some(shown.model));
            }
            paint_maps(&strip, shown);
        });
    });
    let chosen = Memo::new(move |_| inside.chosen_map());
    Effect::new(move |_| {
        // After the pictures of another model are there.
        shown.track();
        if let Some(strip) = node.get() {
            let (layer, channel) = chosen.get();
            mark(&strip, layer, channel);
        }
    });
    let click = move |event: leptos::ev::MouseEvent| {
        if let Some((button, (layer, channel))) = map_of(&event) {
            make_reachable(&button);
            inside.choose_map(layer, channel);
        }
    };
    let key_down = move |event: KeyboardEvent| {
        if let Some((button, _)) = map_of(&event) {
            move_focus(&event, &button);
        }
    };
    view! {
        <div
            class="layer-strip"
            role="group"
            aria-label=move || {
                shown.with(|s| s.as_ref().map(|s| format!("The layers of {}", s.model.title())))
            }
            data-testid="layer-strip"
            node_ref=node
            on:click=click
            on:keydown=key_down
        ></div>
    }
}

/// The layer and the channel of the picture that an event belongs to.
fn map_of(event: &Event) -> Option<(Element, (u8, u16))> {
    let (button, _) = action(event).filter(|(_, action)| action == "map")?;
    let number = |name| button.get_attribute(name)?.parse::<u16>().ok();
    let place = number("data-layer").zip(number("data-channel"));
    place.map(|(layer, channel)| (button, (layer as u8, channel)))
}

fn markup(shown: &ShownLayers) -> String {
    let mut html = Markup::default();
    let names = words::names(&shown.network);
    for (i, (layer, name)) in shown.network.layers.iter().zip(names).enumerate() {
        let kind = layer.kind;
        html.put(format_args!(
            "<div class=\"layer\" role=\"group\" aria-labelledby=\"layer-{i}\" data-testid=\"layer\" data-layer=\"{i}\" \
             data-kind=\"{}\"><h3 id=\"layer-{i}\">{name}</h3><p class=\"small\">{}</p><p class=\"small\">{}</p>\
             <div class=\"{}\">",
            kind.name(),
            words::size(layer),
            words::summary(kind),
            maps_class(layer),
        ));
        for channel in 0..layer.maps.len() {
            let tabindex = if channel == 0 { 0 } else { -1 };
            html.put(format_args!(
                "<button type=\"button\" tabindex=\"{tabindex}\" data-action=\"map\" data-testid=\"feature-map\" \
                 data-layer=\"{i}\" data-channel=\"{channel}\" aria-pressed=\"false\">\
                 <canvas class=\"pixelated\" width=\"1\" height=\"1\" aria-hidden=\"true\"></canvas>"
            ));
            if kind == LayerKind::Logits {
                html.put(format_args!(
                    "<span aria-hidden=\"true\">{}</span>",
                    class(channel)
                ));
            }
            html.put(format_args!("</button>"));
        }
        html.put(format_args!("</div></div>"));
    }
    html.into_text()
}

fn maps_class(layer: &LayerMaps) -> &'static str {
    match layer {
        layer if layer.kind == LayerKind::Input => "maps image",
        layer if layer.kind == LayerKind::Logits => "maps classes",
        layer if layer.rows < SMALL => "maps small-maps",
        _ => "maps",
    }
}

fn class(index: usize) -> &'static str {
    Garment::from_index(index).map_or("", Garment::label)
}

/// Draws all pictures and names what they show.
fn paint_maps(strip: &Element, shown: &ShownLayers) {
    let names = words::names(&shown.network);
    let mut buttons = buttons(strip).into_iter();
    for (layer, name) in shown.network.layers.iter().zip(names) {
        let tones = Tones::of(layer);
        for (channel, map) in layer.maps.iter().enumerate() {
            let Some(button) = buttons.next() else { return };
            let canvas = button.first_element_child();
            if let Some(canvas) = canvas.and_then(|c| c.dyn_into::<HtmlCanvasElement>().ok()) {
                paint(&canvas, tones.paint(map, layer.columns).as_ref());
            }
            let what = if layer.kind == LayerKind::Logits {
                class(channel).into()
            } else {
                words::channel(layer, channel as u16)
            };
            let text = words::map_text(map, layer.columns);
            set_attribute(&button, "aria-label", &format!("{name}, {what}: {text}"));
        }
    }
}

/// The pictures in an element, in their order.
fn buttons(root: &Element) -> Vec<Element> {
    let found = root.get_elements_by_tag_name("button");
    (0..found.length()).filter_map(|i| found.item(i)).collect()
}

/// Marks the chosen picture.
fn mark(strip: &Element, layer: u8, channel: u16) {
    if let Ok(Some(before)) = strip.query_selector("[aria-pressed=\"true\"]") {
        set_attribute(&before, "aria-pressed", "false");
    }
    let selector = format!("[data-action][data-layer=\"{layer}\"][data-channel=\"{channel}\"]");
    if let Ok(Some(button)) = strip.query_selector(&selector) {
        set_attribute(&button, "aria-pressed", "true");
        make_reachable(&button);
    }
}

/// Lets the Tab key reach this picture of its layer from now on.
fn make_reachable(button: &Element) {
    let layer = button.parent_element();
    if let Some(Ok(Some(before))) = layer.map(|l| l.query_selector("[tabindex=\"0\"]")) {
        set_attribute(&before, "tabindex", "-1");
    }
    set_attribute(button, "tabindex", "0");
}

/// Moves the focus to another picture of the layer. They stand one below the other, column after column.
fn move_focus(event: &KeyboardEvent, from: &Element) {
    let Some(maps) = from.parent_element() else {
        return;
    };
    let all = buttons(&maps);
    let Some(at) = all.iter().position(|button| button == from) else {
        return;
    };
    let left = |button: &Element| button.get_bounding_client_rect().left();
    let first = left(&all[0]);
    // How many stand in a column.
    let rows = all
        .iter()
        .take_while(|b| (left(b) - first).abs() < 1.0)
        .count();
    let to = match event.key().as_str() {
        "ArrowUp" => at.checked_sub(1),
        "ArrowDown" => Some(at + 1),
        "ArrowLeft" => at.checked_sub(rows),
        "ArrowRight" => Some(at + rows),
        "Home" => Some(0),
        "End" => all.len().checked_sub(1),
        _ => return,
    };
    // The arrow keys must not scroll the page, not even at the edge.
    event.prevent_default();
    let next = to.and_then(|to| all.get(to));
    if let Some(next) = next.and_then(|b| b.dyn_ref::<HtmlElement>()) {
        make_reachable(next);
        // If the element cannot get the focus, the focus stays where it is.
        let _ = next.focus();
    }
}
