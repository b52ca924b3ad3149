//! The novelty detector: the state of its weights, and whether the image can be one of the ten classes.

use leptos::prelude::*;

use super::latest_result::LatestResult;
use crate::engine::{Novelty, WeightsState};

/// The state of the novelty detector.
#[derive(Clone, Copy, Default)]
pub struct NoveltyState {
    weights: RwSignal<WeightsState>,
    pub result: LatestResult<Novelty>,
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

    /// Whether no image can be checked.
    pub fn has_failed(self) -> bool {
        self.weights.with(|weights| !weights.may_load())
    }

    /// Why the image of that number is not checked, as a sentence.
    pub fn failure(self, image: u32) -> Option<String> {
        match self.weights.get() {
            WeightsState::Failed(error) => Some(error),
            WeightsState::Absent => Some("The check is not part of this build.".into()),
            _ => self.result.error(image),
        }
    }
}
