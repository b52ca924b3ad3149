//! A row of the batch's table: the file, its image, the predictions, and the true class.

use std::sync::LazyLock;

use leptos::prelude::*;
use plot::format::probability;
use shared::image::RgbaImage;
use shared::model::Answer;
use shared::{Garment, ModelId};
use web_sys::{Element, HtmlCanvasElement, HtmlSelectElement};

use crate::dom::{find, set_attribute, set_text, toggle_attribute};
use crate::state::batch::{BatchItem, ItemPredictions, ItemStatus};
use crate::ui::canvas::paint;

/// The part of the markup before the models' cells.
const ROW: &str = "\
    <td class=\"thumbnail\"><div class=\"frame\"><canvas class=\"pixelated\" data-testid=\"roll-thumb\" data-ref=\"thumbnail\" aria-hidden=\"true\" width=\"1\" height=\"1\"></canvas></div></td>\
    <th scope=\"row\"><button type=\"button\" class=\"link-button\" data-testid=\"roll-show\" data-action=\"show\"><bdi data-ref=\"name\"></bdi></button>\
    <span class=\"small state\" data-testid=\"roll-state\" data-ref=\"state\"></span></th>\
    <td data-title=\"Answer\"><strong data-testid=\"roll-vote\" data-ref=\"vote\"></strong></td>\
    <td data-title=\"Confidence\" class=\"number\" data-testid=\"roll-sure\" data-ref=\"confidence\"></td>\
    <td data-title=\"Known\" data-ref=\"known\"></td>\
    <td data-title=\"True class\" class=\"truth\"><select data-testid=\"batch-correct\" data-action=\"correct\"><option value=\"\">It is really a …</option>";
const ROW_AFTER_CLASSES: &str = "</select>\
    <button type=\"button\" class=\"link-button\" data-testid=\"batch-undo-row\" data-action=\"undo-row\" hidden>Undo</button></td>\
    <td data-title=\"Result\" class=\"mark\" data-testid=\"batch-mark\" data-ref=\"mark\"></td>";

/// The markup of a row, which is the same for all.
static MARKUP: LazyLock<String> = LazyLock::new(|| {
    let mut markup = String::from(ROW);
    for garment in Garment::ALL {
        // Labels and titles hold nothing that is markup.
        markup += &format!("<option value=\"{}\">{garment}</option>", garment.index());
    }
    markup += ROW_AFTER_CLASSES;
    for model in ModelId::ALL {
        let (name, title) = (model.name(), model.title());
        markup += &format!(
            "<td data-title=\"{title}\" data-testid=\"roll-{name}\" data-ref=\"{name}\"></td>"
        );
    }
    markup
});

/// A row and what it shows.
pub struct Row {
    /// The item's place in the batch.
    pub place: usize,
    pub element: Element,
    shown: Option<(u32, Context)>,
}

/// What a row shows besides its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Whether the file is the image on the page.
    pub is_shown: bool,
    pub is_stopped: bool,
    /// Whether the novelty detector can check no image.
    pub is_uncheckable: bool,
    /// The models that have a column, in their order.
    pub columns: [bool; ModelId::ALL.len()],
}

impl Row {
    /// A row without predictions; `None` if the browser has no memory for it.
    pub fn new(place: usize, item: &BatchItem) -> Option<Self> {
        let element = document().create_element("tr").ok()?;
        element.set_inner_html(&MARKUP);
        // Set as text, not as markup: the visitor chose the file's name.
        let name = item.name.text();
        set_text(&element, "name", name);
        set_attribute(&element, "data-testid", "roll-row");
        set_attribute(&element, "data-file", name);
        set_attribute(&element, "data-place", &place.to_string());
        if let Some(select) = find::<Element>(&element, "correct") {
            set_attribute(&select, "aria-label", &format!("True class of {name}"));
        }
        if let Some(undo) = find::<Element>(&element, "undo-row") {
            set_attribute(
                &undo,
                "aria-label",
                &format!("Undo the correction of {name}"),
            );
        }
        Some(Self {
            place,
            element,
            shown: None,
        })
    }

    /// Shows the item, unless nothing has changed.
    pub fn update(&mut self, item: &BatchItem, context: Context) {
        let before = self.shown.replace((item.revision, context));
        if before == self.shown {
            return;
        }
        let row = &self.element;
        if before.is_none_or(|(_, before)| before.columns != context.columns) {
            for (model, is_column) in ModelId::ALL.into_iter().zip(context.columns) {
                toggle_attribute(row, model.name(), "hidden", !is_column);
            }
        }
        row.set_class_name(if context.is_shown { "shown" } else { "" });
        if let Some(button) = find::<Element>(row, "show") {
            let is_pressed = if context.is_shown { "true" } else { "false" };
            set_attribute(&button, "aria-pressed", is_pressed);
        }
        set_attribute(row, "data-state", item.status.name());
        set_text(row, "state", &status_text(&item.status, context));
        if let Some(element) = find::<Element>(row, "state") {
            let is_failed = matches!(item.status, ItemStatus::Failed(_));
            element.set_class_name(if is_failed {
                "small state failed"
            } else {
                "small state"
            });
        }
        show_truth(row, item);
        if let Some(predictions) = item.status.predictions() {
            if before.is_none_or(|(revision, _)| revision != item.revision)
                && let Some(canvas) = find::<HtmlCanvasElement>(row, "thumbnail")
            {
                paint(&canvas, Some(&RgbaImage::from(&predictions.grey)));
            }
            show_predictions(row, predictions);
        }
    }
}

fn show_predictions(row: &Element, predictions: &ItemPredictions) {
    let answer = predictions.answer();
    let label = answer.map_or("", |answer| answer.class.label());
    set_text(
        row,
        "vote",
        &answer_text(answer.as_ref(), predictions.known()),
    );
    set_attribute(row, "data-label", label);
    if let Some(answer) = answer {
        set_text(row, "confidence", &probability(answer.confidence));
        set_attribute(row, "data-confidence", &answer.confidence.to_string());
    }
    set_attribute(row, "data-voters", &predictions.voters().to_string());
    if let Some(known) = predictions.known() {
        set_attribute(row, "data-known", &known.to_string());
        set_text(row, "known", if known { "Yes" } else { "No" });
    }
    for model in ModelId::ALL {
        let prediction = predictions.prediction(model);
        let label = prediction.map_or("", |prediction| prediction.garment().label());
        set_text(row, model.name(), label);
        set_attribute(row, &format!("data-{}", model.name()), label);
    }
}

/// Shows the true class, and whether the answer is right.
fn show_truth(row: &Element, item: &BatchItem) {
    let truth = item.true_class();
    if let Some(select) = find::<HtmlSelectElement>(row, "correct") {
        let value = truth.map_or_else(String::new, |truth| truth.index().to_string());
        // Not set without need: the list may be open.
        if select.value() != value {
            select.set_value(&value);
        }
    }
    set_attribute(row, "data-true", truth.map_or("", Garment::label));
    set_attribute(
        row,
        "data-corrected",
        &item.correction.is_some().to_string(),
    );
    toggle_attribute(row, "undo-row", "hidden", item.correction.is_none());
    let (text, right) = match item.is_right() {
        Some(true) => ("Right", "true"),
        Some(false) => ("Wrong", "false"),
        None => ("", ""),
    };
    set_text(row, "mark", text);
    set_attribute(row, "data-right", right);
}

/// The answer's class, or how it is given for an image that is none of the ten classes.
fn answer_text(answer: Option<&Answer>, known: Option<bool>) -> String {
    match answer {
        Some(answer) if known == Some(false) && answer.class.garment().is_some() => {
            format!("Not sure (closest: {})", answer.class.label())
        }
        Some(answer) => answer.class.label().to_owned(),
        None => String::new(),
    }
}

fn status_text(status: &ItemStatus, context: Context) -> String {
    match status {
        ItemStatus::Waiting if context.is_stopped => "Not classified.".to_string(),
        ItemStatus::Waiting => "Waiting.".to_string(),
        ItemStatus::Answering => "Being classified…".to_string(),
        ItemStatus::Answered(item) => {
            let damaged = if item.is_damaged {
                " Parts of this file are damaged or missing."
            } else {
                ""
            };
            let text = classified_text(item, context.is_uncheckable);
            format!("{text}{damaged}")
        }
        ItemStatus::Failed(error) => error.clone(),
    }
}

fn classified_text(item: &ItemPredictions, is_uncheckable: bool) -> String {
    if item.known() == Some(false) {
        return "None of the ten classes.".to_string();
    }
    let classified = match item.predictions.len() {
        0 => return "Not classified: no model is loaded.".to_string(),
        n if n == ModelId::ALL.len() => "Classified.".to_string(),
        n => format!("Classified by {n} of {} models.", ModelId::ALL.len()),
    };
    let is_unchecked = item.known().is_none() && (item.is_checked() || is_uncheckable);
    if is_unchecked {
        format!("{classified} Could not check whether this is one of the ten classes.")
    } else {
        classified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_is_not_known_has_a_closest_class() {
        let mut vote = [0.0; 10];
        vote[Garment::Bag.index()] = 1.0;
        let answer = Answer::from_vote(&vote, false);
        assert_eq!(
            answer_text(Some(&answer), Some(false)),
            "Not sure (closest: Bag)"
        );
        assert_eq!(answer_text(Some(&answer), Some(true)), "Bag");
        assert_eq!(answer_text(Some(&answer), None), "Bag");
        // Without the ensemble, nothing is close.
        assert_eq!(answer_text(None, Some(false)), "");
    }

    #[test]
    fn the_markup_has_a_cell_for_each_model_and_an_option_for_each_class() {
        assert_eq!(MARKUP.matches("<option").count(), 1 + Garment::ALL.len());
        for model in ModelId::ALL {
            assert!(MARKUP.contains(&format!("data-testid=\"roll-{}\"", model.name())));
        }
    }
}
