//! What is computed inside a model for one image: the values of each layer of a network, and the parts that a single value is the sum of;
//! the features of a classical model, and the terms of a linear score.

mod cell;
mod feature_map;
mod feature_scores;
mod largest;
mod layers;

pub use cell::{Cell, CellPlace, WeightedSum, Window};
pub use feature_map::FeatureMap;
pub use feature_scores::{FeatureScores, GradientHistograms, LinearScore, Term};
pub use layers::{LayerKind, LayerMaps, NetworkLayers};
