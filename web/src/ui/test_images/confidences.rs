//! The contenders' confidence in their predictions for the test images: asked of the engines when it is needed, and kept.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

use crate::contender::Contender;
use crate::engine::{BatchPrediction, CLASSICAL_BATCH_SIZE, EngineError, TestSet, batch_size};
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
    /// classified, and says whether to request the next one.
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
        let size = match contender {
            Contender::Model(model) => batch_size(model),
            Contender::Vote => CLASSICAL_BATCH_SIZE,
        };
        let unknown = images.iter().filter(|i| self.get(contender, **i).is_none());
        let unknown: Vec<usize> = unknown.copied().collect();
        for batch in unknown.chunks(size) {
            let pixels = batch.iter().filter_map(|index| test_set.pixels(*index));
            let pixels = pixels.collect::<Vec<_>>().concat();
            let predictions = classify(app, contender, pixels).await?;
            let mut known = self.known.borrow_mut();
            let known = &mut known[place(contender)];
            known.resize(test_set.labels().len(), None);
            for (index, prediction) in batch.iter().zip(predictions) {
                known[*index] = Some(prediction.confidence);
            }
            if !go_on(batch.len()) {
                break;
            }
        }
        Ok(())
    }
}

async fn classify(
    app: AppState,
    contender: Contender,
    pixels: Vec<u8>,
) -> Result<Vec<BatchPrediction>, EngineError> {
    let client = app.engines.client();
    match contender {
        Contender::Model(model) => {
            let (predictions, _) = client.classify_batch(model, pixels).await?;
            Ok(predictions)
        }
        Contender::Vote => client.classify_batch_by_ensemble(pixels).await,
    }
}
