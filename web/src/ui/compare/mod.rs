//! The comparison of the seven models: test metrics, cost in this browser, confusion matrices and training curves.

pub mod columns;
pub mod matrix;
pub mod metrics_file;

mod comparison_table;
mod confusion_matrix;
mod cost_plot;
mod measure_latency;
mod observers;
mod section;
mod training_curves;

pub use section::Compare;
