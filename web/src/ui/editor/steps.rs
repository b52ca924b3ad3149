//! The five steps of a visitor's photo, and what there is to say of them.

use std::fmt::Write;

use leptos::html;
use leptos::prelude::*;
use shared::image::RgbaImage;
use web_sys::{Element, HtmlCanvasElement};

use super::adjust::Adjust;
use super::advice;
use super::mask_outline::outlined;
use crate::dom::{clicked, part, say};
use crate::state::image::{Development, Picture};
use crate::state::page::Page;
use crate::ui::canvas::paint;

/// A plate is shown at some 150 pixels a side, on screens of two pixels a pixel.
const PLATE: u32 = 300;
/// The steps' names, in the page's hooks and for people.
const STEPS: [(&str, &str); 5] = [
    ("upright", "Upright"),
    ("mask", "Found"),
    ("cutout", "Cut out"),
    ("grey", "Grey"),
    ("input", "28 × 28"),
];

/// Seen for a visitor's photo, and for nothing else.
#[component]
pub fn Inspector() -> impl IntoView {
    let page = expect_context::<Page>();
    let node = NodeRef::<html::Div>::new();
    let open = RwSignal::new(false);
    let is_photo = Memo::new(move |_| {
        page.picture
            .with(|p| p.as_ref().is_some_and(|p| p.development.is_some()))
    });
    Effect::new(move |_| {
        let Some(root) = node.get() else { return };
        page.picture.with(|p| {
            let picture = p.as_ref();
            if let Some((picture, development)) =
                picture.and_then(|p| Some((p, p.development.as_ref()?)))
            {
                draw(&root, picture, development);
            }
        });
    });
    Effect::new(move |_| {
        let Some(root) = node.get() else { return };
        let complaint = page.bench.complaint();
        page.picture.with(|p| {
            if let Some(development) = p.as_ref().and_then(|p| p.development.as_ref()) {
                advise(&root, development, complaint);
            }
        });
        if let Some(opener) = part::<Element>(&root, "adjust") {
            let expanded = if open.get() { "true" } else { "false" };
            // The name is legal.
            let _ = opener.set_attribute("aria-expanded", expanded);
        }
    });
    let press = move |event| {
        if clicked(&event).is_some_and(|(_, hook)| hook == "adjust") {
            open.update(|o| *o = !*o);
        }
    };
    view! {
        <div
            class="inspector"
            data-testid="inspector"
            hidden=move || !is_photo.get()
            aria-busy=move || if page.bench.is_busy() { "true" } else { "false" }
        >
            <div class="inspector" node_ref=node inner_html=markup() on:click=press></div>
            // Always there: to make it anew each time would take more code than to hide it.
            <div id="adjust" hidden=move || !open.get()>
                <Adjust open/>
            </div>
        </div>
    }
}

fn markup() -> String {
    let mut html = String::from("<h3>From photo to picture</h3><ol class=\"steps\">");
    for (hook, name) in STEPS {
        let pixelated = if hook == "input" {
            " class=\"pixelated\""
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            "<li><figure><div class=\"frame\"><canvas data-testid=\"step-{hook}\"{pixelated} role=\"img\" width=\"1\" height=\"1\"></canvas></div>\
             <figcaption><strong>{name}</strong> <span data-testid=\"step-{hook}-detail\"></span></figcaption></figure></li>"
        );
    }
    html += "</ol><p class=\"advice\" role=\"status\" data-testid=\"advice\"></p>\
        <button type=\"button\" class=\"opener\" data-testid=\"adjust\" aria-controls=\"adjust\">\
        <span class=\"chevron\" aria-hidden=\"true\"></span><span>Crop, turn or paint it by hand</span></button>";
    html
}

/// Shows what each step made of the photo.
fn draw(root: &Element, picture: &Picture, development: &Development) {
    let pictures = [
        (Some(picture.thumbnail.clone()), turned(development)),
        (outlined(picture, PLATE), "the garment's outline".into()),
        (
            Some(development.cutout.clone()),
            "brought into the square".into(),
        ),
        (
            Some(development.toned.clone()),
            advice::polarity(development.route).into(),
        ),
        (
            Some(input(picture)),
            "sharpened, what the models see".to_string(),
        ),
    ];
    for ((hook, name), (bitmap, detail)) in STEPS.into_iter().zip(pictures) {
        if let Some(canvas) = part::<HtmlCanvasElement>(root, &format!("step-{hook}")) {
            paint(&canvas, bitmap.as_ref());
            // The name is legal.
            let _ = canvas.set_attribute("aria-label", &format!("{name}: {detail}"));
        }
        say(root, &format!("step-{hook}-detail"), &detail);
    }
}

fn advise(root: &Element, development: &Development, complaint: Option<String>) {
    let is_bad = complaint.is_some() || advice::is_poor(development);
    let text = complaint.unwrap_or_else(|| sentences(development));
    if let Some(advice) = part::<Element>(root, "advice") {
        advice.set_class_name(if is_bad { "advice poor" } else { "advice" });
        // A live region speaks of every change, be it to the same words.
        if advice.text_content().as_deref() != Some(text.as_str()) {
            advice.set_text_content(Some(&text));
        }
    }
}

/// The 28x28 picture, to be shown enlarged.
pub fn input(picture: &Picture) -> RgbaImage {
    RgbaImage::from(&picture.grey)
}

fn turned(development: &Development) -> String {
    match development.edits.rotation {
        0.0 => "as it was taken".to_string(),
        degrees => format!("turned by {:.0}°", degrees.rem_euclid(360.0)),
    }
}

fn sentences(development: &Development) -> String {
    let finding = advice::finding(development);
    match advice::whiteness(development) {
        Some(whiteness) => format!("{finding} {whiteness}"),
        None => finding.to_string(),
    }
}
