//! Benchmarks in the visitor's browser: the speed of the engines, and the accuracy on the whole test set.

mod panel;
mod speed_table;
mod test_progress;
mod test_run;

pub use panel::BenchmarkPanel;
