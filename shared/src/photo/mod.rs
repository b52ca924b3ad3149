//! From a colour photo to the data set's 28x28 grey picture, one file a step.
//!
//! The steps are Fashion-MNIST's own (arXiv 1708.07747, section 2): trim the edges that look like the corners
//! (`backdrop`, `trim`), bring the longest edge to 28 by skipping rows and columns (`frame`, `resample`), sharpen
//! (`sharpen`), pad the short edge, negate. Everything is integers and plain `f32` arithmetic, so that native and
//! wasm builds give the same bytes.

mod backdrop;
#[cfg(feature = "decode")]
mod decode;
mod error;
#[cfg(feature = "decode")]
mod exif;
mod flat;
#[cfg(feature = "decode")]
mod format;
mod frame;
mod grey;
mod resample;
mod sharpen;
mod trim;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use self::error::PhotoError;
pub use self::frame::Frame;
#[cfg(feature = "decode")]
pub use decode::{MAX_PIXELS, MAX_SIDE, decode};

use crate::image::{Grey28, PIXELS, SIDE};
use backdrop::Backdrop;
use flat::Flat;
use frame::Layout;

/// Larger files are refused: 50 MB.
pub const MAX_FILE_BYTES: usize = 50_000_000;

/// Pixels each side of a photo must have, unless it is a 28x28 picture: less shows no garment.
pub const MIN_SIDE: u32 = 8;

/// A decoded picture, the right way up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    pub width: u32,
    pub height: u32,
    /// `[height, width, 4]`, row-major; red, green, blue and straight (not premultiplied) alpha.
    pub rgba: Vec<u8>,
}

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
}

/// What the models see of a photo, and where in the photo that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    pub grey: Grey28,
    pub frame: Frame,
    pub route: Route,
}

/// Turns a photo into the models' picture.
///
/// A 28x28 picture is taken as it is: in grey, neither trimmed nor negated.
///
/// # Errors
/// When the photo is smaller than 8x8, nothing in it differs from its background, or `rgba` is not
/// `width * height * 4` bytes long.
pub fn prepare(photo: &Photo) -> Result<Prepared, PhotoError> {
    let Photo { width, height, .. } = *photo;
    if photo.rgba.len() as u64 != (u64::from(width) * u64::from(height)).saturating_mul(4) {
        return Err(PhotoError::Mismatch { width, height });
    }
    if (width as usize, height as usize) == (SIDE, SIDE) {
        return Ok(as_is(photo));
    }
    if width.min(height) < MIN_SIDE {
        return Err(PhotoError::TooSmall { width, height });
    }

    let flat = Flat::of(photo);
    let backdrop = Backdrop::of(&flat);
    let bounds = trim::trim(&flat, &backdrop).ok_or(PhotoError::NothingStandsOut)?;
    if bounds.width.max(bounds.height) * flat.factor < MIN_SIDE as usize {
        return Err(PhotoError::NothingStandsOut);
    }
    let layout = Layout::of(bounds);
    let sharp = sharpen::sharpen(
        &resample::resample(&flat, &backdrop, &layout),
        layout.columns,
    );

    let mut pixels = [0; PIXELS];
    for (row, line) in sharp.chunks_exact(layout.columns).enumerate() {
        let start = (layout.top + row) * SIDE + layout.left;
        for (pixel, &value) in pixels[start..].iter_mut().zip(line) {
            // `resample` gives light backgrounds only, so negating is right for both polarities.
            *pixel = 255 - value;
        }
    }
    Ok(Prepared {
        grey: Grey28::new(pixels),
        frame: layout.frame(flat.factor),
        route: Route::Product {
            inverted: !backdrop.is_dark(),
            backdrop: backdrop.colour,
        },
    })
}

fn as_is(photo: &Photo) -> Prepared {
    let mut pixels = [0; PIXELS];
    for (pixel, rgba) in pixels.iter_mut().zip(photo.rgba.chunks_exact(4)) {
        *pixel = grey::luma(flat::on_white(rgba));
    }
    Prepared {
        grey: Grey28::new(pixels),
        frame: Frame {
            x: 0.0,
            y: 0.0,
            side: SIDE as f32,
        },
        route: Route::AsIs,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
