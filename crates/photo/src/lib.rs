//! From a colour photo to the data set's 28x28 grey picture, one file a step.
//!
//! The steps are Fashion-MNIST's own (arXiv 1708.07747, section 2): trim the edges that look like the corners
//! (`backdrop`, `trim`), bring the longest edge to 28 by skipping rows and columns (`frame`, `resample`), sharpen
//! (`sharpen`), pad the short edge, negate. Where there is a room instead of paper, the garment is found (`segment`), brought
//! to the data set's tones (`tone`) and cut out (`cutout`) first. `scan` leads through the steps, `stages` shows them, `edits`
//! is what a visitor changes. Everything is integers and plain `f32` arithmetic, so that native and
//! wasm builds give the same bytes.
#![no_std]

extern crate alloc;
#[cfg(feature = "decode")]
extern crate std;

mod backdrop;
mod counts;
mod cutout;
#[cfg(feature = "decode")]
mod decode;
mod edits;
mod error;
mod flat;
#[cfg(feature = "decode")]
mod format;
mod frame;
mod grey;
mod lab;
mod mask;
mod resample;
mod scan;
mod segment;
mod sharpen;
mod stages;
mod tone;
mod trim;

use serde::{Deserialize, Serialize};

pub use self::edits::{Crop, Edits, Stroke};
pub use self::error::PhotoError;
pub use self::frame::Frame;
pub use self::mask::Mask;
pub use self::scan::Scan;
pub use self::stages::Stages;
#[cfg(feature = "decode")]
pub use decode::{MAX_PIXELS, MAX_SIDE, decode};

use shared::image::{Grey28, RgbaImage};

/// Larger files are refused: 50 MB.
pub const MAX_FILE_BYTES: usize = 50_000_000;

/// Pixels each side of a photo must have, unless it is a 28x28 picture: less shows no garment.
pub const MIN_SIDE: u32 = 8;

/// How a photo became a 28x28 picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// A 28x28 picture, taken as it is.
    AsIs,
    /// A product photo, put through the data set's steps.
    Product {
        /// Whether the greys were negated, as the data set's were; `false` where the background is dark already.
        inverted: bool,
        /// The background's colour, as red, green and blue.
        backdrop: [u8; 3],
    },
    /// A photo of a room with a garment in it, which was cut out.
    Scene {
        /// Whether the greys were negated.
        inverted: bool,
    },
}

/// What the models see of a photo, and where in the photo that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    pub grey: Grey28,
    /// In the turned photo's pixels.
    pub frame: Frame,
    /// The turned photo's size in pixels.
    pub width: u32,
    pub height: u32,
    pub route: Route,
    /// What was cut out; of a product photo, what is not its background.
    pub mask: Option<Mask>,
    /// How surely garment and background were told apart, 0 to 1; under [`POOR`] the mask had better be looked at.
    pub quality: f32,
    /// Whether the garment is white, which none of the data set's is.
    pub is_white: bool,
}

/// The quality under which a mask is a guess.
pub const POOR: f32 = 0.7;

/// Turns a photo into the models' picture.
///
/// A 28x28 picture is taken as it is: in grey, neither trimmed nor negated.
///
/// # Errors
/// The photo is smaller than 8x8, or nothing in it differs from its background.
pub fn prepare(photo: &RgbaImage) -> Result<Prepared, PhotoError> {
    Scan::of(photo)?.prepare(&Edits::default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
