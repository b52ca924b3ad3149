//! What is computed inside a model for one image: the values of each layer of a network, and the parts that a single value is the sum of.

mod cell;
mod feature_map;
mod layers;

pub use cell::{Cell, CellPlace, WeightedSum, Window};
pub use feature_map::FeatureMap;
pub use layers::{LayerKind, LayerMaps, NetworkLayers};
