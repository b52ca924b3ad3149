//! Soft mask of the garment in a photo.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::rgb_image::{RgbImage, source_range};
use super::trim::Bounds;

/// The longest side of a mask, in pixels.
pub const LONGEST: usize = 128;

/// Alpha from which a pixel counts as garment.
const GARMENT: u8 = 128;
/// Alpha from which a pixel is garment for sure, not a mixture with the background.
pub const SURELY_GARMENT: u8 = 201;

/// How much of each pixel is garment, at a lower resolution than the photo's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask {
    pub width: u32,
    pub height: u32,
    /// `[height, width]`, row-major: 0 is background, 255 garment.
    pub alpha: Vec<u8>,
}

impl Mask {
    /// The mask of the pixels whose colours satisfy `is_garment`.
    pub(crate) fn from_colours(image: &RgbImage, is_garment: impl Fn([u8; 3]) -> bool) -> Self {
        let (width, height) = image.size_within(LONGEST);
        let mut alpha = Vec::with_capacity(width * height);
        for row in 0..height {
            for column in 0..width {
                let (mut garment, mut all) = (0, 0);
                for y in source_range(row, height, image.height) {
                    for x in source_range(column, width, image.width) {
                        garment += usize::from(is_garment(image.pixel(x, y)));
                        all += 1;
                    }
                }
                alpha.push((garment * 255 / all) as u8);
            }
        }
        Self {
            width: width as u32,
            height: height as u32,
            alpha,
        }
    }

    /// The alpha at a point, 0 to 1, by bilinear interpolation; beyond the border the edge pixels repeat.
    ///
    /// Coordinates run from 0 to 1 over the width and the height.
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let (left, right, u) = neighbours(x, self.width);
        let (top, bottom, v) = neighbours(y, self.height);
        let alpha = |x: usize, y: usize| f32::from(self.alpha[y * self.width as usize + x]) / 255.0;
        let row = |y: usize| alpha(left, y) + u * (alpha(right, y) - alpha(left, y));
        row(top) + v * (row(bottom) - row(top))
    }

    /// The garment's bounding box, in pixels of the mask; `None` where there is no garment.
    pub(crate) fn bounds(&self) -> Option<Bounds> {
        let width = self.width as usize;
        let places = || {
            let garment = self
                .alpha
                .iter()
                .enumerate()
                .filter(|(_, a)| **a >= GARMENT);
            garment.map(|(i, _)| (i % width, i / width))
        };
        let (left, right) = (
            places().map(|(x, _)| x).min()?,
            places().map(|(x, _)| x).max()?,
        );
        let (top, bottom) = (
            places().map(|(_, y)| y).min()?,
            places().map(|(_, y)| y).max()?,
        );
        Some(Bounds {
            left,
            top,
            width: right - left + 1,
            height: bottom - top + 1,
        })
    }

    /// The image's colour at the centre of each pixel of the mask that is garment for sure.
    pub(crate) fn garment_colours(&self, image: &RgbImage) -> impl Iterator<Item = [u8; 3]> {
        let (width, height) = (self.width as usize, self.height as usize);
        let alpha = self.alpha.iter().enumerate();
        let garment = alpha.filter(|(_, a)| **a >= SURELY_GARMENT);
        garment.map(move |(i, _)| {
            let x = (2 * (i % width) + 1) * image.width / (2 * width);
            let y = (2 * (i / width) + 1) * image.height / (2 * height);
            image.pixel(x, y)
        })
    }

    /// The share of the photo's edge that is garment, 0 to 1.
    pub(crate) fn border_coverage(&self) -> f32 {
        let (width, height) = (self.width as usize, self.height as usize);
        let is_border = |i: usize| {
            let (x, y) = (i % width, i / width);
            x == 0 || y == 0 || x == width - 1 || y == height - 1
        };
        let border = || (0..self.alpha.len()).filter(|&i| is_border(i));
        let garment = border().filter(|&i| self.alpha[i] >= GARMENT).count();
        garment as f32 / border().count().max(1) as f32
    }

    /// The share of the photo that is garment, 0 to 1.
    pub fn coverage(&self) -> f32 {
        let garment = self.alpha.iter().filter(|&&a| a >= GARMENT).count();
        garment as f32 / self.alpha.len().max(1) as f32
    }
}

/// The two pixels between whose centres a position (0 to 1 over `length` pixels) lies, and its fraction of the way.
fn neighbours(position: f32, length: u32) -> (usize, usize, f32) {
    let last = (length - 1) as f32;
    let at = (position * length as f32 - 0.5).clamp(0.0, last);
    let first = at as usize;
    (
        first,
        (first + 1).min(length as usize - 1),
        at - first as f32,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_interpolated_between_the_centres_of_pixels() {
        let mask = Mask {
            width: 2,
            height: 1,
            alpha: [0, 255].to_vec(),
        };
        let samples = [0.0, 0.25, 0.5, 0.625, 0.75, 1.0].map(|x| mask.sample(x, 0.5));
        assert_eq!(samples, [0.0, 0.0, 0.5, 0.75, 1.0, 1.0]);
    }

    #[test]
    fn bounds_hold_the_garment_and_nothing_else() {
        let mut alpha = [0; 48].to_vec();
        (alpha[2 * 8 + 3], alpha[4 * 8 + 6]) = (200, 200);
        let mask = Mask {
            width: 8,
            height: 6,
            alpha,
        };
        let expected = Bounds {
            left: 3,
            top: 2,
            width: 4,
            height: 3,
        };
        assert_eq!(mask.bounds(), Some(expected));
        let empty = Mask {
            alpha: [0; 48].to_vec(),
            ..mask
        };
        assert_eq!(empty.bounds(), None);
    }
}
