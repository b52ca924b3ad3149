//! Why a model answered as it did, and how that is drawn.

pub mod colour;
pub mod heat_map;
pub mod occlusion;

pub use colour::{colour, overlay};
pub use heat_map::HeatMap;
