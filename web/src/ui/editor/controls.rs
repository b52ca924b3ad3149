//! The tools beside the photo: each can be reached and used by the keyboard.

use std::fmt::Write;

use js_sys::Number;
use leptos::ev::{Event, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use photo::{Crop, Edits};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

use super::crop::{Edge, is_meant};
use super::rotation::turn;
use super::tool::Tool;
use crate::dom::{changed, clicked, mark, part, say};
use crate::state::page::Page;

/// The fine slider turns by less than half a right angle, from the last right angle.
const FINE: i32 = 44;
/// The brush's radius, in percent of the photo's longer side.
const BRUSH: (i32, i32) = (1, 15);
/// What to do with the greys: in the page's hook, in words, and to the engine.
const INVERSIONS: [(&str, &str, Option<bool>); 3] = [
    ("auto", "As the photo asks for", None),
    ("on", "Negated", Some(true)),
    ("off", "Not negated", Some(false)),
];

#[component]
pub fn Controls(tool: RwSignal<Tool>, radius: RwSignal<f32>) -> impl IntoView {
    let page = expect_context::<Page>();
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(root) = node.get() {
            page.bench
                .edits
                .with(|edits| show(&root, edits, tool.get(), radius.get()));
        }
    });
    let set = move |event: Event| {
        let Some((_, hook)) = changed(&event) else {
            return;
        };
        let value = event_target_value(&event);
        if hook == "tool" {
            let chosen = Tool::ALL.into_iter().find(|t| t.name() == value);
            tool.set(chosen.unwrap_or(Tool::Crop));
        } else if hook == "brush-size" {
            radius.set(number(&value) / 100.0);
        } else {
            adjust(page, &hook, &value);
        }
    };
    let press = move |event: MouseEvent| {
        let hook = clicked(&event).map(|(_, hook)| hook);
        match hook.as_deref() {
            Some("undo") => page.edit(|e| drop(e.strokes.pop())),
            Some("reset") => page.edit(|e| *e = Edits::default()),
            Some("turn-left") => quarter(page, -90.0),
            Some("turn-right") => quarter(page, 90.0),
            _ => {}
        }
    };
    view! {
        <div class="controls" node_ref=node inner_html=markup() on:input=set on:click=press></div>
    }
}

/// What a slider or the choice of greys says to the edits.
fn adjust(page: Page, hook: &str, value: &str) {
    if let Some(edge) = Edge::ALL.into_iter().find(|edge| edge.name() == hook) {
        let to = number(value) / 100.0;
        page.edit(|e| {
            let crop = edge.moved(e.crop.unwrap_or(Crop::WHOLE), to);
            e.crop = (crop != Crop::WHOLE && is_meant(crop)).then_some(crop);
        });
    } else if hook == "tilt" {
        let from = page.bench.edits.with_untracked(|e| e.rotation);
        turned(page, straight(from) + number(value));
    } else if hook == "inversion" {
        let chosen = INVERSIONS.iter().find(|(name, ..)| *name == value);
        page.edit(|e| e.inverted = chosen.and_then(|(_, _, inverted)| *inverted));
    }
}

fn turned(page: Page, degrees: f32) {
    let size = page.bench.size.get_untracked();
    page.edit(|e| turn(e, size, degrees));
}

fn quarter(page: Page, by: f32) {
    let degrees = page.bench.edits.with_untracked(|e| e.rotation);
    turned(page, (degrees + by + 180.0).rem_euclid(360.0) - 180.0);
}

/// By the browser's own parser: Rust's brings ten kilobytes of tables.
fn number(text: &str) -> f32 {
    Number::parse_float(text) as f32
}

/// Brings every control to where the edits are.
fn show(root: &Element, edits: &Edits, tool: Tool, radius: f32) {
    // Of a group of radio buttons, the browser unchecks the others.
    let chosen = root.query_selector(&format!("[value={}]", tool.name()));
    if let Some(radio) = chosen.ok().flatten() {
        radio.unchecked_into::<HtmlInputElement>().set_checked(true);
    }
    let slide = |hook: &str, value: f32, unit: &str| {
        let value = value.round() as i32;
        let text = format!("{value}{unit}");
        if let Some(slider) = part::<HtmlInputElement>(root, hook) {
            slider.set_value(&value.to_string());
            // The name is legal.
            let _ = slider.set_attribute("aria-valuetext", &text);
        }
        say(root, &format!("{hook}-value"), &text);
    };
    slide("brush-size", radius * 100.0, "%");
    let crop = edits.crop.unwrap_or(Crop::WHOLE);
    for edge in Edge::ALL {
        slide(edge.name(), edge.of(crop) * 100.0, "%");
    }
    slide("tilt", edits.rotation - straight(edits.rotation), "°");
    if let Some(select) = part::<HtmlSelectElement>(root, "inversion") {
        let chosen = INVERSIONS.iter().find(|(.., to)| *to == edits.inverted);
        select.set_value(chosen.map_or("auto", |(name, ..)| name));
    }
    mark(root, "undo", "disabled", edits.strokes.is_empty());
    mark(root, "reset", "disabled", *edits == Edits::default());
}

/// The right angle that a rotation is nearest to.
fn straight(degrees: f32) -> f32 {
    (degrees / 90.0).round() * 90.0
}

fn markup() -> String {
    let mut html = String::from(
        "<fieldset><legend class=\"small\">The pointer on the photo</legend><div class=\"segments\">",
    );
    // Writing to a string cannot fail.
    for tool in Tool::ALL {
        let (name, title) = (tool.name(), tool.title());
        let _ = write!(
            html,
            "<label><input type=\"radio\" name=\"tool\" class=\"unseen\" data-testid=\"tool\" value=\"{name}\"><span>{title}</span></label>"
        );
    }
    html += "</div>";
    slider(&mut html, "brush-size", "Brush", BRUSH);
    button(&mut html, "undo", "Undo the last stroke");
    html += "</fieldset><fieldset><legend class=\"small\">Edges of the crop</legend>";
    for edge in Edge::ALL {
        slider(&mut html, edge.name(), edge.title(), (0, 100));
    }
    html += "</fieldset><fieldset><legend class=\"small\">Rotation</legend><div class=\"pair\">";
    button(
        &mut html,
        "turn-left",
        "<span aria-hidden=\"true\">↺ </span>90° left",
    );
    button(
        &mut html,
        "turn-right",
        "<span aria-hidden=\"true\">↻ </span>90° right",
    );
    html += "</div>";
    slider(&mut html, "tilt", "Fine", (-FINE, FINE));
    html += "</fieldset><label class=\"choice\"><span class=\"small\">Greys</span><select data-testid=\"inversion\">";
    for (name, title, _) in INVERSIONS {
        let _ = write!(html, "<option value=\"{name}\">{title}</option>");
    }
    html += "</select></label>";
    button(&mut html, "reset", "Reset everything");
    html
}

/// A labelled range input that says its value.
fn slider(html: &mut String, hook: &str, title: &str, (least, most): (i32, i32)) {
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<label class=\"slider\"><span>{title}</span>\
         <input type=\"range\" data-testid=\"{hook}\" min=\"{least}\" max=\"{most}\" step=\"1\">\
         <output data-testid=\"{hook}-value\"></output></label>"
    );
}

fn button(html: &mut String, hook: &str, title: &str) {
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<button type=\"button\" class=\"plain\" data-testid=\"{hook}\">{title}</button>"
    );
}
