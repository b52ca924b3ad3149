//! The report's plots, as SVG files.

pub mod accuracy_cost;
pub mod accuracy_gain;
mod canvas;
pub mod class_counts;
pub mod confusion_matrix;
pub mod pixel_histogram;
mod plot_area;
pub mod sample_images;
pub mod training_curves;
