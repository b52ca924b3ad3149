//! The table of a batch of files, and its export as CSV and JSON.

mod export;
mod row;
mod table;

pub use table::BatchTable;
