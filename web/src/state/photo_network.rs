//! The photo network: the state of its weights, and its latest prediction.

use leptos::prelude::*;
use protocol::PhotoPrediction;
use shared::image::RgbaImage;
use shared::model::PhotoClass;

use crate::engine::WeightsState;

/// The state of the photo network.
#[derive(Clone, Copy)]
pub struct PhotoNetworkState {
    weights: RwSignal<WeightsState>,
    /// An image's number, and the prediction for it or why there is none.
    result: RwSignal<Option<(u32, Result<PhotoPrediction, String>)>>,
    /// An image's number, a class, and the photo below the heat map of this class.
    heat_map: RwSignal<Option<(u32, PhotoClass, RgbaImage)>>,
}

impl Default for PhotoNetworkState {
    fn default() -> Self {
        Self {
            // Its weights are loaded for the first photo.
            weights: RwSignal::new(WeightsState::Deferred),
            result: RwSignal::default(),
            heat_map: RwSignal::default(),
        }
    }
}

impl PhotoNetworkState {
    pub fn weights(self) -> ReadSignal<WeightsState> {
        self.weights.read_only()
    }

    pub fn set_weights(self, weights: WeightsState) {
        self.weights.set(weights);
    }

    pub fn is_ready(self) -> bool {
        self.weights.with(WeightsState::is_ready)
    }

    pub fn set_result(self, image: u32, result: Result<PhotoPrediction, String>) {
        self.result.set(Some((image, result)));
    }

    /// The latest prediction, if it is for the image of that number or a later one.
    pub fn prediction_since(self, image: u32) -> Option<PhotoPrediction> {
        self.result.with(|result| match result {
            Some((number, Ok(prediction))) if *number >= image => Some(*prediction),
            _ => None,
        })
    }

    /// Whether there is a prediction for the image of that number.
    pub fn has_prediction(self, image: u32) -> bool {
        self.result
            .with_untracked(|result| matches!(result, Some((number, Ok(_))) if *number == image))
    }

    /// Why there is no prediction for the image of that number.
    pub fn error(self, image: u32) -> Option<String> {
        self.result.with(|result| match result {
            Some((number, Err(error))) if *number == image => Some(error.clone()),
            _ => None,
        })
    }

    pub fn set_heat_map(self, heat_map: Option<(u32, PhotoClass, RgbaImage)>) {
        self.heat_map.set(heat_map);
    }

    pub fn heat_map(self) -> ReadSignal<Option<(u32, PhotoClass, RgbaImage)>> {
        self.heat_map.read_only()
    }
}
