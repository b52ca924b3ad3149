//! The novelty detector: whether it is loaded, and whether the image can be one of the ten classes.

use leptos::prelude::*;

/// The state of the novelty detector.
#[derive(Clone, Copy, Default)]
pub struct NoveltyState {
    is_ready: RwSignal<bool>,
    /// An image's number, and whether it can be one of the ten classes.
    result: RwSignal<Option<(u32, bool)>>,
}

impl NoveltyState {
    pub fn set_ready(self, is_ready: bool) {
        self.is_ready.set(is_ready);
    }

    pub fn is_ready(self) -> bool {
        self.is_ready.get()
    }

    pub fn set_result(self, image: u32, is_known: bool) {
        self.result.set(Some((image, is_known)));
    }

    /// Whether the image of that number can be one of the ten classes; `None` before the detector has checked it.
    pub fn is_known(self, image: u32) -> Option<bool> {
        let (checked, is_known) = self.result.get()?;
        (checked == image).then_some(is_known)
    }
}
