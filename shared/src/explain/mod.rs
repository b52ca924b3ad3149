//! Explanations of a model's prediction: heat maps, each model's own reason, tests of both, their colours, and the few pixels whose
//! change gives another prediction.

pub mod colormap;
pub mod diverging;
pub mod evidence_map;
pub mod faithfulness;
pub mod heat_map;
pub mod occlusion;
pub mod reason;
pub mod smallest_change;
pub mod trust;

pub use colormap::{layer, overlay};
pub use diverging::DivergingColours;
pub use evidence_map::{EvidenceMap, MapMethod};
pub use faithfulness::{Curves, rank_correlation};
pub use heat_map::HeatMap;
pub use reason::Reason;
pub use smallest_change::{ChangeSearch, SearchState, SmallestChange};
pub use trust::Trust;
