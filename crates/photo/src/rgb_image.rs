//! The opaque working image of the pipeline: alpha compositing, downscaling, rotation and cropping.

use alloc::{vec, vec::Vec};
use core::ops::Range;

use shared::image::RgbaImage;

use super::region::Region;

/// The longest side of the photos that Fashion-MNIST was made from (762x1000): its steps never saw more detail.
const ENOUGH_DETAIL: usize = 1000;

/// A photo on a white background, downscaled by a whole number.
#[derive(Clone)]
pub struct RgbImage {
    pub width: usize,
    pub height: usize,
    /// How many of the photo's pixels a pixel is wide and high.
    pub factor: usize,
    /// `[height, width]`, row-major: red, green, blue.
    pub pixels: Vec<[u8; 3]>,
}

impl RgbImage {
    /// Composites a photo on white and averages squares of pixels, so that its longest side is under 2000.
    ///
    /// Where every alpha is 0, alpha is not used, and the photo is opaque: some programs write such files. Squares at the right
    /// and lower edges may hold fewer pixels.
    pub fn from_photo(photo: &RgbaImage) -> Self {
        if photo.pixels().iter().all(|pixel| pixel[3] == 0) {
            Self::averaged(photo, |[red, green, blue, _]| [red, green, blue])
        } else {
            Self::averaged(photo, composite_on_white)
        }
    }

    /// The photo's alpha as grey values, downscaled like the photo.
    pub fn alpha_from_photo(photo: &RgbaImage) -> Self {
        Self::averaged(photo, |[_, _, _, alpha]| [alpha; 3])
    }

    fn averaged(photo: &RgbaImage, colour: impl Fn([u8; 4]) -> [u8; 3]) -> Self {
        let (photo_width, photo_height) = (photo.width() as usize, photo.height() as usize);
        let factor = (photo_width.max(photo_height) / ENOUGH_DETAIL).max(1);
        let (width, height) = (photo_width.div_ceil(factor), photo_height.div_ceil(factor));
        let mut pixels = Vec::with_capacity(width * height);
        let mut sums = vec![[0u32; 3]; width];
        for band in photo.pixels().chunks(photo_width * factor) {
            sums.fill([0; 3]);
            for row in band.chunks_exact(photo_width) {
                for (sum, square_row) in sums.iter_mut().zip(row.chunks(factor)) {
                    for &rgba in square_row {
                        for (total, channel) in sum.iter_mut().zip(colour(rgba)) {
                            *total += u32::from(channel);
                        }
                    }
                }
            }
            let rows = band.len() / photo_width;
            pixels.extend(sums.iter().enumerate().map(|(column, sum)| {
                let columns = factor.min(photo_width - column * factor);
                let count = (rows * columns) as u32;
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

    /// Rotated clockwise by an angle in degrees, on a canvas that holds all of it; the corners repeat the nearest edge pixel.
    ///
    /// An angle that is not finite counts as 0.
    pub fn rotated(&self, degrees: f32) -> Self {
        let degrees = if degrees.is_finite() { degrees } else { 0.0 };
        let quarters = libm::roundf(degrees / 90.0);
        let rest = degrees - 90.0 * quarters;
        let image = (0..quarters as i32 & 3).fold(self.clone(), |image, _| image.rotated_90());
        if rest == 0.0 {
            image
        } else {
            image.rotated_bilinear(rest.to_radians())
        }
    }

    /// Rotated clockwise by a right angle.
    fn rotated_90(self) -> Self {
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

    /// Rotated clockwise by at most half a right angle, in radians, with bilinear interpolation.
    fn rotated_bilinear(self, angle: f32) -> Self {
        let (sin, cos) = (libm::sinf(angle), libm::cosf(angle));
        let (old_width, old_height) = (self.width as f32, self.height as f32);
        let extent = |along: f32, across: f32| (along * cos + across * sin.abs() + 0.5) as usize;
        let width = extent(old_width, old_height);
        let height = extent(old_height, old_width);
        let pixels = (0..width * height)
            .map(|i| {
                let x = (i % width) as f32 + 0.5 - width as f32 / 2.0;
                let y = (i / width) as f32 + 0.5 - height as f32 / 2.0;
                self.bilinear(
                    x * cos + y * sin + old_width / 2.0 - 0.5,
                    y * cos - x * sin + old_height / 2.0 - 0.5,
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

    /// The colour at a point by bilinear interpolation; beyond the edges the edge pixels repeat.
    pub fn bilinear(&self, x: f32, y: f32) -> [u8; 3] {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let right = (left + 1).min(self.width - 1);
        let bottom = (top + 1).min(self.height - 1);
        let (u, v) = (x - left as f32, y - top as f32);
        core::array::from_fn(|channel| {
            let value = |x: usize, y: usize| f32::from(self.pixel(x, y)[channel]);
            let row = |y: usize| value(left, y) + u * (value(right, y) - value(left, y));
            (row(top) + v * (row(bottom) - row(top)) + 0.5) as u8
        })
    }

    /// The part of these columns and rows.
    pub fn cropped(&self, columns: Range<usize>, rows: Range<usize>) -> Self {
        let (width, height) = (columns.len(), rows.len());
        let pixel_rows = self.pixels.chunks_exact(self.width);
        Self {
            width,
            height,
            factor: self.factor,
            pixels: pixel_rows
                .skip(rows.start)
                .take(height)
                .flat_map(|row| &row[columns.clone()])
                .copied()
                .collect(),
        }
    }

    /// A copy in which the pixels below a region of lower resolution have one colour.
    pub fn painted(&self, region: &Region, colour: [u8; 3]) -> Self {
        let height = region.pixels.len() / region.width;
        let mut painted = self.clone();
        let rows = painted.pixels.chunks_exact_mut(self.width);
        for (y, row) in rows.enumerate() {
            let line = y * height / self.height * region.width;
            for (x, pixel) in row.iter_mut().enumerate() {
                if region.pixels[line + x * region.width / self.width] {
                    *pixel = colour;
                }
            }
        }
        painted
    }

    /// Width and height after downscaling so that no side is longer than `side`; a smaller image keeps its size.
    pub fn size_within(&self, side: usize) -> (usize, usize) {
        let longest = self.width.max(self.height);
        let scaled = |edge: usize| {
            if longest > side {
                ((edge * side + longest / 2) / longest).max(1)
            } else {
                edge
            }
        };
        (scaled(self.width), scaled(self.height))
    }

    /// Downscales by averaging so that no side is longer than `side`; a smaller image stays as it is.
    pub fn downscaled(&self, side: usize) -> Self {
        let (width, height) = self.size_within(side);
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            let rows = source_range(row, height, self.height);
            for column in 0..width {
                let columns = source_range(column, width, self.width);
                let mut sums = [0u32; 3];
                for y in rows.clone() {
                    let row = &self.pixels[y * self.width..][..self.width];
                    for pixel in &row[columns.clone()] {
                        for (sum, &channel) in sums.iter_mut().zip(pixel) {
                            *sum += u32::from(channel);
                        }
                    }
                }
                let count = (rows.len() * columns.len()) as u32;
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
}

/// The pixels of a side of `length` that pixel `i` covers after downscaling to `count`; at least one.
pub fn source_range(i: usize, count: usize, length: usize) -> Range<usize> {
    let start = i * length / count;
    start..((i + 1) * length / count).max(start + 1)
}

/// Alpha compositing of a pixel with straight alpha on white, rounded.
pub fn composite_on_white([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    if alpha == 255 {
        return [red, green, blue];
    }
    let alpha = u32::from(alpha);
    [red, green, blue]
        .map(|value| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

/// Rec. 601 luma of a colour, rounded.
///
/// Source: ITU-R BT.601, Y' = 0.299 R' + 0.587 G' + 0.114 B'.
pub fn luma([red, green, blue]: [u8; 3]) -> u8 {
    // The weights sum to 1000, so the result is at most 255.
    ((u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114 + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparent_pixels_become_white() {
        assert_eq!(composite_on_white([10, 20, 30, 0]), [255; 3]);
        assert_eq!(composite_on_white([10, 20, 30, 255]), [10, 20, 30]);
        // (0 * 51 + 255 * 204) / 255 = 204.
        assert_eq!(composite_on_white([0, 0, 0, 51]), [204; 3]);
    }

    #[test]
    fn a_small_photo_keeps_every_pixel() {
        let photo = RgbaImage::from_fn(5, 3, |x, y| [x as u8, y as u8, 7, 255]);
        let image = RgbImage::from_photo(&photo);
        assert_eq!((image.width, image.height, image.factor), (5, 3, 1));
        assert_eq!(image.pixel(4, 2), [4, 2, 7]);
    }

    #[test]
    fn squares_are_averaged_and_the_last_may_be_narrower() {
        // 2001 wide: factor 2, so 1001 squares, the last with one column.
        let image = RgbImage::from_photo(&RgbaImage::from_fn(2001, 3, |x, y| {
            let value = if x == 2000 { 90 } else { 10 * (x % 2) as u8 };
            [value, 100 * (y % 2) as u8, 0, 255]
        }));
        assert_eq!((image.width, image.height, image.factor), (1001, 2, 2));
        assert_eq!(image.pixel(0, 0), [5, 50, 0]);
        assert_eq!(image.pixel(999, 1), [5, 0, 0]);
        assert_eq!(image.pixel(1000, 0), [90, 50, 0]);
    }

    #[test]
    fn luma_weighs_the_primaries_as_the_standard_does() {
        assert_eq!(luma([255, 0, 0]), 76);
        assert_eq!(luma([0, 255, 0]), 150);
        assert_eq!(luma([0, 0, 255]), 29);
    }

    #[test]
    fn luma_of_a_grey_is_the_grey() {
        for value in 0..=255 {
            assert_eq!(luma([value; 3]), value);
        }
    }
}
