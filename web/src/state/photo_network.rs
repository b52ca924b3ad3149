//! The photo network: the state of its weights, and its latest prediction.

use leptos::prelude::*;
use protocol::PhotoPrediction;
use shared::image::RgbaImage;
use shared::model::PhotoClass;

use super::latest_result::LatestResult;
use crate::engine::WeightsState;

/// The state of the photo network.
#[derive(Clone, Copy)]
pub struct PhotoNetworkState {
    weights: RwSignal<WeightsState>,
    pub prediction: LatestResult<PhotoPrediction>,
    /// An image's number, a class, and the photo below the heat map of this class.
    heat_map: RwSignal<Option<(u32, PhotoClass, RgbaImage)>>,
}

impl Default for PhotoNetworkState {
    fn default() -> Self {
        Self {
            // Its weights are loaded for the first photo.
            weights: RwSignal::new(WeightsState::Deferred),
            prediction: LatestResult::default(),
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

    pub fn set_heat_map(self, heat_map: Option<(u32, PhotoClass, RgbaImage)>) {
        self.heat_map.set(heat_map);
    }

    pub fn heat_map(self) -> ReadSignal<Option<(u32, PhotoClass, RgbaImage)>> {
        self.heat_map.read_only()
    }
}
