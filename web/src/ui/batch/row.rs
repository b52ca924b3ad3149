//! A row of the table: one file, its picture, what was said of it.

use leptos::prelude::*;
use plot::format::probability;
use shared::{Garment, ModelId};
use web_sys::{Element, HtmlCanvasElement};

use crate::dom::{part, say};
use crate::state::batch::{Answers, Outcome};
use crate::state::page::Page;
use crate::ui::canvas::paint;

/// One of several files.
#[derive(Clone)]
pub struct Item {
    /// Its place among the files, from 0, and the number of their lot.
    pub place: usize,
    pub lot: u32,
    pub name: String,
    pub outcome: ArcRwSignal<Outcome>,
}

const ROW: &str = "\
    <td class=\"thumb\"><div class=\"frame\"><canvas data-testid=\"roll-thumb\" aria-hidden=\"true\" width=\"1\" height=\"1\"></canvas></div></td>\
    <th scope=\"row\"><button type=\"button\" class=\"plain\" data-testid=\"roll-show\"></button>\
    <span class=\"small state\" data-testid=\"roll-state\"></span></th>\
    <td data-title=\"Vote\"><strong data-testid=\"roll-vote\"></strong><span class=\"number\" data-testid=\"roll-sure\"></span></td>\
    <td data-title=\"CNN\" data-testid=\"roll-cnn\"></td>\
    <td data-title=\"ResNet\" data-testid=\"roll-resnet\"></td>";

/// Adds the row to a table's body, and keeps it up to date as long as its owner lives.
pub fn add_row(page: Page, body: &Element, item: Item) {
    let Ok(row) = document().create_element("tr") else {
        return;
    };
    row.set_inner_html(ROW);
    // Never as markup: a name is whatever the visitor wrote.
    say(&row, "roll-show", &item.name);
    set(&row, "data-testid", "roll-row");
    set(&row, "data-file", &item.name);
    set(&row, "data-place", &item.place.to_string());
    // A row that could not be added would be seen to be missing.
    let _ = body.append_child(&row);
    Effect::new({
        let row = row.clone();
        move |_| {
            let is_shown = page.shows_of_roll(item.place);
            row.set_class_name(if is_shown { "shown" } else { "" });
            if let Some(button) = part::<Element>(&row, "roll-show") {
                let pressed = if is_shown { "true" } else { "false" };
                set(&button, "aria-pressed", pressed);
            }
        }
    });
    Effect::new(move |_| {
        item.outcome
            .with(|o| show(&row, o, page.roll.stopped.get()))
    });
}

fn show(row: &Element, outcome: &Outcome, stopped: bool) {
    set(row, "data-state", outcome.name());
    say(row, "roll-state", &state(outcome, stopped));
    if let Some(words) = part::<Element>(row, "roll-state") {
        let failed = matches!(outcome, Outcome::Failed(_));
        words.set_class_name(if failed {
            "small state failed"
        } else {
            "small state"
        });
    }
    let Some(answers) = outcome.answers() else {
        return;
    };
    if let Some(canvas) = part::<HtmlCanvasElement>(row, "roll-thumb") {
        paint(&canvas, Some(&answers.thumbnail));
    }
    let label = |said: Option<(Garment, f32)>| said.map_or("", |(garment, _)| garment.label());
    let vote = Answers::vote(answers);
    say(row, "roll-vote", label(vote));
    set(row, "data-label", label(vote));
    if let Some((_, confidence)) = vote {
        say(row, "roll-sure", &probability(confidence));
        set(row, "data-confidence", &confidence.to_string());
    }
    set(row, "data-voters", &answers.counted.to_string());
    if let Some(known) = answers.known {
        set(row, "data-known", &known.to_string());
    }
    for (model, hook, attribute) in [
        (ModelId::Cnn, "roll-cnn", "data-cnn"),
        (ModelId::Resnet, "roll-resnet", "data-resnet"),
    ] {
        say(row, hook, label(answers.of(model)));
        set(row, attribute, label(answers.of(model)));
    }
}

/// Attributes' names are ours, and legal.
fn set(element: &Element, attribute: &str, value: &str) {
    let _ = element.set_attribute(attribute, value);
}

/// The state in words.
fn state(outcome: &Outcome, stopped: bool) -> String {
    match outcome {
        Outcome::Waiting if stopped => "Not answered.".to_string(),
        Outcome::Waiting => "Waiting.".to_string(),
        Outcome::Answering => "Being answered…".to_string(),
        Outcome::Answered(Answers {
            known: Some(false), ..
        }) => "Probably none of the ten classes.".to_string(),
        Outcome::Answered(answers) => match answers.verdicts.len() {
            0 => "Prepared; no model is ready.".to_string(),
            n if n == ModelId::ALL.len() => "Answered.".to_string(),
            n => format!("Answered by {n} of {}.", ModelId::ALL.len()),
        },
        Outcome::Failed(sentence) => sentence.clone(),
    }
}
