//! The tools beside the photo, all of which can be used with the keyboard.

use std::fmt::Write;

use js_sys::Number;
use leptos::ev::{Event, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use photo::{Crop, Edits};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

use super::crop::{Edge, is_large_enough};
use super::rotation::rotate;
use crate::dom::{action, find, set_attribute, set_text, toggle_attribute};
use crate::requests::edit;
use crate::state::AppState;

/// The fine slider rotates by less than 45 degrees from the nearest right angle.
const FINE: i32 = 44;
/// The brush's radius, in percent of the photo's longer side.
const BRUSH: (i32, i32) = (1, 15);
/// The choices of the inversion: their values, titles and edits.
const INVERSIONS: [(&str, &str, Option<bool>); 3] = [
    ("auto", "Automatic", None),
    ("on", "Inverted", Some(true)),
    ("off", "Not inverted", Some(false)),
];

/// What the pointer does on the photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Draws the crop rectangle.
    Crop,
    /// Adds to the mask.
    Paint,
    /// Removes from the mask.
    Erase,
}

impl Tool {
    const ALL: [Self; 3] = [Self::Crop, Self::Paint, Self::Erase];

    /// The value of the tool's radio button.
    const fn name(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Paint => "paint",
            Self::Erase => "erase",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Crop => "Crop",
            Self::Paint => "Paint the garment",
            Self::Erase => "Erase",
        }
    }

    /// How to use the tool.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Crop => {
                "Drag a rectangle around the garment. Its edges can also be set with the sliders."
            }
            Self::Paint => {
                "Paint over what belongs to the garment. With the keyboard: the arrow keys move the brush, Space paints."
            }
            Self::Erase => {
                "Paint over what does not belong to the garment. With the keyboard: the arrow keys move the brush, Space erases."
            }
        }
    }
}

#[component]
pub fn Controls(tool: RwSignal<Tool>, radius: RwSignal<f32>) -> impl IntoView {
    let app = expect_context::<AppState>();
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(root) = node.get() {
            app.edits.edits().with(|edits| {
                let crop = edits.crop.or(inside_frame(app)).unwrap_or(Crop::WHOLE);
                update(
                    &root,
                    edits,
                    &first_edits(app),
                    crop,
                    tool.get(),
                    radius.get(),
                );
            });
        }
    });
    let input = move |event: Event| {
        let Some((_, action)) = action(&event) else {
            return;
        };
        let value = event_target_value(&event);
        match action.as_str() {
            "tool" => {
                let chosen = Tool::ALL.into_iter().find(|t| t.name() == value);
                tool.set(chosen.unwrap_or(Tool::Crop));
            }
            "brush-size" => radius.set(number(&value) / 100.0),
            edited => edit_with(app, edited, &value),
        }
    };
    let click = move |event: MouseEvent| {
        let action = action(&event).map(|(_, action)| action);
        match action.as_deref() {
            Some("undo") => edit::change(app, |e| drop(e.strokes.pop())),
            Some("reset") => {
                let first = untrack(|| first_edits(app));
                edit::change(app, |e| *e = first);
            }
            Some("turn-left") => rotate_by(app, -90.0),
            Some("turn-right") => rotate_by(app, 90.0),
            _ => {}
        }
    };
    view! {
        <div class="controls" node_ref=node inner_html=markup() on:input=input on:click=click></div>
    }
}

/// Changes the edits to the value of a slider or of the choice of inversion.
fn edit_with(app: AppState, action: &str, value: &str) {
    if let Some(edge) = Edge::ALL.into_iter().find(|edge| edge.name() == action) {
        let to = number(value) / 100.0;
        let inside_frame = untrack(|| inside_frame(app));
        edit::change(app, |e| {
            let crop = edge.move_to(e.crop.or(inside_frame).unwrap_or(Crop::WHOLE), to);
            e.crop = is_large_enough(crop).then_some(crop);
        });
    } else if action == "tilt" {
        let current = app.edits.edits().with_untracked(|e| e.rotation);
        rotate_to(app, nearest_right_angle(current) + number(value));
    } else if action == "inversion" {
        let chosen = INVERSIONS.iter().find(|(name, ..)| *name == value);
        edit::change(app, |e| {
            e.inverted = chosen.and_then(|(_, _, inverted)| *inverted)
        });
    }
}

/// The part of the photo inside a frame that was removed.
pub fn inside_frame(app: AppState) -> Option<Crop> {
    let image = app.upload.image();
    image.with(|image| image.as_ref()?.preprocessing.as_ref()?.inside_frame)
}

/// The edits of the photo before the visitor changed any.
fn first_edits(app: AppState) -> Edits {
    let first = app.upload.image().with(|image| {
        let preprocessing = image.as_ref()?.preprocessing.as_ref()?;
        Some(preprocessing.first_edits())
    });
    first.unwrap_or_default()
}

fn rotate_to(app: AppState, degrees: f32) {
    let size = app.edits.photo_size();
    edit::change(app, |e| rotate(e, size, degrees));
}

/// Rotates the photo by `degrees`, clockwise.
pub fn rotate_by(app: AppState, degrees: f32) {
    let current = app.edits.edits().with_untracked(|e| e.rotation);
    rotate_to(app, (current + degrees + 180.0).rem_euclid(360.0) - 180.0);
}

/// Parsed by the browser, because Rust's parser needs ten kilobytes of tables.
fn number(text: &str) -> f32 {
    Number::parse_float(text) as f32
}

/// Updates every control to the edits; `first` are those before the visitor changed any, `crop` is the part of the photo that is used.
fn update(root: &Element, edits: &Edits, first: &Edits, crop: Crop, tool: Tool, radius: f32) {
    // The browser unchecks the other radio buttons of the group.
    let chosen = root.query_selector(&format!("[value={}]", tool.name()));
    if let Some(radio) = chosen.ok().flatten() {
        radio.unchecked_into::<HtmlInputElement>().set_checked(true);
    }
    let set_slider = |name: &str, value: f32, unit: &str| {
        let value = value.round() as i32;
        let text = format!("{value}{unit}");
        if let Some(slider) = find::<HtmlInputElement>(root, name) {
            slider.set_value(&value.to_string());
            set_attribute(&slider, "aria-valuetext", &text);
        }
        set_text(root, &format!("{name}-value"), &text);
    };
    set_slider("brush-size", radius * 100.0, "%");
    for edge in Edge::ALL {
        set_slider(edge.name(), edge.position(crop) * 100.0, "%");
    }
    let tilt = edits.rotation - nearest_right_angle(edits.rotation);
    set_slider("tilt", tilt, "°");
    if let Some(select) = find::<HtmlSelectElement>(root, "inversion") {
        let chosen = INVERSIONS.iter().find(|(.., to)| *to == edits.inverted);
        select.set_value(chosen.map_or("auto", |(name, ..)| name));
    }
    toggle_attribute(root, "undo", "disabled", edits.strokes.is_empty());
    toggle_attribute(root, "reset", "disabled", edits == first);
}

fn nearest_right_angle(degrees: f32) -> f32 {
    (degrees / 90.0).round() * 90.0
}

fn markup() -> String {
    let mut html = String::from(
        "<fieldset><legend class=\"small\">Tool</legend><div class=\"segmented-control\">",
    );
    // Writing to a string cannot fail.
    for tool in Tool::ALL {
        let (name, title) = (tool.name(), tool.title());
        let _ = write!(
            html,
            "<label><input type=\"radio\" name=\"tool\" class=\"visually-hidden\" data-testid=\"tool\" data-action=\"tool\" value=\"{name}\"><span>{title}</span></label>"
        );
    }
    html += "</div>";
    slider(&mut html, "brush-size", "Brush", BRUSH);
    button(&mut html, "undo", "Undo the last stroke");
    html += "</fieldset><fieldset><legend class=\"small\">Crop</legend>";
    for edge in Edge::ALL {
        slider(&mut html, edge.name(), edge.title(), (0, 100));
    }
    html +=
        "</fieldset><fieldset><legend class=\"small\">Rotation</legend><div class=\"button-row\">";
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
    html += "</fieldset><label class=\"choice\"><span class=\"small\">Grey levels</span><select data-testid=\"inversion\" data-action=\"inversion\">";
    for (name, title, _) in INVERSIONS {
        let _ = write!(html, "<option value=\"{name}\">{title}</option>");
    }
    html += "</select></label>";
    button(&mut html, "reset", "Reset all edits");
    html
}

/// A range input with a label and its value.
fn slider(html: &mut String, name: &str, title: &str, (least, most): (i32, i32)) {
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<label class=\"slider\"><span>{title}</span>\
         <input type=\"range\" data-testid=\"{name}\" data-action=\"{name}\" min=\"{least}\" max=\"{most}\" step=\"1\">\
         <output data-testid=\"{name}-value\" data-ref=\"{name}-value\"></output></label>"
    );
}

fn button(html: &mut String, name: &str, title: &str) {
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<button type=\"button\" class=\"link-button\" data-testid=\"{name}\" data-action=\"{name}\">{title}</button>"
    );
}
