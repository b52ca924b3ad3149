//! How the seven compare: their published figures, their cost in this browser, their mistakes and their training.

pub mod columns;
pub mod matrix;

mod confusion;
mod cost_plot;
mod costs;
mod curves;
mod figures_table;
mod measure;
mod record;
mod section;
mod sight;

pub use section::Compare;
