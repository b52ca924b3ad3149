//! The result card: a picture of the image, the answer, and every model's prediction.

use leptos::prelude::*;
use plot::format::probability;
use shared::model::{PhotoClass, ensemble};
use shared::{Garment, ModelId};

use super::drawing::{ACCENT, BORDER, CAPTION, Drawing, MUTED, Place, TextStyle};
use crate::requests::address::site_address;
use crate::state::AppState;
use crate::state::image::{InputImage, Origin};
use crate::ui::ensemble_text::{headline, votes};
use crate::ui::explanation::heat_map::{self, ScaledMap};

/// The card's size in pixels.
const WIDTH: u32 = 1200;
const HEIGHT: u32 = 800;
const MARGIN: f64 = 60.0;
/// The first text below the logo.
const TOP: f64 = 116.0;
/// The distance of the predictions' lines.
const LINE: f64 = 50.0;

/// A line of the card.
struct Line {
    title: &'static str,
    label: &'static str,
    probability: f32,
    is_vote: bool,
    /// Whether it is the class of the vote.
    agrees: bool,
}

/// Saves the card of the image on the page. Returns what the visitor should know about it.
pub async fn save(app: AppState) -> String {
    let Some(image) = app.upload.image().get_untracked() else {
        return "There is no image yet: choose one first.".into();
    };
    let lines = untrack(|| lines(app, &image));
    if lines.is_empty() {
        return "There are no predictions yet: wait for them and try again.".into();
    }
    let drawing = Drawing::new(WIDTH, HEIGHT);
    if let Some(drawing) = drawing {
        untrack(|| draw(&drawing, app, &image, &lines));
        if drawing.save("haberdash-result.png").await.is_ok() {
            return "Saved as haberdash-result.png.".into();
        }
    }
    "This browser does not allow the page to save an image: take a screenshot instead.".into()
}

fn draw(drawing: &Drawing, app: AppState, image: &InputImage, lines: &[Line]) {
    drawing.logo(MARGIN, 52.0);
    let side = draw_images(drawing, app, image);
    let left = MARGIN + side + MARGIN;
    let width = f64::from(WIDTH) - MARGIN - left;
    let style = TextStyle::new(44).serif();
    let mut y = drawing.paragraph(&headline(app), left, TOP + 34.0, width, style);
    let note = TextStyle::new(20).muted();
    if let Some(text) = agreement(app) {
        y = drawing.paragraph(&text, left, y - 14.0, width, note);
    }
    if let Origin::Gallery(garment) = &image.origin {
        y = drawing.paragraph(
            &format!("The test set says: {garment}."),
            left,
            y,
            width,
            note,
        );
    }
    y += 26.0;
    for line in lines {
        draw_line(drawing, line, left, y, width);
        y += LINE;
        if line.is_vote {
            let rule = Place {
                x: left,
                y: y - 30.0,
                width,
                height: 1.0,
            };
            drawing.rectangle(rule, BORDER);
            y += 10.0;
        }
    }
    let footer = TextStyle::new(18).muted();
    let y = f64::from(HEIGHT) - 34.0;
    drawing.text(
        "Seven classifiers of clothes, trained in Rust, in a browser tab",
        MARGIN,
        y,
        footer,
    );
    if let Some(address) = site_address() {
        let address = address
            .split_once("://")
            .map_or(&*address, |(_, rest)| rest);
        let address = drawing.fitted(address, 500.0, footer);
        drawing.text(&address, f64::from(WIDTH) - MARGIN, y, footer.right());
    }
}

/// Draws the models' input, and below it the heat map if it is of this image. Returns their side.
fn draw_images(drawing: &Drawing, app: AppState, image: &InputImage) -> f64 {
    let overlay = app.explanation.shown().with(|shown| {
        let shown = shown.as_ref().filter(|e| e.image.number == image.number)?;
        let map = ScaledMap::from_raw(&shown.map)?;
        let overlay = heat_map::over_input(&map, &shown.image);
        Some((overlay, shown.map.model, shown.map.class))
    });
    let caption = match (image.test_number, &image.origin) {
        (Some(number), _) => format!("Test image {number}"),
        (None, Origin::Visitor(name)) if !name.is_empty() => name.clone(),
        _ => "28 × 28 input".to_owned(),
    };
    // A whole number of pixels for each pixel of the input.
    let side = if overlay.is_some() { 252.0 } else { 420.0 };
    // One line, however long the name of a file is.
    let caption = drawing.fitted(&caption, side, CAPTION);
    let place = Place::square(MARGIN, TOP, side);
    drawing.figure(&image.input(), place, false, &caption);
    if let Some((overlay, model, class)) = overlay {
        let place = Place::square(MARGIN, TOP + side + 60.0, side);
        let caption = format!("Heat map: {}, {class}", model.title());
        drawing.figure(&overlay, place, true, &caption);
    }
    side
}

fn draw_line(drawing: &Drawing, line: &Line, left: f64, y: f64, width: f64) {
    let style = TextStyle::new(21);
    let title = if line.is_vote { style.bold() } else { style };
    drawing.text(line.title, left, y, title);
    let label = if line.agrees { style } else { style.bold() };
    drawing.text(line.label, left + 240.0, y, label);
    let bar = Place {
        x: left + 370.0,
        y: y - 13.0,
        width: width - 370.0 - 90.0,
        height: 12.0,
    };
    drawing.bar(
        bar,
        line.probability,
        if line.agrees { ACCENT } else { MUTED },
    );
    let number = style.right();
    drawing.text(&probability(line.probability), left + width, y, number);
}

/// The vote, the photo network where it has answered, and the models that have.
fn lines(app: AppState, image: &InputImage) -> Vec<Line> {
    let vote = app
        .ensemble_prediction()
        .filter(|p| p.image == image.number);
    let chosen = vote.as_ref().map(|vote| vote.garment());
    let agrees = |garment: Option<Garment>| chosen.is_none() || garment == chosen;
    let vote = vote.map(|vote| Line {
        title: ensemble::TITLE,
        label: vote.garment().label(),
        probability: vote.confidence(),
        is_vote: true,
        agrees: true,
    });
    let photo = app.photo_prediction().map(|photo| {
        let class = PhotoClass::most_likely(&photo.probabilities);
        Line {
            title: "Photo network",
            label: class.label(),
            probability: photo.probabilities[class.index()],
            is_vote: false,
            agrees: agrees(class.garment()),
        }
    });
    let models = ModelId::ALL.into_iter().filter_map(|model| {
        let state = app.models.state(model);
        let prediction = state.with(|m| m.prediction_for(image.number).cloned())?;
        Some(Line {
            title: model.title(),
            label: prediction.garment().label(),
            probability: prediction.confidence(),
            is_vote: false,
            agrees: agrees(Some(prediction.garment())),
        })
    });
    vote.into_iter().chain(photo).chain(models).collect()
}

/// How many models agree with the vote.
fn agreement(app: AppState) -> Option<String> {
    let prediction = app.ensemble_prediction()?;
    let missing = app.missing_members(&prediction);
    Some(votes(prediction.garment(), &prediction.members, missing))
}
