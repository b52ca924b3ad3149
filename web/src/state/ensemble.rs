//! The ensemble: the state of its weights, and its latest prediction.

use leptos::prelude::*;
use shared::garment::CLASSES;
use shared::model::{argmax, top_two};
use shared::{Garment, ModelId, Prediction};

use super::stale_answers::RequestCounter;
use crate::engine::WeightsState;

/// The state of the ensemble.
#[derive(Clone, Copy, Default)]
pub struct EnsembleState {
    weights: RwSignal<WeightsState>,
    prediction: RwSignal<Option<EnsemblePrediction>>,
    requests: RequestCounter,
    /// What the latest prediction combines: the image's number, and the models' predictions.
    combined: StoredValue<Option<(u32, Vec<Prediction>)>>,
}

/// The ensemble's prediction for an image.
#[derive(Clone, PartialEq)]
pub struct EnsemblePrediction {
    /// The image's number.
    pub image: u32,
    pub probabilities: [f32; CLASSES],
    /// The predictions that it combines.
    pub members: Vec<Member>,
}

/// A model's part in the ensemble's prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    pub model: ModelId,
    /// The class that the model predicts.
    pub garment: Garment,
    /// How much it adds to the lead of the ensemble's class over the second class; negative if it speaks against it.
    pub contribution: f32,
}

impl EnsemblePrediction {
    pub fn garment(&self) -> Garment {
        Garment::ALL[argmax(&self.probabilities)]
    }

    pub fn confidence(&self) -> f32 {
        self.probabilities[argmax(&self.probabilities)]
    }

    /// The second most likely class.
    pub fn second(&self) -> Garment {
        let [_, second] = top_two(&self.probabilities);
        Garment::ALL[second]
    }

    /// How many models predict the ensemble's class.
    pub fn agreeing(&self) -> usize {
        let garment = self.garment();
        let agreeing = self.members.iter().filter(|m| m.garment == garment);
        agreeing.count()
    }

    /// Whether a model predicts another class.
    pub fn is_opposed_by(&self, model: ModelId) -> bool {
        let garment = self.garment();
        self.members
            .iter()
            .any(|m| m.model == model && m.garment != garment)
    }
}

impl EnsembleState {
    pub fn weights(self) -> ReadSignal<WeightsState> {
        self.weights.read_only()
    }

    pub fn set_weights(self, weights: WeightsState) {
        self.weights.set(weights);
    }

    pub fn is_ready(self) -> bool {
        self.weights.with(WeightsState::is_ready)
    }

    pub fn prediction(self) -> ReadSignal<Option<EnsemblePrediction>> {
        self.prediction.read_only()
    }

    /// Starts a request, and returns its number.
    pub fn start_request(self) -> u32 {
        self.requests.next()
    }

    pub fn is_stale(self, request: u32) -> bool {
        self.requests.is_stale(request)
    }

    /// Sets the prediction that combines these of the models. The replies to earlier requests are stale from now on.
    pub fn set_prediction(self, prediction: EnsemblePrediction, combined: Vec<Prediction>) {
        self.requests.next();
        self.combined.set_value(Some((prediction.image, combined)));
        self.prediction.set(Some(prediction));
    }

    /// Whether the latest prediction combines exactly these.
    pub fn is_combined(self, image: u32, predictions: &[Prediction]) -> bool {
        self.combined.with_value(|combined| {
            combined
                .as_ref()
                .is_some_and(|(of, combined)| *of == image && combined == predictions)
        })
    }
}
