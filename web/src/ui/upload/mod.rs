//! The ways in which a visitor gives the page an image: files, folders, drag and drop, the clipboard and the camera.

pub mod files;

mod camera;
mod drop_zone;

pub use drop_zone::DropZone;
