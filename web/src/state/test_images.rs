//! The list of test images that the visitor asked for, and the predictions of the latest run over the test set in this browser.

use std::sync::Arc;

use leptos::prelude::*;
use shared::{Garment, ModelId};

use crate::contender::Contender;
use crate::engine::BatchPrediction;

/// Which predictions for the test images are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Those that the trainer recorded.
    Recorded(Contender),
    /// Those of the latest run over the test set in this browser.
    Run,
    /// The wrong ones where all seven models are wrong.
    AllWrong,
    /// The wrong one where the six other models are right.
    OneWrong,
    /// Those on which all seven models agree, but not with the label.
    Mislabelled,
}

/// Right or wrong predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Any,
    Right,
    Wrong,
}

/// Which test images are listed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Query {
    pub subject: Subject,
    /// `None` for all classes.
    pub truth: Option<Garment>,
    /// `None` for all classes.
    pub predicted: Option<Garment>,
    pub outcome: Outcome,
    /// From 0 to 1.
    pub least_confidence: f32,
}

impl Query {
    /// All images of a subject.
    pub const fn new(subject: Subject) -> Self {
        Self {
            subject,
            truth: None,
            predicted: None,
            outcome: Outcome::Any,
            least_confidence: 0.0,
        }
    }
}

/// A model's predictions for the test images, in their order; not for all of them if the run was stopped.
#[derive(Debug)]
pub struct TestRunPredictions {
    pub model: ModelId,
    pub predictions: Vec<BatchPrediction>,
}

/// The list of test images.
#[derive(Clone, Copy, Default)]
pub struct TestImagesState {
    query: RwSignal<Option<Query>>,
    opened: RwSignal<u32>,
    run: RwSignal<Option<Arc<TestRunPredictions>>>,
}

impl TestImagesState {
    /// Lists images, and moves to the list.
    pub fn open(self, query: Query) {
        self.query.set(Some(query));
        self.opened.update(|n| *n += 1);
    }

    /// Changes what is listed.
    pub fn set_query(self, query: Option<Query>) {
        self.query.set(query);
    }

    pub fn query(self) -> ReadSignal<Option<Query>> {
        self.query.read_only()
    }

    /// How often the list was opened from another part of the page.
    pub fn opened(self) -> ReadSignal<u32> {
        self.opened.read_only()
    }

    pub fn set_run(self, run: TestRunPredictions) {
        self.run.set(Some(Arc::new(run)));
    }

    pub fn run(self) -> ReadSignal<Option<Arc<TestRunPredictions>>> {
        self.run.read_only()
    }
}
