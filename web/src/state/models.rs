//! The seven models: the state of their weights, and their latest predictions.

use leptos::prelude::*;
use protocol::TimedPrediction;
use shared::model::argmax;
use shared::{Garment, ModelId};

use super::stale_answers::RequestCounter;
use crate::engine::{Engine, WeightsState};

/// The state of all models.
#[derive(Clone, Copy)]
pub struct Models {
    models: [RwSignal<ModelState>; ModelId::ALL.len()],
    requests: [RequestCounter; ModelId::ALL.len()],
    loaded: RwSignal<Option<ModelId>>,
}

/// The state of one model.
#[derive(Clone, Default)]
pub struct ModelState {
    pub weights: WeightsState,
    pub prediction: Option<ModelPrediction>,
    /// Why the current image has no prediction, as a sentence.
    pub error: Option<String>,
    /// Whether a request is under way.
    pub is_pending: bool,
}

/// A model's prediction for an image, with its time and its engine.
#[derive(Clone)]
pub struct ModelPrediction {
    /// The image's number.
    pub image: u32,
    pub timed: TimedPrediction,
    pub engine: Engine,
}

impl ModelPrediction {
    pub fn garment(&self) -> Garment {
        Garment::ALL[argmax(&self.timed.probabilities)]
    }

    pub fn confidence(&self) -> f32 {
        self.timed.probabilities[argmax(&self.timed.probabilities)]
    }
}

/// The value of a model's `data-state` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelStatus {
    /// Its weights are not loaded yet.
    Waiting,
    /// Its weights are loaded when the visitor wants them.
    Deferred,
    /// Its weights are being loaded.
    Loading,
    /// It classifies an image.
    Answering,
    Ready,
    Error,
    /// It is not part of this build.
    Absent,
}

impl ModelStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Deferred => "deferred",
            Self::Loading => "loading",
            Self::Answering => "answering",
            Self::Ready => "ready",
            Self::Error => "error",
            Self::Absent => "absent",
        }
    }

    /// Whether a prediction will come without a request by the visitor.
    pub const fn is_awaited(self) -> bool {
        matches!(self, Self::Waiting | Self::Loading | Self::Answering)
    }
}

impl ModelState {
    /// The model's status; `preparing` means that a new image is being prepared.
    pub fn status(&self, preparing: bool) -> ModelStatus {
        match &self.weights {
            WeightsState::Absent => ModelStatus::Absent,
            WeightsState::Failed(_) => ModelStatus::Error,
            WeightsState::Queued => ModelStatus::Waiting,
            WeightsState::Deferred => ModelStatus::Deferred,
            WeightsState::Loading(_) => ModelStatus::Loading,
            WeightsState::Ready(_) if self.is_pending || preparing => ModelStatus::Answering,
            WeightsState::Ready(_) if self.error.is_some() => ModelStatus::Error,
            WeightsState::Ready(_) => ModelStatus::Ready,
        }
    }

    /// The prediction for the image of that number.
    pub fn prediction_for(&self, image: u32) -> Option<&ModelPrediction> {
        self.prediction.as_ref().filter(|p| p.image == image)
    }
}

impl Default for Models {
    fn default() -> Self {
        Self {
            models: ModelId::ALL.map(|_| RwSignal::default()),
            requests: ModelId::ALL.map(|_| RequestCounter::default()),
            loaded: RwSignal::default(),
        }
    }
}

impl Models {
    pub fn state(self, model: ModelId) -> ReadSignal<ModelState> {
        self.signal(model).read_only()
    }

    fn signal(self, model: ModelId) -> RwSignal<ModelState> {
        self.models[model as usize]
    }

    pub fn set_weights(self, model: ModelId, weights: WeightsState) {
        let is_ready = weights.is_ready();
        self.signal(model).update(|m| m.weights = weights);
        if is_ready {
            self.loaded.set(Some(model));
        }
    }

    /// The model whose weights were loaded last.
    pub fn last_loaded(self) -> Option<ModelId> {
        self.loaded.get()
    }

    pub fn is_ready(self, model: ModelId) -> bool {
        self.signal(model).with(|m| m.weights.is_ready())
    }

    /// The models whose weights are loaded.
    pub fn ready(self) -> Vec<ModelId> {
        let ready = ModelId::ALL.into_iter().filter(|m| self.is_ready(*m));
        ready.collect()
    }

    /// The first of the models whose weights are or may be loaded, beginning with `preferred`.
    pub fn available(self, preferred: ModelId) -> Option<ModelId> {
        let mut models = [preferred].into_iter().chain(ModelId::ALL);
        models.find(|m| self.signal(*m).with_untracked(|m| m.weights.may_load()))
    }

    /// Starts a request, and returns its number.
    pub fn start_request(self, model: ModelId) -> u32 {
        self.signal(model).update(|m| m.is_pending = true);
        self.requests[model as usize].next()
    }

    /// Whether the model got a newer request, or a newer prediction, after this request.
    pub fn is_stale(self, model: ModelId, request: u32) -> bool {
        self.requests[model as usize].is_stale(request)
    }

    /// Sets the prediction. The replies to the model's earlier requests are stale from now on.
    pub fn set_prediction(self, new: ModelPrediction) {
        let model = new.timed.model;
        self.requests[model as usize].next();
        self.signal(model).update(|m| {
            m.is_pending = false;
            m.error = None;
            m.prediction = Some(new);
        });
    }

    pub fn set_error(self, model: ModelId, error: String) {
        self.signal(model).update(|m| {
            m.is_pending = false;
            m.error = Some(error);
        });
    }

    /// Whether any model has a prediction and no newer request.
    pub fn has_prediction(self) -> bool {
        let has = |m: &ModelState| m.prediction.is_some() && !m.is_pending;
        self.models.iter().any(|m| m.with(has))
    }

    /// What `pick` returns for each model's prediction for the image of that number.
    pub fn predictions_for<T>(self, image: u32, pick: impl Fn(&ModelPrediction) -> T) -> Vec<T> {
        let predictions = self
            .models
            .iter()
            .filter_map(|m| m.with(|m| m.prediction_for(image).map(&pick)));
        predictions.collect()
    }
}
