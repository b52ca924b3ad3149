//! A metrics file of the trainer: confusion matrix, precision and recall of each class, and the epochs of the training.

use js_sys::Array;
use leptos::prelude::*;
use shared::garment::CLASSES;
use wasm_bindgen::{JsCast, JsValue};

use crate::contender::Contender;
use crate::json::{self, field, list, number};
use crate::state::AppState;

/// The test metrics and the training of one model, or of the ensemble.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsFile {
    /// Rows are true classes, columns predicted ones.
    pub confusion: [[u32; CLASSES]; CLASSES],
    /// In label order.
    pub classes: Vec<ClassReport>,
    /// The predicted label of each test image; empty if the file does not have them.
    pub answers: Vec<u8>,
    /// Empty for all models but the networks.
    pub epochs: Vec<Epoch>,
}

/// The metrics of one class, each from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassReport {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// One pass over the training images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    pub train_loss: f64,
    pub validation_loss: f64,
    pub train_accuracy: f64,
    pub validation_accuracy: f64,
}

/// The metrics file of each contender, in their order; empty before they are fetched. The comparison's parts find it in the context.
#[derive(Clone, Copy, Default)]
pub struct MetricsFiles(pub RwSignal<Vec<Option<MetricsFile>>>);

/// Fetches the metrics file of each contender, in their order.
pub async fn fetch_all(app: AppState) -> Vec<Option<MetricsFile>> {
    let mut files = Vec::new();
    for contender in Contender::all() {
        let url = app.site.url(&format!("metrics/{}.json", contender.name()));
        files.push(match url {
            Some(url) => fetch(&url).await,
            None => None,
        });
    }
    files
}

/// Fetches a metrics file; `None` if it is missing or malformed.
async fn fetch(url: &str) -> Option<MetricsFile> {
    parse(&json::fetch(url).await?)
}

fn parse(file: &JsValue) -> Option<MetricsFile> {
    let mut confusion = [[0; CLASSES]; CLASSES];
    let rows = list(file, "confusion")?;
    for (row, counts) in confusion.iter_mut().zip(rows.iter()) {
        let counts: Array = counts.dyn_into().ok()?;
        for (cell, count) in row.iter_mut().zip(counts.iter()) {
            *cell = count.as_f64()? as u32;
        }
    }
    let classes = list(file, "classes")?;
    let classes = classes.iter().map(|class| {
        Some(ClassReport {
            precision: number(&class, "precision")?,
            recall: number(&class, "recall")?,
            f1: number(&class, "f1")?,
        })
    });
    let answers = field(file, "answers").and_then(|answers| answers.as_string());
    let answers = answers.and_then(|answers| {
        let digit = |c: char| c.to_digit(10).map(|digit| digit as u8);
        answers.chars().map(digit).collect::<Option<_>>()
    });
    // Only the networks' files have epochs.
    let epochs = list(file, "epochs").unwrap_or_default();
    let epochs = epochs.iter().map(|epoch| {
        Some(Epoch {
            train_loss: number(&epoch, "train_loss")?,
            validation_loss: number(&epoch, "validation_loss")?,
            train_accuracy: number(&epoch, "train_accuracy")?,
            validation_accuracy: number(&epoch, "validation_accuracy")?,
        })
    });
    let classes: Vec<ClassReport> = classes.collect::<Option<_>>()?;
    let is_complete = rows.length() as usize == CLASSES && classes.len() == CLASSES;
    is_complete.then_some(MetricsFile {
        confusion,
        classes,
        answers: answers.unwrap_or_default(),
        epochs: epochs.collect::<Option<_>>()?,
    })
}
