//! This machine: what each engine takes here, and the whole test set answered live.

pub mod progress;

mod panel;
mod run;
mod speeds_table;

pub use panel::Machine;
