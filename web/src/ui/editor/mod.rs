//! The editor of a visitor's image: advice, the preprocessing steps, and the tools to crop, rotate, invert and mask it.

mod advice;
mod advice_panel;
mod controls;
mod crop;
mod drawing_surface;
mod mask_outline;
mod photo_editor;
mod pixel_editor;
mod rotation;
mod steps;

pub use photo_editor::ImageEditor;
