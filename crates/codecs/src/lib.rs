//! Decoders of image files, a module a format: from a file's bytes to an upright RGBA image, or to 28x28 images where the file
//! holds such images as numbers.
//!
//! Sizes are limited before memory is allocated, and no input panics.

mod bmp;
mod color_profile;
mod csv;
mod error;
mod gif;
mod gzip;
mod idx;
mod image_array;
mod jpeg;
mod npy;
mod png;
mod upright;
mod webp;

pub use bmp::decode_bmp;
pub use color_profile::has_other_profile;
pub use csv::{decode_csv, is_image_csv};
pub use error::{DecodeError, MAX_PIXELS, MAX_SIDE, check_size};
pub use gif::decode_gif;
pub use gzip::{GzipError, SIGNATURE as GZIP_SIGNATURE, unpack};
pub use idx::decode_idx;
pub use image_array::{ArrayError, ImageArray, MAX_IMAGES};
pub use jpeg::{JpegImage, decode_jpeg};
pub use npy::{SIGNATURE as NPY_SIGNATURE, decode_npy};
pub use png::decode_png;
pub use webp::decode_webp;
