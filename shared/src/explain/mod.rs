//! Why a model answered as it did, and how that is drawn.

pub mod colormap;
pub mod heat_map;
pub mod occlusion;

pub use colormap::overlay;
pub use heat_map::HeatMap;
