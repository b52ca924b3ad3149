//! The test images behind the figures: lists of them by prediction, two images side by side, reliability diagrams, and the metrics
//! of each class.
//!
//! The rest of the page calls [`TestImages`] only.

mod calibration;
mod class_metrics;
mod confidences;
mod filters;
mod image_list;
mod panel;
mod selection;
mod side_by_side;

pub use panel::TestImages;
