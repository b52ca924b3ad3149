//! Composites a segmented garment on black: what is not garment becomes background.

use alloc::vec::Vec;

use shared::image::SIDE;

use super::contrast_stretch::ContrastStretch;
use super::frame::Layout;
use super::mask::Mask;
use super::rgb_image::{RgbImage, luma};
use super::trim::Bounds;

/// Samples along each side of a cell, whose mean is the cell's grey.
const SAMPLES: usize = 4;

/// A photo, the mask of its garment, and the garment's contrast stretch.
pub struct Composite<'a> {
    image: &'a RgbImage,
    mask: &'a Mask,
    stretch: ContrastStretch,
}

impl<'a> Composite<'a> {
    /// `negate` the greys, as the data set's were; `max_slope` is the largest of the contrast stretch.
    pub fn new(image: &'a RgbImage, mask: &'a Mask, negate: bool, max_slope: f32) -> Self {
        let greys = mask.garment_colours(image).map(luma);
        Self {
            image,
            mask,
            stretch: ContrastStretch::fit(greys, negate, max_slope),
        }
    }

    /// The garment's bounding box in pixels of the image; `None` where the mask is empty.
    pub fn bounds(&self) -> Option<Bounds> {
        let Bounds {
            left,
            top,
            width,
            height,
        } = self.mask.bounds()?;
        let to_x = |at: usize| at * self.image.width / self.mask.width as usize;
        let to_y = |at: usize| at * self.image.height / self.mask.height as usize;
        Some(Bounds {
            left: to_x(left),
            top: to_y(top),
            width: (to_x(left + width) - to_x(left)).max(1),
            height: (to_y(top + height) - to_y(top)).max(1),
        })
    }

    /// The mean grey of each filled cell of a layout, bright on black.
    ///
    /// # Shapes
    /// `[layout.rows, layout.columns]`, row-major.
    pub fn cells(&self, layout: &Layout) -> Vec<u8> {
        let frame = layout.frame(1);
        let cell_side = frame.side / SIDE as f32;
        let position = |start: f32, empty: usize, cell: usize, sample: usize| {
            start
                + (empty as f32 + cell as f32 + (sample as f32 + 0.5) / SAMPLES as f32) * cell_side
        };
        let mut cells = Vec::with_capacity(layout.rows * layout.columns);
        for row in 0..layout.rows {
            for column in 0..layout.columns {
                let mut sum = 0.0;
                for sample in 0..SAMPLES * SAMPLES {
                    let x = position(frame.x, layout.left, column, sample % SAMPLES);
                    let y = position(frame.y, layout.top, row, sample / SAMPLES);
                    sum += self.grey(x, y);
                }
                cells.push((sum / (SAMPLES * SAMPLES) as f32 + 0.5) as u8);
            }
        }
        cells
    }

    /// The stretched grey at a point of the image, multiplied by its alpha.
    fn grey(&self, x: f32, y: f32) -> f32 {
        let alpha = self.alpha(x, y);
        if alpha > 0.0 {
            alpha * self.stretch.apply(f32::from(luma(self.colour(x, y))))
        } else {
            0.0
        }
    }

    /// The garment's alpha at a point of the image, 0 to 1.
    fn alpha(&self, x: f32, y: f32) -> f32 {
        let (width, height) = (self.image.width as f32, self.image.height as f32);
        if !(0.0..width).contains(&x) || !(0.0..height).contains(&y) {
            return 0.0;
        }
        // Sharpens the mask's soft edge, which is as wide as the mask's own, larger pixels.
        ((self.mask.sample(x / width, y / height) - 0.5) * 3.0 + 0.5).clamp(0.0, 1.0)
    }

    /// The colour of the nearest pixel.
    fn colour(&self, x: f32, y: f32) -> [u8; 3] {
        let column = (x.max(0.0) as usize).min(self.image.width - 1);
        let row = (y.max(0.0) as usize).min(self.image.height - 1);
        self.image.pixel(column, row)
    }

    /// The garment's colour and alpha at a point of the image, and its grey after stretching.
    pub fn sample(&self, x: f32, y: f32) -> ([u8; 4], u8) {
        let [red, green, blue] = self.colour(x, y);
        let alpha = (self.alpha(x, y) * 255.0 + 0.5) as u8;
        ([red, green, blue, alpha], (self.grey(x, y) + 0.5) as u8)
    }
}
