//! The comparison of the seven models: test metrics, cost in this browser, confusion matrices and training curves.

pub mod columns;
pub mod confusion_matrix;

mod comparison_table;
mod cost_plot;
mod measure_latency;
mod metrics_file;
mod observers;
mod section;
mod training_curves;

pub use section::Compare;
