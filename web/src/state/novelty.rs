//! The novelty detector: whether it is loaded, and whether the image can be one of the ten classes.

use leptos::prelude::*;

use crate::engine::Novelty;

/// The state of the novelty detector.
#[derive(Clone, Copy, Default)]
pub struct NoveltyState {
    is_ready: RwSignal<bool>,
    /// An image's number, and the detector's result for it.
    result: RwSignal<Option<(u32, Novelty)>>,
}

impl NoveltyState {
    pub fn set_ready(self, is_ready: bool) {
        self.is_ready.set(is_ready);
    }

    pub fn is_ready(self) -> bool {
        self.is_ready.get()
    }

    pub fn set_result(self, image: u32, novelty: Novelty) {
        self.result.set(Some((image, novelty)));
    }

    /// The latest result, if it is for the image of that number or a later one.
    pub fn result_since(self, image: u32) -> Option<Novelty> {
        let (checked, novelty) = self.result.get()?;
        (checked >= image).then_some(novelty)
    }
}
