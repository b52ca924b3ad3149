//! The ways to upload an image: file inputs, drag and drop, the clipboard and the camera.

mod camera;
mod drop_zone;
mod dropped_folders;
mod files;

pub use drop_zone::DropZone;
pub use files::accept_files_anywhere;
