//! Saving a batch and its evaluation as files.

use std::time::Duration;

use js_sys::Object;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};

use super::evaluation::Evaluation;
use super::{csv, json};
use crate::dom::save_file;
use crate::engine::sleep;
use crate::state::AppState;
use crate::state::batch::BatchItem;

/// How many files are written in one task of the UI thread.
const FILES_PER_TASK: usize = 50;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Csv,
    Json,
}

impl Kind {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv;charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// Saves all files of the batch, in their order.
pub fn save_table(app: AppState, kind: Kind, style: csv::Style) {
    let batch = app.batch.number();
    spawn_local(async move {
        let mut text = match kind {
            Kind::Csv => format!("{}{}", csv::BYTE_ORDER_MARK, csv::header(style)),
            Kind::Json => "[\n".to_owned(),
        };
        let total = app.batch.items().with_untracked(Vec::len);
        for start in (0..total).step_by(FILES_PER_TASK) {
            if app.batch.is_stale(batch) {
                return;
            }
            app.batch.items().with_untracked(|items| {
                for (index, item) in items.iter().enumerate().skip(start).take(FILES_PER_TASK) {
                    match kind {
                        Kind::Csv => text += &csv::line(item, style),
                        Kind::Json => {
                            let end = if index + 1 < total { ",\n" } else { "\n]\n" };
                            text += "  ";
                            text += &json::object(item, style.has_all_probabilities);
                            text += end;
                        }
                    }
                }
            });
            sleep(Duration::ZERO).await;
        }
        let name = match kind {
            Kind::Csv => "haberdash.csv",
            Kind::Json => "haberdash.json",
        };
        save(app, name, kind, &text);
    });
}

/// Saves the evaluation.
pub fn save_evaluation(app: AppState, kind: Kind, style: csv::Style) {
    let text = app.batch.items().with_untracked(|items: &Vec<BatchItem>| {
        let evaluation = Evaluation::new(items);
        match kind {
            Kind::Csv => csv::evaluation(&evaluation, style),
            Kind::Json => json::evaluation(&evaluation, items),
        }
    });
    let name = match kind {
        Kind::Csv => "haberdash-evaluation.csv",
        Kind::Json => "haberdash-evaluation.json",
    };
    save(app, name, kind, &text);
}

fn save(app: AppState, name: &str, kind: Kind, text: &str) {
    if save_file(name, kind.media_type(), text).is_err() {
        app.messages.add_error(
            "This browser does not allow the page to save a file: copy the table by hand.".into(),
        );
    }
}

/// Whether numbers have a decimal comma in the visitor's language.
pub fn has_decimal_comma() -> bool {
    // The number's own method, without a language: the browser's is used.
    let number: Object = JsValue::from(1.5).unchecked_into();
    String::from(number.to_locale_string()).contains(',')
}
