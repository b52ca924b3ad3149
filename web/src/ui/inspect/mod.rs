//! A visitor's photo under inspection: what each step made of it, and the means to change that.

pub mod advice;
pub mod edge;
pub mod outline;
pub mod turn;

mod adjust;
mod controls;
mod inspector;
mod surface;
mod tool;

pub use inspector::Inspector;
