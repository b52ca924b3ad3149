//! The photo pipeline: from a colour photo to the 28x28 grey image that the models classify.
//!
//! Its steps are those that made Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747, section 2): trim the edges
//! that have the background's colour (`background`, `trim`), reduce the longer side to 28 by nearest-neighbour sampling
//! (`frame`), sharpen (`sharpen`), centre on 28x28, negate. Where the background is not one plain colour, the garment is
//! segmented first (`segment`), its contrast stretched (`contrast_stretch`), and everything else made black (`composite`).
//!
//! All arithmetic is on integers or plain `f32`, without fused operations, so that native and wasm builds give the same
//! bytes.
#![no_std]

extern crate alloc;
#[cfg(feature = "decode")]
extern crate std;

mod background;
mod composite;
mod contrast_stretch;
mod data_set_form;
#[cfg(feature = "decode")]
mod decode;
mod edits;
mod error;
#[cfg(feature = "decode")]
mod format;
mod frame;
mod histogram;
mod mask;
mod objects;
mod picture_frame;
mod pipeline;
mod region;
mod rgb_image;
mod segment;
mod sharpen;
mod square;
mod stages;
mod straighten;
mod trim;

#[cfg(feature = "decode")]
pub use codecs::{ArrayError, ImageArray};
#[cfg(feature = "decode")]
pub use decode::{Decoded, MAX_IMAGES, decode, decode_all, decode_array};
pub use edits::{Crop, Edits, Stroke};
pub use error::{DAMAGED, MAX_FILE_BYTES, MIN_SIDE, OTHER_PROFILE, PhotoError, check_size};
#[cfg(feature = "decode")]
pub use format::browser_media_type;
pub use frame::Frame;
pub use mask::Mask;
pub use pipeline::{POOR_QUALITY, Pipeline, Prepared, Route, prepare};
pub use shared::image::{MAX_PIXELS, MAX_SIDE};
pub use stages::Stages;
pub use straighten::straightening_note;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
