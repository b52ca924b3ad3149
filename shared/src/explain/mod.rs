//! Why a model predicts a class: heat maps, each model's own reason, how far they can be trusted, and their colours.

pub mod colormap;
pub mod diverging;
pub mod evidence_map;
pub mod faithfulness;
pub mod heat_map;
pub mod occlusion;
pub mod reason;
pub mod trust;

pub use colormap::{layer, overlay};
pub use diverging::DivergingColours;
pub use evidence_map::{EvidenceMap, MapMethod};
pub use faithfulness::{Curves, rank_correlation};
pub use heat_map::HeatMap;
pub use reason::Reason;
pub use trust::Trust;
