//! This machine: what each engine takes here, and the whole test set answered live.

pub mod progress;

#[cfg(feature = "ui")]
mod panel;
#[cfg(feature = "ui")]
mod run;
#[cfg(feature = "ui")]
mod speeds_table;

#[cfg(feature = "ui")]
pub use panel::Machine;
