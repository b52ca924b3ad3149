//! The explanation: the model and the class that the visitor chose, and the latest heat map.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::RawHeatMap;
use shared::{Garment, ModelId};

use super::image::InputImage;

/// The model that is explained before the visitor chooses one.
pub const FIRST_MODEL: ModelId = ModelId::Resnet;

/// What is to be explained: an image's number, the model and the class.
pub type ExplanationTarget = (u32, ModelId, Garment);

/// The choices of the visitor, and the heat map that is shown.
#[derive(Clone, Copy)]
pub struct ExplanationState {
    model: RwSignal<ModelId>,
    /// Without a class, the model's prediction is explained.
    class: RwSignal<Option<Garment>>,
    shown: RwSignal<Option<Explanation>>,
    /// What stays explained while the image changes many times a second.
    held: RwSignal<Option<ExplanationTarget>>,
}

/// A heat map, and the image that it explains.
#[derive(Clone)]
pub struct Explanation {
    pub image: Arc<InputImage>,
    pub map: Arc<RawHeatMap>,
}

impl Default for ExplanationState {
    fn default() -> Self {
        Self {
            model: RwSignal::new(FIRST_MODEL),
            class: RwSignal::default(),
            shown: RwSignal::default(),
            held: RwSignal::default(),
        }
    }
}

impl ExplanationState {
    pub fn model(self) -> ReadSignal<ModelId> {
        self.model.read_only()
    }

    pub fn set_model(self, model: ModelId) {
        self.model.set(model);
    }

    pub fn class(self) -> ReadSignal<Option<Garment>> {
        self.class.read_only()
    }

    pub fn set_class(self, class: Option<Garment>) {
        self.class.set(class);
    }

    /// Keeps explaining this, until `None` is held.
    pub fn hold(self, target: Option<ExplanationTarget>) {
        if self.held.get_untracked() != target {
            self.held.set(target);
        }
    }

    pub fn held(self) -> Option<ExplanationTarget> {
        self.held.get()
    }

    pub fn shown(self) -> ReadSignal<Option<Explanation>> {
        self.shown.read_only()
    }

    pub fn show(self, explanation: Explanation) {
        self.shown.set(Some(explanation));
    }
}
