//! Benchmarks in the visitor's browser: the engines' speed, and the whole test set.

pub mod test_progress;

mod panel;
mod speed_table;
mod test_run;

pub use panel::Machine;
