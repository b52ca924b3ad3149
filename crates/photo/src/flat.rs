//! The photo without transparency, and of a size that is quick to look through.

use alloc::{vec, vec::Vec};

use shared::image::RgbaImage;

/// The longest side of the data set's own photos (762x1000): more detail than that, its steps never saw.
const ENOUGH: usize = 1000;

/// A photo laid on white paper, shrunk by a whole number.
#[derive(Clone)]
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
    pub fn of(photo: &RgbaImage) -> Self {
        let (wide, high) = (photo.width() as usize, photo.height() as usize);
        let factor = (wide.max(high) / ENOUGH).max(1);
        let (width, height) = (wide.div_ceil(factor), high.div_ceil(factor));
        let mut pixels = Vec::with_capacity(width * height);
        let mut sums = vec![[0u32; 3]; width];
        for band in photo.rgba().chunks(wide * 4 * factor) {
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

    /// Turned clockwise by so many degrees; what was outside looks like the nearest edge.
    pub fn turned(&self, degrees: f32) -> Self {
        let degrees = if degrees.is_finite() { degrees } else { 0.0 };
        let quarters = libm::roundf(degrees / 90.0);
        let rest = degrees - 90.0 * quarters;
        let flat = (0..quarters as i32 & 3).fold(self.clone(), |flat, _| flat.quarter());
        match rest == 0.0 {
            true => flat,
            false => flat.tilted(rest.to_radians()),
        }
    }

    /// Turned clockwise by a right angle.
    fn quarter(self) -> Self {
        let (width, height) = (self.height, self.width);
        let pixels = (0..width * height)
            .map(|i| self.pixel(i / width, self.height - 1 - i % width))
            .collect();
        Self {
            width,
            height,
            pixels,
            ..self
        }
    }

    /// Turned clockwise by less than half a right angle, on a picture that holds all of it.
    fn tilted(self, angle: f32) -> Self {
        let (sin, cos) = (libm::sinf(angle), libm::cosf(angle));
        let (wide, high) = (self.width as f32, self.height as f32);
        let extent = |along: f32, across: f32| (along * cos + across * sin.abs() + 0.5) as usize;
        let (width, height) = (extent(wide, high), extent(high, wide));
        let pixels = (0..width * height)
            .map(|i| {
                let x = (i % width) as f32 + 0.5 - width as f32 / 2.0;
                let y = (i / width) as f32 + 0.5 - height as f32 / 2.0;
                self.between(
                    x * cos + y * sin + wide / 2.0 - 0.5,
                    y * cos - x * sin + high / 2.0 - 0.5,
                )
            })
            .collect();
        Self {
            width,
            height,
            pixels,
            ..self
        }
    }

    /// The colour between the four pixels around a place; beyond the edges the edge pixels go on.
    fn between(&self, x: f32, y: f32) -> [u8; 3] {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, low) = (
            (left + 1).min(self.width - 1),
            (top + 1).min(self.height - 1),
        );
        let (across, down) = (x - left as f32, y - top as f32);
        core::array::from_fn(|channel| {
            let at = |x: usize, y: usize| f32::from(self.pixel(x, y)[channel]);
            let line = |y: usize| at(left, y) + across * (at(right, y) - at(left, y));
            (line(top) + down * (line(low) - line(top)) + 0.5) as u8
        })
    }

    /// A part of it: the first column and row, and their numbers.
    pub fn cut(&self, (left, width): (usize, usize), (top, height): (usize, usize)) -> Self {
        let rows = self.pixels.chunks_exact(self.width).skip(top).take(height);
        Self {
            width,
            height,
            factor: self.factor,
            pixels: rows
                .flat_map(|row| &row[left..left + width])
                .copied()
                .collect(),
        }
    }

    /// Width and height of the same picture with no side longer than `side`; a smaller one stays as it is.
    pub fn within(&self, side: usize) -> (usize, usize) {
        let long = self.width.max(self.height);
        let shrunk = |edge: usize| match long > side {
            true => ((edge * side + long / 2) / long).max(1),
            false => edge,
        };
        (shrunk(self.width), shrunk(self.height))
    }

    /// The same picture with no side longer than `side`, averaged; a smaller one stays as it is.
    pub fn shrunk(&self, side: usize) -> Self {
        let (width, height) = self.within(side);
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            let lines = span(row, height, self.height);
            for column in 0..width {
                let places = span(column, width, self.width);
                let mut sums = [0u32; 3];
                for y in lines.clone() {
                    let line = &self.pixels[y * self.width..][..self.width];
                    for pixel in &line[places.clone()] {
                        for (sum, &part) in sums.iter_mut().zip(pixel) {
                            *sum += u32::from(part);
                        }
                    }
                }
                let count = (lines.len() * places.len()) as u32;
                pixels.push(sums.map(|sum| ((sum + count / 2) / count) as u8));
            }
        }
        Self {
            width,
            height,
            factor: self.factor,
            pixels,
        }
    }

    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }
}

/// The pixels of a long edge that cell `i` of `cells` covers, at least one.
pub(super) fn span(i: usize, cells: usize, edge: usize) -> core::ops::Range<usize> {
    let start = i * edge / cells;
    start..((i + 1) * edge / cells).max(start + 1)
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

    #[test]
    fn what_is_transparent_becomes_white() {
        assert_eq!(on_white(&[10, 20, 30, 0]), [255; 3]);
        assert_eq!(on_white(&[10, 20, 30, 255]), [10, 20, 30]);
        // (0 * 51 + 255 * 204) / 255 = 204.
        assert_eq!(on_white(&[0, 0, 0, 51]), [204; 3]);
    }

    #[test]
    fn a_small_photo_keeps_every_pixel() {
        let flat = Flat::of(&RgbaImage::from_fn(5, 3, |x, y| [x as u8, y as u8, 7, 255]));
        assert_eq!((flat.width, flat.height, flat.factor), (5, 3, 1));
        assert_eq!(flat.pixel(4, 2), [4, 2, 7]);
    }

    #[test]
    fn boxes_are_averaged_and_the_last_may_be_narrower() {
        // 2001 wide: factor 2, so 1001 boxes, the last with one column.
        let flat = Flat::of(&RgbaImage::from_fn(2001, 3, |x, y| {
            let value = if x == 2000 { 90 } else { 10 * (x % 2) as u8 };
            [value, 100 * (y % 2) as u8, 0, 255]
        }));
        assert_eq!((flat.width, flat.height, flat.factor), (1001, 2, 2));
        assert_eq!(flat.pixel(0, 0), [5, 50, 0]);
        assert_eq!(flat.pixel(999, 1), [5, 0, 0]);
        assert_eq!(flat.pixel(1000, 0), [90, 50, 0]);
    }
}
