//! Heat maps that explain a prediction, and their colours.

pub mod colormap;
pub mod heat_map;
pub mod occlusion;

pub use colormap::overlay;
pub use heat_map::HeatMap;
