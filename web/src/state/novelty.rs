//! The novelty detector: the state of its weights, and whether the image can be one of the ten classes.

use leptos::prelude::*;

use crate::engine::{Novelty, WeightsState};

/// The state of the novelty detector.
#[derive(Clone, Copy, Default)]
pub struct NoveltyState {
    weights: RwSignal<WeightsState>,
    /// An image's number, and the detector's result for it, or why there is none.
    result: RwSignal<Option<(u32, Result<Novelty, String>)>>,
}

impl NoveltyState {
    pub fn weights(self) -> ReadSignal<WeightsState> {
        self.weights.read_only()
    }

    pub fn set_weights(self, weights: WeightsState) {
        self.weights.set(weights);
    }

    pub fn is_ready(self) -> bool {
        self.weights.with(WeightsState::is_ready)
    }

    pub fn set_result(self, image: u32, result: Result<Novelty, String>) {
        self.result.set(Some((image, result)));
    }

    /// The latest result, if it is for the image of that number or a later one.
    pub fn result_since(self, image: u32) -> Option<Novelty> {
        let (checked, result) = self.result.get()?;
        result.ok().filter(|_| checked >= image)
    }

    /// Whether there is a result for the image of that number.
    pub fn is_checked(self, image: u32) -> bool {
        self.result
            .with_untracked(|result| matches!(result, Some((number, Ok(_))) if *number == image))
    }

    /// Whether no image can be checked.
    pub fn has_failed(self) -> bool {
        self.weights.with(|weights| !weights.may_load())
    }

    /// Why the image of that number is not checked, as a sentence.
    pub fn failure(self, image: u32) -> Option<String> {
        match self.weights.get() {
            WeightsState::Failed(error) => return Some(error),
            WeightsState::Absent => return Some("The check is not part of this build.".into()),
            _ => {}
        }
        let (checked, result) = self.result.get()?;
        result.err().filter(|_| checked == image)
    }
}
