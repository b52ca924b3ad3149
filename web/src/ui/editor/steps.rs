//! The five preprocessing steps of a visitor's photo, and advice about the result.

use std::fmt::Write;

use leptos::html;
use leptos::prelude::*;
use web_sys::{Element, HtmlCanvasElement};

use super::advice;
use super::mask_outline::draw_outline;
use crate::dom::{action, find, set_attribute, set_text};
use crate::state::AppState;
use crate::state::image::{InputImage, Preprocessing};
use crate::ui::canvas::paint;

/// The canvases are about 150 pixels wide, on screens with two device pixels for each.
const OUTLINE_SIDE: u32 = 300;
/// The steps' names in attributes, and their titles.
const STEPS: [(&str, &str); 5] = [
    ("upright", "Upright"),
    ("mask", "Mask"),
    ("cutout", "Cutout"),
    ("grey", "Grey"),
    ("input", "28 × 28"),
];

#[component]
pub fn PreprocessingSteps(is_open: RwSignal<bool>) -> impl IntoView {
    let app = expect_context::<AppState>();
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        let Some(root) = node.get() else { return };
        app.upload.image().with(|image| {
            if let Some(image) = image
                && let Some(preprocessing) = &image.preprocessing
            {
                draw_steps(&root, image, preprocessing);
            }
        });
    });
    Effect::new(move |_| {
        let Some(root) = node.get() else { return };
        let error = app.edits.error();
        app.upload.image().with(|image| {
            if let Some(preprocessing) = image.as_ref().and_then(|i| i.preprocessing.as_ref()) {
                show_advice(&root, preprocessing, error);
            }
        });
        if let Some(button) = find::<Element>(&root, "adjust") {
            let is_expanded = if is_open.get() { "true" } else { "false" };
            set_attribute(&button, "aria-expanded", is_expanded);
        }
    });
    let click = move |event: leptos::ev::MouseEvent| {
        if action(&event).is_some_and(|(_, action)| action == "adjust") {
            is_open.update(|o| *o = !*o);
        }
    };
    view! {
        <div class="photo-editor" node_ref=node inner_html=markup() on:click=click></div>
    }
}

fn markup() -> String {
    let mut html = String::from("<h3>From the photo to the input</h3><ol class=\"steps\">");
    for (name, title) in STEPS {
        let pixelated = if name == "input" {
            " class=\"pixelated\""
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            "<li><figure><div class=\"frame\"><canvas data-testid=\"step-{name}\" data-ref=\"{name}\"{pixelated} role=\"img\" width=\"1\" height=\"1\"></canvas></div>\
             <figcaption><strong>{title}</strong> <span data-testid=\"step-{name}-detail\" data-ref=\"{name}-detail\"></span></figcaption></figure></li>"
        );
    }
    html += "</ol><p class=\"advice\" role=\"status\" data-testid=\"advice\" data-ref=\"advice\"></p>\
        <button type=\"button\" class=\"disclosure\" data-testid=\"adjust\" data-action=\"adjust\" aria-controls=\"adjust\">\
        <span class=\"chevron\" aria-hidden=\"true\"></span><span>Crop, rotate or paint by hand</span></button>";
    html
}

/// Draws the result of each step.
fn draw_steps(root: &Element, image: &InputImage, preprocessing: &Preprocessing) {
    let results = [
        (Some(image.thumbnail.clone()), rotation_text(preprocessing)),
        (
            draw_outline(image, OUTLINE_SIDE),
            "outline of the garment".into(),
        ),
        (
            Some(preprocessing.cutout.clone()),
            "fitted into a square".into(),
        ),
        (
            Some(preprocessing.toned.clone()),
            advice::inversion(preprocessing.route).into(),
        ),
        (
            Some(image.input()),
            "sharpened, input of the models".to_string(),
        ),
    ];
    for ((name, title), (result, detail)) in STEPS.into_iter().zip(results) {
        if let Some(canvas) = find::<HtmlCanvasElement>(root, name) {
            paint(&canvas, result.as_ref());
            set_attribute(&canvas, "aria-label", &format!("{title}: {detail}"));
        }
        set_text(root, &format!("{name}-detail"), &detail);
    }
}

fn show_advice(root: &Element, preprocessing: &Preprocessing, error: Option<String>) {
    let is_warning = error.is_some() || advice::is_poor(preprocessing);
    let text = error.unwrap_or_else(|| advice::text(preprocessing));
    if let Some(element) = find::<Element>(root, "advice") {
        element.set_class_name(if is_warning {
            "advice warning"
        } else {
            "advice"
        });
        // Screen readers announce every change of a live region, even one to the same text.
        if element.text_content().as_deref() != Some(text.as_str()) {
            element.set_text_content(Some(&text));
        }
    }
}

fn rotation_text(preprocessing: &Preprocessing) -> String {
    let degrees = preprocessing.edits.rotation;
    if degrees == 0.0 {
        "not rotated".to_string()
    } else {
        format!("rotated by {:.0}°", degrees.rem_euclid(360.0))
    }
}
