//! A visitor's photo under inspection: what each step made of it, and the means to change that.

pub mod advice;
pub mod edge;
pub mod outline;
pub mod turn;

#[cfg(feature = "ui")]
mod adjust;
#[cfg(feature = "ui")]
mod controls;
#[cfg(feature = "ui")]
mod inspector;
#[cfg(feature = "ui")]
mod surface;
#[cfg(feature = "ui")]
mod tool;

#[cfg(feature = "ui")]
pub use inspector::Inspector;
