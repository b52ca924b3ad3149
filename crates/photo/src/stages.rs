//! What each step made of a photo, to look at.

use alloc::vec::Vec;

use super::backdrop::Backdrop;
use super::cutout::Cutout;
use super::flat::Flat;
use super::scan::Scan;
use super::{Edits, Prepared, Route};
use shared::image::RgbaImage;

/// The longest side of the turned photo that is shown, in pixels.
pub const LONGEST: usize = 640;
/// The side of the other steps' pictures, in pixels: eight for each of the 28.
const SIDE: usize = 224;

/// The steps' pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stages {
    /// The photo the right way up, as it was turned.
    pub upright: RgbaImage,
    /// The square that the models see, in colour, transparent where there is no garment. Empty, as is the next, of a
    /// picture that is taken as it is.
    pub cutout: RgbaImage,
    /// The same in the greys that the models see, on black.
    pub grey: RgbaImage,
}

impl Scan {
    /// Shows the steps that led to a picture.
    pub fn stages(&self, edits: &Edits, prepared: &Prepared) -> Stages {
        let part = self.part(edits);
        let flat = &part.flat;
        let upright = match part.corner == (0, 0) && part.whole == (flat.width, flat.height) {
            true => shown(flat),
            false => shown(
                &self
                    .part(&Edits {
                        crop: None,
                        ..edits.clone()
                    })
                    .flat,
            ),
        };
        let Some(mask) = &prepared.mask else {
            return Stages {
                upright,
                cutout: RgbaImage::default(),
                grey: RgbaImage::default(),
            };
        };
        let factor = flat.factor as f32;
        let frame = prepared.frame;
        let place = |i: usize, start: f32, corner: usize| {
            (start + (i as f32 + 0.5) / SIDE as f32 * frame.side) / factor - corner as f32
        };
        let mut cutout = Vec::with_capacity(SIDE * SIDE * 4);
        let mut grey = Vec::with_capacity(SIDE * SIDE * 4);
        let backdrop = Backdrop::of(flat);
        let inverted = !matches!(prepared.route, Route::Scene { inverted: false });
        let garment = Cutout::of(flat, mask, inverted);
        for i in 0..SIDE * SIDE {
            let x = place(i % SIDE, frame.x, part.corner.0);
            let y = place(i / SIDE, frame.y, part.corner.1);
            let (colour, value) = garment.seen(x, y);
            let value = match (prepared.route, colour[3]) {
                (Route::Product { .. }, 1..) => {
                    255 - backdrop.grey([colour[0], colour[1], colour[2]])
                }
                _ => value,
            };
            cutout.extend(colour);
            grey.extend([value, value, value, 255]);
        }
        let square = |rgba| {
            RgbaImage::new(SIDE as u32, SIDE as u32, rgba)
                .expect("invariant: four bytes for each of SIDE * SIDE pixels")
        };
        Stages {
            upright,
            cutout: square(cutout),
            grey: square(grey),
        }
    }
}

/// A photo small enough to show.
fn shown(flat: &Flat) -> RgbaImage {
    let small = flat.shrunk(LONGEST);
    RgbaImage::from_fn(small.width as u32, small.height as u32, |x, y| {
        let [red, green, blue] = small.pixel(x as usize, y as usize);
        [red, green, blue, 255]
    })
}
