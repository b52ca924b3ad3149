//! The pipeline's steps in order: from a decoded photo to the models' 28x28 image.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use shared::image::{Grey28, PIXELS, RgbaImage, SIDE};

use super::background::Background;
use super::composite::Composite;
use super::edits::{Crop, Edits};
use super::error::{MIN_SIDE, PhotoError};
use super::frame::{Frame, Layout};
use super::mask::Mask;
use super::rgb_image::{RgbImage, luma};
use super::segment::segment;
use super::sharpen::sharpen;
use super::trim::{Bounds, trim};

/// The [quality](Prepared::quality) below which a mask is a guess.
pub const POOR_QUALITY: f32 = 0.7;

/// How a photo became a 28x28 image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// A 28x28 image in the data set's form, used as it is.
    AsIs {
        /// Whether the visitor has negated it.
        inverted: bool,
    },
    /// A product photo on a plain background: the data set's own steps.
    Product {
        /// Whether the greys were negated, as the data set's were; `false` where the background is dark already.
        inverted: bool,
        /// The background's colour: red, green, blue.
        background: [u8; 3],
    },
    /// A photo with any other background: the garment was segmented.
    Scene {
        /// Whether the greys were negated.
        inverted: bool,
    },
}

/// The models' image of a photo, and how it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    pub grey: Grey28,
    /// The part of the photo that `grey` shows, in pixels of the rotated photo.
    pub frame: Frame,
    /// The rotated photo's size in pixels.
    pub width: u32,
    pub height: u32,
    pub route: Route,
    /// The garment in the cropped photo; on the product route, everything that is not background. `None` for
    /// [`Route::AsIs`].
    pub mask: Option<Mask>,
    /// How well the colours of garment and background can be told apart, 0 to 1; below [`POOR_QUALITY`] the mask should be
    /// checked.
    pub quality: f32,
    /// Whether most of the garment is white. The data set has no white garments.
    pub is_white: bool,
    /// Whether the photo's edge cuts the garment off.
    pub is_cut_off: bool,
    /// The part of the rotated photo that was used because it is inside a frame: bars, a border, the window of a
    /// screenshot. `None` where no frame was found, or the visitor chose a crop.
    pub inside_frame: Option<Crop>,
    /// Where several objects were found, a crop of the rotated photo for each, the largest first; else empty.
    pub objects: Vec<Crop>,
}

/// Prepares a photo without edits; see [`Pipeline::prepare`].
///
/// # Errors
/// The photo is smaller than 8x8, or nothing in it differs from its background.
pub fn prepare(photo: &RgbaImage) -> Result<Prepared, PhotoError> {
    Pipeline::new(photo)?.prepare(&Edits::default())
}

/// A photo, downscaled for processing. Keep it to prepare the photo again with other edits.
pub struct Pipeline {
    image: RgbImage,
    /// The photo's width and height in pixels.
    size: (u32, u32),
}

/// The photo after the rotation and crop of some edits.
pub struct CroppedImage {
    pub image: RgbImage,
    pub crop: Crop,
    /// The crop's first column and row in the rotated image.
    pub corner: (usize, usize),
    /// The rotated image's size.
    pub whole: (usize, usize),
}

impl Pipeline {
    /// Composites a photo on white and downscales it.
    ///
    /// # Errors
    /// The photo is smaller than 8x8.
    pub fn new(photo: &RgbaImage) -> Result<Self, PhotoError> {
        let (width, height) = (photo.width(), photo.height());
        if width.min(height) < MIN_SIDE {
            return Err(PhotoError::TooSmall { width, height });
        }
        Ok(Self {
            image: RgbImage::from_photo(photo),
            size: (width, height),
        })
    }

    /// Makes the models' 28x28 image with the visitor's edits.
    ///
    /// A 28x28 photo is used as it is: converted to grey, but neither trimmed nor negated nor edited.
    ///
    /// # Errors
    /// [`PhotoError::NothingStandsOut`], where the edits leave no garment.
    pub fn prepare(&self, edits: &Edits) -> Result<Prepared, PhotoError> {
        if self.size == (SIDE as u32, SIDE as u32) {
            return Ok(self.prepare_as_is());
        }
        let cropped = self.crop(edits);
        let mut prepared = prepare_cropped(&cropped, edits)?;
        let factor = self.image.factor;
        prepared.frame.x += cropped.corner.0 as f32 * factor as f32;
        prepared.frame.y += cropped.corner.1 as f32 * factor as f32;
        (prepared.width, prepared.height) = self.rotated_size(edits.rotation, cropped.whole);
        Ok(prepared)
    }

    /// The rotated photo's size in pixels, where `whole` is the size of the rotated image.
    fn rotated_size(&self, rotation: f32, whole: (usize, usize)) -> (u32, u32) {
        let quarters = libm::roundf(rotation / 90.0);
        if rotation != 90.0 * quarters {
            // Known only as exactly as the downscaled image allows.
            let pixels = |edge: usize| (edge * self.image.factor) as u32;
            (pixels(whole.0), pixels(whole.1))
        } else if quarters as i32 & 1 == 0 {
            self.size
        } else {
            (self.size.1, self.size.0)
        }
    }

    /// Rotates and crops.
    pub(crate) fn crop(&self, edits: &Edits) -> CroppedImage {
        let rotated = self.image.rotated(edits.rotation);
        let whole = (rotated.width, rotated.height);
        let Some(crop) = edits.crop else {
            return CroppedImage {
                image: rotated,
                crop: Crop::WHOLE,
                corner: (0, 0),
                whole,
            };
        };
        let columns = Crop::pixels(crop.left, crop.width, rotated.width);
        let rows = Crop::pixels(crop.top, crop.height, rotated.height);
        CroppedImage {
            corner: (columns.start, rows.start),
            image: rotated.cropped(columns, rows),
            crop,
            whole,
        }
    }

    fn prepare_as_is(&self) -> Prepared {
        let mut pixels = [0; PIXELS];
        for (pixel, &colour) in pixels.iter_mut().zip(&self.image.pixels) {
            *pixel = luma(colour);
        }
        Prepared {
            grey: Grey28::new(pixels),
            frame: Frame {
                x: 0.0,
                y: 0.0,
                side: SIDE as f32,
            },
            width: SIDE as u32,
            height: SIDE as u32,
            route: Route::AsIs { inverted: false },
            mask: None,
            quality: 1.0,
            is_white: false,
            is_cut_off: false,
            inside_frame: None,
            objects: Vec::new(),
        }
    }
}

/// Prepares the cropped image; the result's frame and size are relative to the crop.
fn prepare_cropped(cropped: &CroppedImage, edits: &Edits) -> Result<Prepared, PhotoError> {
    let image = &cropped.image;
    let background = Background::estimate(image);
    let is_plain = background.is_plain(image);
    if is_plain && edits.inverted.is_none() && edits.strokes.is_empty() {
        return prepare_product(image, &background);
    }
    let (mut mask, mut quality) = if is_plain {
        (foreground(image, &background), 1.0)
    } else {
        segment(image)
    };
    let size = [cropped.whole.0 as f32, cropped.whole.1 as f32];
    for stroke in &edits.strokes {
        stroke.paint(&mut mask, cropped.crop, size);
    }
    if !edits.strokes.is_empty() {
        // The visitor has checked the mask.
        quality = 1.0;
    }
    prepare_scene(image, mask, quality, edits.inverted.unwrap_or(true))
}

/// A garment on a plain background: the data set's own steps.
fn prepare_product(image: &RgbImage, background: &Background) -> Result<Prepared, PhotoError> {
    let bounds = trim(image, background).ok_or(PhotoError::NothingStandsOut)?;
    let layout = garment_layout(bounds, image)?;
    let cells = layout.sample(|x, y| background.grey_on_white(image.pixel(x, y)));
    // The background is light now, whatever it was, so negating is always right.
    let sharpened = sharpen(&cells, layout.columns);
    let negated: Vec<u8> = sharpened.iter().map(|grey| 255 - grey).collect();
    let route = Route::Product {
        inverted: !background.is_dark(),
        background: background.colour,
    };
    let mask = foreground(image, background);
    Ok(prepared(image, &layout, &negated, route, mask, 1.0))
}

/// A garment on any other background, which was segmented.
fn prepare_scene(
    image: &RgbImage,
    mask: Mask,
    quality: f32,
    inverted: bool,
) -> Result<Prepared, PhotoError> {
    let composite = Composite::new(image, &mask, inverted);
    let bounds = composite.bounds().ok_or(PhotoError::NothingStandsOut)?;
    let layout = garment_layout(bounds, image)?;
    let cells = sharpen(&composite.cells(&layout), layout.columns);
    let route = Route::Scene { inverted };
    Ok(prepared(image, &layout, &cells, route, mask, quality))
}

fn prepared(
    image: &RgbImage,
    layout: &Layout,
    cells: &[u8],
    route: Route,
    mask: Mask,
    quality: f32,
) -> Prepared {
    Prepared {
        grey: layout.pad(cells),
        frame: layout.frame(image.factor),
        width: image.width as u32,
        height: image.height as u32,
        route,
        is_white: is_white(image, &mask),
        is_cut_off: false,
        inside_frame: None,
        objects: Vec::new(),
        mask: Some(mask),
        quality,
    }
}

/// The mask of everything that is not background.
fn foreground(image: &RgbImage, background: &Background) -> Mask {
    Mask::from_colours(image, |colour| !background.contains(colour))
}

/// The layout of a garment, unless it is too small to be one.
fn garment_layout(bounds: Bounds, image: &RgbImage) -> Result<Layout, PhotoError> {
    if bounds.width.max(bounds.height) * image.factor < MIN_SIDE as usize {
        return Err(PhotoError::NothingStandsOut);
    }
    Ok(Layout::new(bounds))
}

/// Whether most of the garment is bright and of low saturation.
fn is_white(image: &RgbImage, mask: &Mask) -> bool {
    const BRIGHT: u8 = 190;
    /// The largest difference between two channels.
    const COLOURLESS: u8 = 40;
    let (mut white, mut all) = (0, 0);
    for [red, green, blue] in mask.garment_colours(image) {
        let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
        white +=
            usize::from(low >= BRIGHT - COLOURLESS && high >= BRIGHT && high - low <= COLOURLESS);
        all += 1;
    }
    2 * white > all
}
