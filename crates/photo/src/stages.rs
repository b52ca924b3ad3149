//! Images of the pipeline's intermediate steps, for display.

use alloc::vec::Vec;

use shared::image::RgbaImage;

use super::background::Background;
use super::composite::Composite;
use super::edits::Edits;
use super::pipeline::{Pipeline, Prepared, Route};
use super::rgb_image::RgbImage;

/// The longest side of the upright photo, in pixels.
const LONGEST: usize = 640;
/// The side of the other images, in pixels: eight for each of the 28.
const SIDE: usize = 224;

/// The images of the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stages {
    /// The rotated photo, not cropped.
    pub upright: RgbaImage,
    /// The square that the models see, in colour, transparent where there is no garment. Empty for [`Route::AsIs`].
    pub cutout: RgbaImage,
    /// The same in the models' greys, on black. Empty for [`Route::AsIs`].
    pub grey: RgbaImage,
}

impl Pipeline {
    /// Draws the steps by which `prepared` was made with these edits.
    pub fn stages(&self, edits: &Edits, prepared: &Prepared) -> Stages {
        let cropped = self.crop(edits);
        let image = &cropped.image;
        let upright = thumbnail(&self.rotated(edits));
        let Some(mask) = &prepared.mask else {
            return Stages {
                upright,
                cutout: RgbaImage::default(),
                grey: RgbaImage::default(),
            };
        };
        let factor = image.factor as f32;
        let frame = prepared.frame;
        // The centre of a pixel of the square, in pixels of the cropped image.
        let position = |i: usize, start: f32, corner: usize| {
            (start + (i as f32 + 0.5) / SIDE as f32 * frame.side) / factor - corner as f32
        };
        let mut cutout = Vec::with_capacity(SIDE * SIDE * 4);
        let mut grey = Vec::with_capacity(SIDE * SIDE * 4);
        let background = Background::estimate(image);
        let inverted = !matches!(prepared.route, Route::Scene { inverted: false });
        let composite = Composite::new(image, mask, inverted, cropped.max_slope());
        for i in 0..SIDE * SIDE {
            let x = position(i % SIDE, frame.x, cropped.corner.0);
            let y = position(i / SIDE, frame.y, cropped.corner.1);
            let (colour, stretched) = composite.sample(x, y);
            let value = match (prepared.route, colour) {
                (Route::Product { .. }, [red, green, blue, alpha]) if alpha > 0 => {
                    255 - background.grey_on_white([red, green, blue])
                }
                _ => stretched,
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

/// A version small enough for display.
fn thumbnail(image: &RgbImage) -> RgbaImage {
    let small = image.downscaled(LONGEST);
    RgbaImage::from_fn(small.width as u32, small.height as u32, |x, y| {
        let [red, green, blue] = small.pixel(x as usize, y as usize);
        [red, green, blue, 255]
    })
}
