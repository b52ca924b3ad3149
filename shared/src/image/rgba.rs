//! A colour image with alpha, as photos are decoded, processed, sent between threads and drawn.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::grey28::{Grey28, SIDE};

/// Images with more pixels are refused, before they are decoded.
pub const MAX_PIXELS: u64 = 50_000_000;
/// Images with a longer side are refused, in pixels.
pub const MAX_SIDE: u32 = 20_000;

/// Whether an image of this size is small enough.
pub fn is_size_supported(width: u32, height: u32) -> bool {
    width.max(height) <= MAX_SIDE && u64::from(width) * u64::from(height) <= MAX_PIXELS
}

/// An image of 8 bits a channel: red, green, blue and straight (not premultiplied) alpha.
///
/// Holds exactly `width * height * 4` bytes, also after deserialisation.
///
/// # Shapes
/// `[height, width, 4]`, row-major.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct RgbaImage {
    width: u32,
    height: u32,
    #[serde(with = "serde_bytes")]
    rgba: Vec<u8>,
}

impl RgbaImage {
    /// An image with these pixels; `None` unless there are `width * height * 4` bytes.
    pub fn new(width: u32, height: u32, rgba: Vec<u8>) -> Option<Self> {
        let bytes = (u64::from(width) * u64::from(height)).checked_mul(4)?;
        (rgba.len() as u64 == bytes).then_some(Self {
            width,
            height,
            rgba,
        })
    }

    /// An image whose pixels are `pixel(x, y)`, called row by row.
    pub fn from_fn(width: u32, height: u32, mut pixel: impl FnMut(u32, u32) -> [u8; 4]) -> Self {
        let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
        for y in 0..height {
            for x in 0..width {
                rgba.extend(pixel(x, y));
            }
        }
        Self {
            width,
            height,
            rgba,
        }
    }

    /// Width in pixels.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Whether the image has no pixels.
    pub const fn is_empty(&self) -> bool {
        self.rgba.is_empty()
    }

    /// All channels of all pixels.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// All pixels, row by row.
    pub fn pixels(&self) -> &[[u8; 4]] {
        self.rgba.as_chunks().0
    }

    /// All pixels, row by row, mutable.
    pub fn pixels_mut(&mut self) -> &mut [[u8; 4]] {
        self.rgba.as_chunks_mut().0
    }

    /// Downscales by the smallest integer factor that leaves no side longer than `side`.
    ///
    /// Each pixel is the mean of a square of pixels, rounded down; squares at the right and lower edges may be cut off.
    /// Colours are averaged regardless of alpha, so this is for opaque images.
    #[must_use]
    pub fn downscaled(self, side: u32) -> Self {
        let factor = self.width.max(self.height).div_ceil(side).max(1);
        if factor == 1 {
            return self;
        }
        let (width, height) = (self.width.div_ceil(factor), self.height.div_ceil(factor));
        Self::from_fn(width, height, |x, y| {
            let (mut sums, mut count) = ([0u32; 4], 0);
            for y in y * factor..((y + 1) * factor).min(self.height) {
                for x in x * factor..((x + 1) * factor).min(self.width) {
                    let first = (y as usize * self.width as usize + x as usize) * 4;
                    for (sum, channel) in sums.iter_mut().zip(&self.rgba[first..]) {
                        *sum += u32::from(*channel);
                    }
                    count += 1;
                }
            }
            sums.map(|sum| (sum / count) as u8)
        })
    }
}

impl From<&Grey28> for RgbaImage {
    /// The 28x28 image, opaque.
    fn from(grey: &Grey28) -> Self {
        let rgba = grey.pixels().iter().flat_map(|&p| [p, p, p, 255]);
        Self {
            width: SIDE as u32,
            height: SIDE as u32,
            rgba: rgba.collect(),
        }
    }
}

/// Without the pixels, which would be too long.
impl core::fmt::Debug for RgbaImage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RgbaImage({} x {})", self.width, self.height)
    }
}

/// The deserialised fields, before the number of bytes is checked.
#[derive(Deserialize)]
struct Unchecked {
    width: u32,
    height: u32,
    #[serde(with = "serde_bytes")]
    rgba: Vec<u8>,
}

impl TryFrom<Unchecked> for RgbaImage {
    type Error = &'static str;

    fn try_from(image: Unchecked) -> Result<Self, Self::Error> {
        Self::new(image.width, image.height, image.rgba)
            .ok_or("an image whose number of bytes does not fit its size")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn rejects_bytes_that_do_not_fit_the_size() {
        for (width, height) in [(20, 21), (u32::MAX, u32::MAX), (0, 5)] {
            assert!(RgbaImage::new(width, height, vec![0; 20 * 20 * 4]).is_none());
        }
        assert!(RgbaImage::new(20, 20, vec![0; 20 * 20 * 4]).is_some());
        assert!(RgbaImage::new(0, 5, Vec::new()).is_some_and(|image| image.is_empty()));
    }

    #[test]
    fn the_limits_are_inclusive_and_do_not_overflow() {
        for (width, height, expected) in [
            (MAX_SIDE, 2_500, true),
            (MAX_SIDE, 2_501, false),
            (MAX_SIDE + 1, 1, false),
            (u32::MAX, u32::MAX, false),
        ] {
            assert_eq!(is_size_supported(width, height), expected);
        }
    }

    #[test]
    fn deserialisation_rejects_bytes_that_do_not_fit_the_size() {
        let image = Unchecked {
            width: 1,
            height: 2,
            rgba: vec![0; 4],
        };
        assert!(RgbaImage::try_from(image).is_err());
    }

    #[test]
    fn pixels_are_row_by_row() {
        let image = RgbaImage::from_fn(3, 2, |x, y| [x as u8, y as u8, 7, 255]);
        assert_eq!(image.pixels()[4], [1, 1, 7, 255]);
        assert_eq!(image.rgba()[16..18], [1, 1]);
        assert_eq!(RgbaImage::new(3, 2, image.rgba().to_vec()), Some(image));
    }

    #[test]
    fn downscaling_averages_squares_and_the_last_may_be_narrower() {
        let image = RgbaImage::from_fn(3, 2, |x, y| {
            let red = [[10, 30, 90], [10, 30, 50]][y as usize][x as usize];
            [red, 0, 0, 255]
        });
        let small = image.clone().downscaled(2);
        assert_eq!((small.width(), small.height()), (2, 1));
        assert_eq!(small.pixels(), [[20, 0, 0, 255], [70, 0, 0, 255]]);
        assert_eq!(image.clone().downscaled(3), image);
    }
}
