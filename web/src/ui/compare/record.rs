//! A metrics file: a confusion matrix, a report a class, and how the training went.

use js_sys::Array;
use shared::garment::CLASSES;
use wasm_bindgen::{JsCast, JsValue};

use crate::ui::json::{self, list, number};

/// What the trainer measured of a model, or the vote, on the test set.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Rows are the true class, columns the answered one.
    pub confusion: [[u32; CLASSES]; CLASSES],
    /// In label order.
    pub classes: Vec<ClassReport>,
    /// Of a network; none of the others.
    pub epochs: Vec<Epoch>,
}

/// How well one class is answered, each figure 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassReport {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// A pass over the training pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    pub train_loss: f64,
    pub validation_loss: f64,
    pub train_accuracy: f64,
    pub validation_accuracy: f64,
}

/// The record in that file; `None` where there is none, or not of this shape.
pub async fn fetch(url: &str) -> Option<Record> {
    read(&json::fetch(url).await?)
}

fn read(file: &JsValue) -> Option<Record> {
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
    let whole = rows.length() as usize == CLASSES && classes.len() == CLASSES;
    whole.then_some(Record {
        confusion,
        classes,
        epochs: epochs.collect::<Option<_>>()?,
    })
}
