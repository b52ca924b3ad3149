//! Several files at once: answered one after the other, listed in a table, and taken home as CSV or JSON.

pub mod export;
pub mod outcome;

#[cfg(feature = "ui")]
mod item;
#[cfg(feature = "ui")]
mod save;
#[cfg(feature = "ui")]
mod table;
#[cfg(feature = "ui")]
mod work;

#[cfg(feature = "ui")]
pub use table::RollTable;
#[cfg(feature = "ui")]
pub use work::Roll;
