//! The pipeline's steps in order: from a decoded photo to the models' 28x28 image.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use shared::image::{Grey28, RgbaImage, SIDE};

use super::background::Background;
use super::composite::Composite;
use super::contrast_stretch::{MAX_SLOPE, MAX_SLOPE_OF_CUT_OUT};
use super::data_set_form::{greys, in_data_set_form};
use super::edits::{Crop, Edits};
use super::error::{MIN_SIDE, PhotoError};
use super::frame::{Frame, Layout};
use super::mask::{Mask, SURELY_GARMENT};
use super::objects::Objects;
use super::picture_frame::inside_frame;
use super::rgb_image::RgbImage;
use super::segment::segment;
use super::sharpen::sharpen;
use super::trim::{Bounds, trim};

/// The [quality](Prepared::quality) below which a mask is a guess.
pub const POOR_QUALITY: f32 = 0.7;

/// Alpha is a cut-out where at least this share of the photo is transparent, and as much is not.
const MIN_CUTOUT: f32 = 0.01;
/// A cut-out that fills this share of its bounding box is a picture with transparent margins, not a garment.
const FILLED: f32 = 0.97;
/// A cut-out garment of which more than this share looks like the white below it is handled like a segmented one.
const MAX_WHITE: f32 = 0.1;
/// A garment is cut off where it covers more than this share of the photo's edge.
const CUT_OFF: f32 = 0.12;

/// How a photo became a 28x28 image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// A 28x28 image in the data set's form, used as it is.
    AsIs {
        /// Whether it was negated: a dark garment on white.
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
    /// Whether the background is plain, or transparent around a cut-out garment.
    pub is_plain: bool,
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
    /// The cut-out garment's alpha as greys, of the image's size; `None` where alpha says nothing.
    alpha: Option<RgbImage>,
    /// The photo's width and height in pixels.
    size: (u32, u32),
}

/// The photo after the rotation and crop of some edits.
pub struct CroppedImage {
    pub image: RgbImage,
    /// The cut-out garment's alpha, cropped likewise.
    pub alpha: Option<RgbImage>,
    pub crop: Crop,
    /// The crop's first column and row in the rotated image.
    pub corner: (usize, usize),
    /// The rotated image's size.
    pub whole: (usize, usize),
    /// Whether the crop removes a frame, which no edit asked for.
    is_inside_frame: bool,
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
        let is_cut_out = photo.pixels().iter().any(|p| p[3] < SURELY_GARMENT);
        Ok(Self {
            image: RgbImage::from_photo(photo),
            alpha: is_cut_out.then(|| RgbImage::alpha_from_photo(photo)),
            size: (width, height),
        })
    }

    /// The photo's width and height in pixels, before it is rotated.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Makes the models' 28x28 image with the visitor's edits.
    ///
    /// A 28x28 photo in the data set's form is used as it is, or negated: it is neither trimmed nor sharpened. Without a crop
    /// in the edits, a frame around the picture is removed.
    ///
    /// # Errors
    /// [`PhotoError::NothingStandsOut`], where the edits leave no garment.
    pub fn prepare(&self, edits: &Edits) -> Result<Prepared, PhotoError> {
        if let Some(prepared) = self.prepare_as_is(edits) {
            return Ok(prepared);
        }
        let cropped = self.crop(edits);
        let mut prepared = prepare_cropped(&cropped, edits)?;
        let factor = self.image.factor;
        prepared.frame.x += cropped.corner.0 as f32 * factor as f32;
        prepared.frame.y += cropped.corner.1 as f32 * factor as f32;
        (prepared.width, prepared.height) = self.rotated_size(edits.rotation, cropped.whole);
        prepared.inside_frame = cropped.is_inside_frame.then_some(cropped.crop);
        for object in &mut prepared.objects {
            *object = cropped.crop.part(*object);
        }
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

    /// Rotates without cropping.
    pub(crate) fn rotated(&self, edits: &Edits) -> RgbImage {
        self.image.rotated(edits.rotation)
    }

    /// Rotates and crops.
    pub(crate) fn crop(&self, edits: &Edits) -> CroppedImage {
        let rotated = self.rotated(edits);
        let alpha = self.alpha.as_ref().map(|a| a.rotated(edits.rotation));
        let whole = (rotated.width, rotated.height);
        let alpha = alpha.and_then(CutOut::new);
        let found = match (&edits.crop, &alpha) {
            (Some(_), _) => None,
            (None, Some(CutOut::Picture(crop))) => Some(*crop),
            (None, Some(CutOut::Garment(_))) => None,
            (None, None) => inside_frame(&rotated),
        };
        let alpha = match alpha {
            Some(CutOut::Garment(alpha)) => Some(alpha),
            _ => None,
        };
        let Some(crop) = edits.crop.or(found) else {
            return CroppedImage {
                image: rotated,
                alpha,
                crop: Crop::WHOLE,
                corner: (0, 0),
                whole,
                is_inside_frame: false,
            };
        };
        let columns = Crop::pixels(crop.left, crop.width, rotated.width);
        let rows = Crop::pixels(crop.top, crop.height, rotated.height);
        CroppedImage {
            corner: (columns.start, rows.start),
            alpha: alpha.map(|a| a.cropped(columns.clone(), rows.clone())),
            image: rotated.cropped(columns, rows),
            crop,
            whole,
            is_inside_frame: found.is_some(),
        }
    }

    /// A 28x28 image in the data set's form, with no edits but its polarity and right angles.
    fn prepare_as_is(&self, edits: &Edits) -> Option<Prepared> {
        let is_upright = edits.rotation % 90.0 == 0.0;
        if !is_upright || edits.crop.is_some() || !edits.strokes.is_empty() {
            return None;
        }
        let greys = greys(&self.rotated(edits))?;
        let (mut grey, found) = in_data_set_form(&greys)?;
        let inverted = edits.inverted.unwrap_or(found);
        if inverted != found {
            grey = Grey28::new(grey.pixels().map(|value| 255 - value));
        }
        Some(Prepared {
            grey,
            frame: Frame {
                x: 0.0,
                y: 0.0,
                side: SIDE as f32,
            },
            width: SIDE as u32,
            height: SIDE as u32,
            route: Route::AsIs { inverted },
            mask: None,
            quality: 1.0,
            is_plain: true,
            is_white: false,
            is_cut_off: false,
            inside_frame: None,
            objects: Vec::new(),
        })
    }
}

impl CroppedImage {
    /// The largest slope of the contrast stretch.
    pub fn max_slope(&self) -> f32 {
        if self.alpha.is_some() {
            MAX_SLOPE_OF_CUT_OUT
        } else {
            MAX_SLOPE
        }
    }
}

/// What the opaque part of a partly transparent photo is.
enum CutOut {
    /// A garment, with its alpha.
    Garment(RgbImage),
    /// A picture with transparent margins: the window of a screenshot, for example.
    Picture(Crop),
}

impl CutOut {
    /// `None` where nearly all of the photo is opaque or transparent.
    fn new(alpha: RgbImage) -> Option<Self> {
        let mask = Mask::from_colours(&alpha, |[value, _, _]| value >= SURELY_GARMENT);
        let coverage = mask.coverage();
        if !(MIN_CUTOUT..=1.0 - MIN_CUTOUT).contains(&coverage) {
            return None;
        }
        let bounds = mask.bounds()?;
        let (width, height) = (mask.width as f32, mask.height as f32);
        let filled = coverage * width * height / (bounds.width * bounds.height) as f32;
        Some(if filled >= FILLED {
            Self::Picture(Crop {
                left: bounds.left as f32 / width,
                top: bounds.top as f32 / height,
                width: bounds.width as f32 / width,
                height: bounds.height as f32 / height,
            })
        } else {
            Self::Garment(alpha)
        })
    }
}

/// Prepares the cropped image; the result's frame, size and objects are relative to the crop.
fn prepare_cropped(cropped: &CroppedImage, edits: &Edits) -> Result<Prepared, PhotoError> {
    let image = &cropped.image;
    let is_edited = edits.inverted.is_some() || !edits.strokes.is_empty();
    let (mut mask, mut quality, is_plain) = if let Some(alpha) = &cropped.alpha {
        let background = Background::white();
        let mask = Mask::from_colours(alpha, |[value, _, _]| value >= SURELY_GARMENT);
        let (mut white, mut all) = (0, 0);
        for colour in mask.garment_colours(image) {
            white += usize::from(background.contains(colour));
            all += 1;
        }
        if !is_edited && white as f32 <= MAX_WHITE * all as f32 {
            return prepare_product(image, &background);
        }
        (mask, 1.0, true)
    } else {
        let background = Background::estimate(image);
        let is_plain = background.is_plain(image);
        if is_plain && !is_edited {
            return prepare_product(image, &background);
        }
        if is_plain {
            (foreground(image, &background), 1.0, true)
        } else {
            let (mask, quality) = segment(image);
            (mask, quality, false)
        }
    };
    let size = [cropped.whole.0 as f32, cropped.whole.1 as f32];
    for stroke in &edits.strokes {
        stroke.paint(&mut mask, cropped.crop, size);
    }
    if !edits.strokes.is_empty() {
        // The visitor has checked the mask.
        quality = 1.0;
    }
    let prepared = prepare_scene(cropped, mask, quality, edits.inverted.unwrap_or(true))?;
    Ok(Prepared {
        is_plain,
        ..prepared
    })
}

/// A garment on a plain background: the data set's own steps.
fn prepare_product(image: &RgbImage, background: &Background) -> Result<Prepared, PhotoError> {
    let mut mask = foreground(image, background);
    let mut image = image;
    let cleaned;
    if let Some(clutter) = Objects::find(&mask).clutter_region() {
        cleaned = image.painted(&clutter, background.colour);
        image = &cleaned;
        mask = foreground(image, background);
    }
    let bounds = trim(image, background).ok_or(PhotoError::NothingStandsOut)?;
    let layout = garment_layout(bounds, image)?;
    let cells = if layout.enlarges() {
        // There is nothing to be skipped, so nothing to be sharpened.
        layout.interpolate(|x, y| background.grey_on_white(image.pixel(x, y)))
    } else {
        let cells = layout.sample(|x, y| background.grey_on_white(image.pixel(x, y)));
        sharpen(&cells, layout.columns)
    };
    // The background is light now, whatever it was, so negating is always right.
    let negated: Vec<u8> = cells.iter().map(|grey| 255 - grey).collect();
    let route = Route::Product {
        inverted: !background.is_dark(),
        background: background.colour,
    };
    Ok(prepared(image, &layout, &negated, route, mask, 1.0))
}

/// A garment on any other background, which was segmented.
fn prepare_scene(
    cropped: &CroppedImage,
    mask: Mask,
    quality: f32,
    inverted: bool,
) -> Result<Prepared, PhotoError> {
    let image = &cropped.image;
    let composite = Composite::new(image, &mask, inverted, cropped.max_slope());
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
        is_plain: matches!(route, Route::Product { .. }),
        route,
        is_white: is_white(image, &mask),
        is_cut_off: mask.border_coverage() > CUT_OFF,
        inside_frame: None,
        objects: Objects::find(&mask).crops(),
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
