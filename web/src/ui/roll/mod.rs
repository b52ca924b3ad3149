//! Several files at once: answered one after the other, listed in a table, and taken home as CSV or JSON.

pub mod export;
pub mod outcome;

mod item;
mod save;
mod table;
mod work;

pub use table::RollTable;
pub use work::Roll;
