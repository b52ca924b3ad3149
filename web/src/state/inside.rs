//! The view inside a model: the model and the value that the visitor chose, and the latest answers.
//!
//! It belongs to a part of the page that is loaded on request, and is created with it.

use std::sync::Arc;

use leptos::prelude::*;
use shared::ModelId;
use shared::inside::{Cell, CellPlace, FeatureScores, NetworkLayers};

use super::image::InputImage;

/// The model that is shown before the visitor chooses one: the simplest network with convolutions.
const FIRST_MODEL: ModelId = ModelId::Cnn;

/// The layers of a network for an image.
#[derive(Clone)]
pub struct ShownLayers {
    pub image: Arc<InputImage>,
    pub model: ModelId,
    pub network: Arc<NetworkLayers>,
}

/// What a classical model computes from an image.
#[derive(Clone)]
pub struct ShownFeatures {
    pub image: Arc<InputImage>,
    pub model: ModelId,
    pub scores: Arc<FeatureScores>,
}

/// A value of a layer: an image's number, the model, and the place in it.
pub type CellTarget = (u32, ModelId, CellPlace);

/// The choices of the visitor, and what is shown.
#[derive(Clone, Copy)]
pub struct InsideState {
    model: RwSignal<ModelId>,
    shown: RwSignal<Option<ShownLayers>>,
    place: RwSignal<CellPlace>,
    cell: RwSignal<Option<(CellTarget, Arc<Cell>)>>,
    features: RwSignal<Option<ShownFeatures>>,
}

impl Default for InsideState {
    fn default() -> Self {
        Self {
            model: RwSignal::new(FIRST_MODEL),
            shown: RwSignal::new(None),
            place: RwSignal::new(CellPlace {
                layer: 0,
                channel: 0,
                row: 0,
                column: 0,
            }),
            cell: RwSignal::new(None),
            features: RwSignal::new(None),
        }
    }
}

impl InsideState {
    pub fn model(self) -> ReadSignal<ModelId> {
        self.model.read_only()
    }

    pub fn set_model(self, model: ModelId) {
        self.model.set(model);
    }

    pub fn shown(self) -> ReadSignal<Option<ShownLayers>> {
        self.shown.read_only()
    }

    /// Shows the layers of another image, at the same place; of another model, at the first layer's largest value.
    pub fn show(self, layers: ShownLayers) {
        let before = self.shown.with_untracked(|s| s.as_ref().map(|s| s.model));
        if before != Some(layers.model) {
            let largest = |channel: &u16| largest_value(&layers.network, 1, *channel);
            let channels = layers.network.layers.get(1).map_or(0, |l| l.maps.len());
            let channel = (0..channels as u16)
                .max_by(|a, b| largest(a).total_cmp(&largest(b)))
                .unwrap_or_default();
            self.place.set(largest_place(&layers.network, 1, channel));
        }
        self.shown.set(Some(layers));
    }

    pub fn features(self) -> ReadSignal<Option<ShownFeatures>> {
        self.features.read_only()
    }

    pub fn show_features(self, features: ShownFeatures) {
        self.features.set(Some(features));
    }

    /// The value whose parts are shown.
    pub fn place(self) -> ReadSignal<CellPlace> {
        self.place.read_only()
    }

    /// The layer and the channel of that value.
    pub fn chosen_map(self) -> (u8, u16) {
        let place = self.place.get();
        (place.layer, place.channel)
    }

    pub fn set_place(self, place: CellPlace) {
        if self.place.get_untracked() != place {
            self.place.set(place);
        }
    }

    /// Chooses a channel, at the place of its largest value.
    pub fn choose_map(self, layer: u8, channel: u16) {
        let place = self.shown.with_untracked(|shown| {
            let shown = shown.as_ref()?;
            Some(largest_place(&shown.network, layer, channel))
        });
        if let Some(place) = place {
            self.set_place(place);
        }
    }

    /// The value that is to be computed: the chosen one, for the image and the model that are shown.
    pub fn cell_target(self) -> Option<CellTarget> {
        let place = self.place.get();
        self.shown.with(|shown| {
            let shown = shown.as_ref()?;
            Some((shown.image.number, shown.model, place))
        })
    }

    /// The parts of the chosen value; `None` before they are computed.
    pub fn cell(self) -> Option<Arc<Cell>> {
        let target = self.cell_target()?;
        let cell = self.cell.get()?;
        (cell.0 == target).then_some(cell.1)
    }

    pub fn set_cell(self, target: CellTarget, cell: Cell) {
        self.cell.set(Some((target, Arc::new(cell))));
    }
}

/// The largest value of a channel; 0 if there is no such channel.
fn largest_value(network: &NetworkLayers, layer: u8, channel: u16) -> f32 {
    let layer = network.layers.get(usize::from(layer));
    let map = layer.and_then(|l| l.maps.get(usize::from(channel)));
    map.map_or(0.0, |map| map.values().fold(f32::MIN, f32::max))
}

/// The place of a channel's largest value, the first one in a tie.
fn largest_place(network: &NetworkLayers, layer: u8, channel: u16) -> CellPlace {
    let maps = network.layers.get(usize::from(layer));
    let columns = maps.map_or(1, |l| l.columns.max(1));
    let map = maps.and_then(|l| l.maps.get(usize::from(channel)));
    let steps = map.map_or(&[][..], |map| &map.steps[..]);
    let largest = steps.iter().max().copied().unwrap_or_default();
    let at = steps.iter().position(|&s| s == largest).unwrap_or_default() as u16;
    CellPlace {
        layer,
        channel,
        row: at / columns,
        column: at % columns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::image::Origin;
    use shared::Grey28;
    use shared::garment::CLASSES;
    use shared::image::PIXELS;
    use shared::inside::{FeatureMap, LayerKind, LayerMaps};

    fn layers(number: u32, model: ModelId) -> ShownLayers {
        let grey = Grey28::new([0; PIXELS]);
        let layer = |kind, maps: &[[f32; 4]]| LayerMaps {
            kind,
            rows: 2,
            columns: 2,
            maps: maps.iter().map(|values| FeatureMap::new(values)).collect(),
        };
        ShownLayers {
            image: Arc::new(InputImage::as_it_is(
                number,
                grey,
                Origin::Visitor(String::new()),
            )),
            model,
            network: Arc::new(NetworkLayers {
                layers: vec![
                    layer(LayerKind::Input, &[[0.0; 4]]),
                    layer(
                        LayerKind::Convolution,
                        &[[0.0, 1.0, 0.0, 0.5], [0.0, 0.0, 3.0, 0.0]],
                    ),
                ],
                logits: [0.0; CLASSES],
                temperature: 1.0,
                probabilities: [0.1; CLASSES],
            }),
        }
    }

    fn at(channel: u16, row: u16, column: u16) -> CellPlace {
        CellPlace {
            layer: 1,
            channel,
            row,
            column,
        }
    }

    #[test]
    fn another_image_keeps_the_place_and_another_model_does_not() {
        Owner::new().with(|| {
            let inside = InsideState::default();
            inside.show(layers(1, ModelId::Cnn));
            assert_eq!(inside.place().get(), at(1, 1, 0));
            inside.choose_map(1, 0);
            assert_eq!(inside.place().get(), at(0, 0, 1));
            inside.show(layers(2, ModelId::Cnn));
            assert_eq!(inside.place().get(), at(0, 0, 1));
            inside.show(layers(2, ModelId::Resnet));
            assert_eq!(inside.place().get(), at(1, 1, 0));
        });
    }

    #[test]
    fn the_parts_of_another_image_s_value_are_not_shown() {
        Owner::new().with(|| {
            let inside = InsideState::default();
            inside.show(layers(1, ModelId::Cnn));
            let target = inside.cell_target().unwrap();
            let cell = Cell::Pixel {
                pixel: 1,
                value: 2.0,
            };
            inside.set_cell(target, cell);
            assert!(inside.cell().is_some());
            inside.show(layers(2, ModelId::Cnn));
            assert!(inside.cell().is_none());
        });
    }
}
