//! The photo without transparency, and of a size that is quick to look through.

use alloc::{vec, vec::Vec};

use super::Photo;

/// The longest side of the data set's own photos (762x1000): more detail than that, its steps never saw.
const ENOUGH: usize = 1000;

/// A photo laid on white paper, shrunk by a whole number.
pub(super) struct Flat {
    pub width: usize,
    pub height: usize,
    /// Photo pixels a pixel here is wide and high.
    pub factor: usize,
    /// `[height, width]`, row-major: red, green, blue.
    pub pixels: Vec<[u8; 3]>,
}

impl Flat {
    /// Lays a photo on white and averages boxes of pixels, so that its longest side is under 2000.
    ///
    /// Boxes at the right and lower edge may hold fewer pixels.
    pub fn of(photo: &Photo) -> Self {
        let (wide, high) = (photo.width as usize, photo.height as usize);
        let factor = (wide.max(high) / ENOUGH).max(1);
        let (width, height) = (wide.div_ceil(factor), high.div_ceil(factor));
        let mut pixels = Vec::with_capacity(width * height);
        let mut sums = vec![[0u32; 3]; width];
        for band in photo.rgba.chunks(wide * 4 * factor) {
            sums.fill([0; 3]);
            for line in band.chunks_exact(wide * 4) {
                for (sum, boxed) in sums.iter_mut().zip(line.chunks(4 * factor)) {
                    for rgba in boxed.chunks_exact(4) {
                        for (total, part) in sum.iter_mut().zip(on_white(rgba)) {
                            *total += u32::from(part);
                        }
                    }
                }
            }
            let lines = band.len() / (wide * 4);
            pixels.extend(sums.iter().enumerate().map(|(column, sum)| {
                let across = factor.min(wide - column * factor);
                let count = (lines * across) as u32;
                sum.map(|total| ((total + count / 2) / count) as u8)
            }));
        }
        Self {
            width,
            height,
            factor,
            pixels,
        }
    }

    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }
}

/// A pixel with straight alpha as it looks on white paper.
///
/// # Shapes
/// `rgba` holds at least four bytes.
pub(super) fn on_white(rgba: &[u8]) -> [u8; 3] {
    let alpha = u32::from(rgba[3]);
    [rgba[0], rgba[1], rgba[2]].map(|value| match alpha {
        255 => value,
        _ => ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 4]) -> Photo {
        let rgba = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| colour(x, y))
            .collect();
        Photo {
            width,
            height,
            rgba,
        }
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        assert_eq!(on_white(&[10, 20, 30, 0]), [255; 3]);
        assert_eq!(on_white(&[10, 20, 30, 255]), [10, 20, 30]);
        // (0 * 51 + 255 * 204) / 255 = 204.
        assert_eq!(on_white(&[0, 0, 0, 51]), [204; 3]);
    }

    #[test]
    fn a_small_photo_keeps_every_pixel() {
        let flat = Flat::of(&photo(5, 3, |x, y| [x as u8, y as u8, 7, 255]));
        assert_eq!((flat.width, flat.height, flat.factor), (5, 3, 1));
        assert_eq!(flat.pixel(4, 2), [4, 2, 7]);
    }

    #[test]
    fn boxes_are_averaged_and_the_last_may_be_narrower() {
        // 2001 wide: factor 2, so 1001 boxes, the last with one column.
        let flat = Flat::of(&photo(2001, 3, |x, y| {
            let value = if x == 2000 { 90 } else { 10 * (x % 2) as u8 };
            [value, 100 * (y % 2) as u8, 0, 255]
        }));
        assert_eq!((flat.width, flat.height, flat.factor), (1001, 2, 2));
        assert_eq!(flat.pixel(0, 0), [5, 50, 0]);
        assert_eq!(flat.pixel(999, 1), [5, 0, 0]);
        assert_eq!(flat.pixel(1000, 0), [90, 50, 0]);
    }
}
