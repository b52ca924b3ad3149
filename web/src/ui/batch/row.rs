//! A row of the batch's table: the file, its image, and the predictions.

use leptos::prelude::*;
use plot::format::probability;
use shared::{Garment, ModelId};
use web_sys::{Element, HtmlCanvasElement};

use crate::dom::{find, set_attribute, set_text};
use crate::state::AppState;
use crate::state::batch::{BatchItem, ItemStatus};
use crate::ui::canvas::paint;

const ROW: &str = "\
    <td class=\"thumbnail\"><div class=\"frame\"><canvas data-testid=\"roll-thumb\" data-ref=\"thumbnail\" aria-hidden=\"true\" width=\"1\" height=\"1\"></canvas></div></td>\
    <th scope=\"row\"><button type=\"button\" class=\"link-button\" data-testid=\"roll-show\" data-action=\"show\"></button>\
    <span class=\"small state\" data-testid=\"roll-state\" data-ref=\"state\"></span></th>\
    <td data-title=\"Vote\"><strong data-testid=\"roll-vote\" data-ref=\"vote\"></strong><span class=\"number\" data-testid=\"roll-sure\" data-ref=\"confidence\"></span></td>\
    <td data-title=\"CNN\" data-testid=\"roll-cnn\" data-ref=\"cnn\"></td>\
    <td data-title=\"ResNet\" data-testid=\"roll-resnet\" data-ref=\"resnet\"></td>";

/// Adds the row to the table's body, and updates it until its owner ends.
pub fn add_row(app: AppState, body: &Element, item: BatchItem) {
    let Ok(row) = document().create_element("tr") else {
        return;
    };
    row.set_inner_html(ROW);
    // Set as text, not as markup: the visitor chose the file's name.
    set_text(&row, "show", &item.name);
    set_attribute(&row, "data-testid", "roll-row");
    set_attribute(&row, "data-file", &item.name);
    set_attribute(&row, "data-place", &item.index.to_string());
    // If this fails, the row is visibly missing.
    let _ = body.append_child(&row);
    Effect::new({
        let row = row.clone();
        move |_| {
            let is_shown = app.batch.is_shown(item.index, app.upload.photo_number());
            row.set_class_name(if is_shown { "shown" } else { "" });
            if let Some(button) = find::<Element>(&row, "show") {
                let is_pressed = if is_shown { "true" } else { "false" };
                set_attribute(&button, "aria-pressed", is_pressed);
            }
        }
    });
    Effect::new(move |_| {
        let (is_stopped, is_uncheckable) = (app.batch.is_stopped(), app.novelty.has_failed());
        item.status
            .with(|status| update(&row, status, is_stopped, is_uncheckable))
    });
}

fn update(row: &Element, status: &ItemStatus, is_stopped: bool, is_uncheckable: bool) {
    set_attribute(row, "data-state", status.name());
    let text = status_text(status, is_stopped, is_uncheckable);
    set_text(row, "state", &text);
    if let Some(element) = find::<Element>(row, "state") {
        let is_failed = matches!(status, ItemStatus::Failed(_));
        element.set_class_name(if is_failed {
            "small state failed"
        } else {
            "small state"
        });
    }
    let Some(predictions) = status.predictions() else {
        return;
    };
    if let Some(canvas) = find::<HtmlCanvasElement>(row, "thumbnail") {
        paint(&canvas, Some(&predictions.thumbnail));
    }
    let label = |prediction: Option<(Garment, f32)>| prediction.map_or("", |(g, _)| g.label());
    let answer = predictions.answer();
    let answer_label = answer.map_or("", |answer| answer.class.label());
    let is_unsure = predictions.known() == Some(false);
    let is_named = answer.is_some_and(|answer| answer.class.garment().is_none());
    set_text(
        row,
        "vote",
        &answer_text(answer_label, is_unsure && !is_named),
    );
    set_attribute(row, "data-label", answer_label);
    if let Some(answer) = answer {
        set_text(row, "confidence", &probability(answer.confidence));
        set_attribute(row, "data-confidence", &answer.confidence.to_string());
    }
    set_attribute(row, "data-voters", &predictions.combined.to_string());
    if let Some(known) = predictions.known() {
        set_attribute(row, "data-known", &known.to_string());
    }
    for (model, name, attribute) in [
        (ModelId::Cnn, "cnn", "data-cnn"),
        (ModelId::Resnet, "resnet", "data-resnet"),
    ] {
        set_text(row, name, label(predictions.model(model)));
        set_attribute(row, attribute, label(predictions.model(model)));
    }
}

/// The answer's class, or how it is given for an image that is none of the ten classes.
fn answer_text(label: &str, is_unsure: bool) -> String {
    if is_unsure && !label.is_empty() {
        format!("Not sure (closest: {label})")
    } else {
        label.to_string()
    }
}

/// `is_uncheckable`: whether the novelty detector can check no image.
fn status_text(status: &ItemStatus, is_stopped: bool, is_uncheckable: bool) -> String {
    match status {
        ItemStatus::Waiting if is_stopped => "Not classified.".to_string(),
        ItemStatus::Waiting => "Waiting.".to_string(),
        ItemStatus::Answering => "Being classified…".to_string(),
        ItemStatus::Answered(item) if item.known() == Some(false) => {
            "None of the ten classes.".to_string()
        }
        ItemStatus::Answered(item) => {
            let classified = match item.predictions.len() {
                0 => return "Not classified: no model is loaded.".to_string(),
                n if n == ModelId::ALL.len() => "Classified.".to_string(),
                n => format!("Classified by {n} of {} models.", ModelId::ALL.len()),
            };
            let is_unchecked = item.known().is_none() && (item.is_checked || is_uncheckable);
            if is_unchecked {
                format!("{classified} Could not check whether this is one of the ten classes.")
            } else {
                classified
            }
        }
        ItemStatus::Failed(error) => error.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_is_not_known_has_a_closest_class() {
        assert_eq!(answer_text("Bag", true), "Not sure (closest: Bag)");
        assert_eq!(answer_text("Bag", false), "Bag");
        // Without the ensemble, nothing is close.
        assert_eq!(answer_text("", true), "");
    }
}
