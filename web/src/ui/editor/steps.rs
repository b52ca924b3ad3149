//! The five preprocessing steps of a visitor's photo.

use std::fmt::Write;

use leptos::html;
use leptos::prelude::*;
use photo::Crop;
use shared::image::RgbaImage;
use web_sys::{Element, HtmlCanvasElement};

use super::advice;
use super::mask_outline::{PALE, draw_outline};
use crate::dom::{action, find, set_attribute, set_text};
use crate::state::AppState;
use crate::state::image::{InputImage, Preprocessing, Segmentation};
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
                && let Some(segmentation) = &preprocessing.segmentation
            {
                draw_steps(&root, image, preprocessing, segmentation);
            }
        });
    });
    Effect::new(move |_| {
        let Some(root) = node.get() else { return };
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
    html += "</ol>\
        <button type=\"button\" class=\"disclosure\" data-testid=\"adjust\" data-action=\"adjust\" aria-controls=\"adjust\">\
        <span class=\"chevron\" aria-hidden=\"true\"></span><span>Crop, rotate or paint by hand</span></button>";
    html
}

/// Draws the result of each step.
fn draw_steps(
    root: &Element,
    image: &InputImage,
    preprocessing: &Preprocessing,
    segmentation: &Segmentation,
) {
    let results = [
        (
            Some(upright(image, preprocessing.crop())),
            rotation_text(preprocessing),
        ),
        (
            draw_outline(image, OUTLINE_SIDE),
            "outline of the garment".into(),
        ),
        (
            Some(segmentation.cutout.clone()),
            "fitted into a square".into(),
        ),
        (
            Some(segmentation.toned.clone()),
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

/// The photo, pale outside of the part that is used.
fn upright(image: &InputImage, crop: Crop) -> RgbaImage {
    let mut upright = image.thumbnail.clone();
    let (width, height) = (upright.width() as usize, upright.height() as usize);
    let is_inside = |at: usize, edge: usize, start: f32, extent: f32| {
        let share = (at as f32 + 0.5) / edge as f32;
        share >= start && share <= start + extent
    };
    for (i, pixel) in upright.pixels_mut().iter_mut().enumerate() {
        let is_used = is_inside(i % width, width, crop.left, crop.width)
            && is_inside(i / width, height, crop.top, crop.height);
        if !is_used {
            pixel[3] = PALE;
        }
    }
    upright
}

fn rotation_text(preprocessing: &Preprocessing) -> String {
    let degrees = preprocessing.edits.rotation;
    let is_straightened = degrees == preprocessing.straightened_by;
    if degrees == 0.0 {
        "not rotated".to_string()
    } else {
        let degrees = degrees.rem_euclid(360.0);
        match is_straightened {
            true => format!("rotated by {degrees:.0}°, as the garment was tilted"),
            false => format!("rotated by {degrees:.0}°"),
        }
    }
}
