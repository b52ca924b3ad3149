//! The photo editor: the preprocessing steps of a visitor's photo, and the tools to crop, rotate and mask it.

mod advice;
mod controls;
mod crop;
mod drawing_surface;
mod mask_outline;
mod photo_editor;
mod rotation;
mod steps;

pub use photo_editor::PhotoEditor;
