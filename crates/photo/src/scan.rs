//! A photo on its way to the models' picture.

use super::backdrop::Backdrop;
use super::cutout::Cutout;
use super::flat::Flat;
use super::frame::{Frame, Layout};
use super::mask::Mask;
use super::trim::{Bounds, trim};
use super::{Crop, Edits, MIN_SIDE, PhotoError, Prepared, Route};
use super::{grey, resample, segment, sharpen};
use shared::image::{Grey28, PIXELS, RgbaImage, SIDE};

/// A photo small enough to work on; kept while a visitor edits, so that the file is decoded once.
pub struct Scan {
    flat: Flat,
    /// The photo's size in pixels.
    size: (u32, u32),
}

/// What is looked at of a turned photo.
pub(super) struct Part {
    pub flat: Flat,
    pub crop: Crop,
    /// Its first column and row, in the turned photo.
    pub corner: (usize, usize),
    /// The turned photo's size.
    pub whole: (usize, usize),
}

impl Scan {
    /// Takes a photo.
    ///
    /// # Errors
    /// It is smaller than 8x8.
    pub fn of(photo: &RgbaImage) -> Result<Self, PhotoError> {
        let (width, height) = (photo.width(), photo.height());
        if width.min(height) < MIN_SIDE {
            return Err(PhotoError::TooSmall { width, height });
        }
        Ok(Self {
            flat: Flat::of(photo),
            size: (width, height),
        })
    }

    /// Makes the models' picture of it, the visitor's way.
    ///
    /// A 28x28 picture is taken as it is: in grey, neither trimmed nor negated, nor edited.
    ///
    /// # Errors
    /// Nothing stands out from the background, of what the edits leave.
    pub fn prepare(&self, edits: &Edits) -> Result<Prepared, PhotoError> {
        if self.is_picture() {
            return Ok(self.as_is());
        }
        let part = self.part(edits);
        let mut prepared = looked_at(&part, edits)?;
        let factor = self.flat.factor as f32;
        prepared.frame.x += part.corner.0 as f32 * factor;
        prepared.frame.y += part.corner.1 as f32 * factor;
        let quarters = libm::roundf(edits.rotation / 90.0);
        (prepared.width, prepared.height) = match edits.rotation == 90.0 * quarters {
            true if quarters as i32 & 1 == 0 => self.size,
            true => (self.size.1, self.size.0),
            // Turned a little: as large as what is worked on.
            false => {
                let pixels = |edge: usize| (edge * self.flat.factor) as u32;
                (pixels(part.whole.0), pixels(part.whole.1))
            }
        };
        Ok(prepared)
    }

    /// Whether it is one of the data set's pictures, or made like them.
    pub(super) fn is_picture(&self) -> bool {
        self.size == (SIDE as u32, SIDE as u32)
    }

    pub(super) fn part(&self, edits: &Edits) -> Part {
        let turned = self.flat.turned(edits.rotation);
        let whole = (turned.width, turned.height);
        let Some(crop) = edits.crop else {
            return Part {
                flat: turned,
                crop: Crop::WHOLE,
                corner: (0, 0),
                whole,
            };
        };
        let columns = Crop::pixels(crop.left, crop.width, turned.width);
        let rows = Crop::pixels(crop.top, crop.height, turned.height);
        Part {
            flat: turned.cut(columns, rows),
            crop,
            corner: (columns.0, rows.0),
            whole,
        }
    }

    fn as_is(&self) -> Prepared {
        let mut pixels = [0; PIXELS];
        for (pixel, &colour) in pixels.iter_mut().zip(&self.flat.pixels) {
            *pixel = grey::luma(colour);
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
            route: Route::AsIs,
            mask: None,
            quality: 1.0,
            is_white: false,
        }
    }
}

/// What is made of the part that is looked at; its frame is the part's own.
fn looked_at(part: &Part, edits: &Edits) -> Result<Prepared, PhotoError> {
    let flat = &part.flat;
    let backdrop = Backdrop::of(flat);
    let is_plain = backdrop.is_plain(flat);
    if is_plain && edits.inverted.is_none() && edits.strokes.is_empty() {
        return product(flat, &backdrop);
    }
    let (mut mask, quality) = match is_plain {
        true => (Mask::of(flat, |colour| !backdrop.holds(colour)), 1.0),
        false => segment::segment(flat),
    };
    let size = [part.whole.0 as f32, part.whole.1 as f32];
    for stroke in &edits.strokes {
        stroke.paint(&mut mask, part.crop, size);
    }
    // Whoever paints has looked at it.
    let quality = if edits.strokes.is_empty() {
        quality
    } else {
        1.0
    };
    scene(flat, mask, quality, edits.inverted.unwrap_or(true))
}

/// A garment on paper: the data set's own steps.
fn product(flat: &Flat, backdrop: &Backdrop) -> Result<Prepared, PhotoError> {
    let bounds = trim(flat, backdrop).ok_or(PhotoError::NothingStandsOut)?;
    let layout = laid_out(bounds, flat)?;
    let sharp = sharpen::sharpen(&resample::resample(flat, backdrop, &layout), layout.columns);
    // `resample` gives light backgrounds only, so negating is right for both polarities.
    let cells: alloc::vec::Vec<u8> = sharp.iter().map(|value| 255 - value).collect();
    let mask = Mask::of(flat, |colour| !backdrop.holds(colour));
    Ok(Prepared {
        grey: layout.picture(&cells),
        frame: layout.frame(flat.factor),
        width: 0,
        height: 0,
        route: Route::Product {
            inverted: !backdrop.is_dark(),
            backdrop: backdrop.colour,
        },
        is_white: is_white(flat, &mask),
        mask: Some(mask),
        quality: 1.0,
    })
}

/// A garment in a room: cut out first.
fn scene(flat: &Flat, mask: Mask, quality: f32, inverted: bool) -> Result<Prepared, PhotoError> {
    let cutout = Cutout::of(flat, &mask, inverted);
    let bounds = cutout.bounds().ok_or(PhotoError::NothingStandsOut)?;
    let layout = laid_out(bounds, flat)?;
    let cells = sharpen::sharpen(&cutout.cells(&layout), layout.columns);
    Ok(Prepared {
        grey: layout.picture(&cells),
        frame: layout.frame(flat.factor),
        width: 0,
        height: 0,
        route: Route::Scene { inverted },
        is_white: is_white(flat, &mask),
        mask: Some(mask),
        quality,
    })
}

fn laid_out(bounds: Bounds, flat: &Flat) -> Result<Layout, PhotoError> {
    match bounds.width.max(bounds.height) * flat.factor < MIN_SIDE as usize {
        true => Err(PhotoError::NothingStandsOut),
        false => Ok(Layout::of(bounds)),
    }
}

/// Whether most of the garment is bright and hardly coloured.
fn is_white(flat: &Flat, mask: &Mask) -> bool {
    const BRIGHT: u8 = 190;
    const COLOURED: u8 = 40;
    let (mut white, mut all) = (0, 0);
    for [r, g, b] in mask.held(flat) {
        let (low, high) = (r.min(g).min(b), r.max(g).max(b));
        white += usize::from(low >= BRIGHT - COLOURED && high >= BRIGHT && high - low <= COLOURED);
        all += 1;
    }
    2 * white > all
}
