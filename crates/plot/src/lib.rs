//! SVG plots and number formatting, for the trainer's report and for the web page.

pub mod axis;
pub mod format;
pub mod labels;
pub mod markup;

/// A position in pixels: x to the right, y down.
pub type Point = (f64, f64);
