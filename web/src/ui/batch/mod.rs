//! The table of several files classified one after the other, and its export as CSV and JSON.

pub mod export;
pub mod row;

mod save;
mod table;

pub use table::RollTable;
