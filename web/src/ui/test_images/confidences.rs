//! The contenders' confidence in their predictions for the test images: asked of the engines when it is needed, and kept.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

use crate::contender::Contender;
use crate::engine::{BatchPrediction, EngineError, TestSet};
use crate::state::AppState;

use super::selection::{CONTENDERS, place};

/// The confidences, which the list and the diagrams share.
pub type SharedConfidences = StoredValue<Rc<Confidences>, LocalStorage>;

/// The confidences known so far.
#[derive(Default)]
pub struct Confidences {
    /// For each contender, in their order, and each test image; empty before the first request.
    known: RefCell<[Vec<Option<f32>>; CONTENDERS]>,
}

impl Confidences {
    /// `None` before it was requested.
    pub fn get(&self, contender: Contender, index: usize) -> Option<f32> {
        let known = self.known.borrow();
        known[place(contender)].get(index).copied().flatten()
    }

    /// All of a contender's, in the order of the test set; `None` unless all `count` are known.
    pub fn all(&self, contender: Contender, count: usize) -> Option<Vec<f32>> {
        let all: Option<Vec<f32>> = self.known.borrow()[place(contender)]
            .iter()
            .copied()
            .collect();
        all.filter(|all| all.len() == count)
    }

    /// Requests those of the images that are not known yet, in batches. `go_on` gets the number of images of each batch that was
    /// classified, and says whether to go on.
    ///
    /// # Errors
    /// A batch was not classified.
    pub async fn request(
        &self,
        app: AppState,
        test_set: &Rc<TestSet>,
        contender: Contender,
        images: &[usize],
        mut go_on: impl FnMut(usize) -> bool,
    ) -> Result<(), EngineError> {
        let unknown = images.iter().filter(|i| self.get(contender, **i).is_none());
        let unknown: Vec<usize> = unknown
            .copied()
            .filter(|index| test_set.pixels(*index).is_some())
            .collect();
        let mut rest = &unknown[..];
        let pixels = |i: usize| test_set.pixels(unknown[i]).unwrap_or_default();
        let receive = |predictions: Vec<BatchPrediction>, _| {
            let (batch, later) = rest.split_at(predictions.len().min(rest.len()));
            rest = later;
            self.store(contender, test_set.labels().len(), batch, &predictions);
            go_on(batch.len())
        };
        let client = app.engines.client();
        let request = client.classify_images(contender, unknown.len(), pixels, receive);
        request.await
    }

    fn store(
        &self,
        contender: Contender,
        count: usize,
        images: &[usize],
        predictions: &[BatchPrediction],
    ) {
        let mut known = self.known.borrow_mut();
        let known = &mut known[place(contender)];
        known.resize(count, None);
        for (index, prediction) in images.iter().zip(predictions) {
            known[*index] = Some(prediction.confidence);
        }
    }
}
