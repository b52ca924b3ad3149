//! How the seven compare: their published figures, their cost in this browser, their mistakes and their training.

pub mod axis;
pub mod columns;
pub mod markup;
pub mod matrix;

#[cfg(feature = "ui")]
mod confusion;
#[cfg(feature = "ui")]
mod cost_plot;
#[cfg(feature = "ui")]
mod costs;
#[cfg(feature = "ui")]
mod curves;
#[cfg(feature = "ui")]
mod figures_table;
#[cfg(feature = "ui")]
mod measure;
#[cfg(feature = "ui")]
mod record;
#[cfg(feature = "ui")]
mod section;
#[cfg(feature = "ui")]
mod sight;

#[cfg(feature = "ui")]
pub use section::Compare;
