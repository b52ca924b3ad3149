//! The picture every model sees, and the one place where pixels become numbers.

mod rgba;

use alloc::boxed::Box;

pub use rgba::RgbaImage;

/// Pixels along each side.
pub const SIDE: usize = 28;
/// Pixels in a picture.
pub const PIXELS: usize = SIDE * SIDE;

/// Mean of the 60,000 training images' pixels, of 255.
pub const MEAN: f32 = 72.94;
/// Standard deviation of the training images' pixels, of 255.
pub const STANDARD_DEVIATION: f32 = 90.02;

/// A 28x28 grey picture in the data set's polarity: garment bright, background 0.
///
/// # Shapes
/// Row-major, `[28, 28]`, 8 bits a pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Grey28(Box<[u8; PIXELS]>);

impl Grey28 {
    /// Takes the pixels as they are.
    pub fn new(pixels: [u8; PIXELS]) -> Self {
        Self(Box::new(pixels))
    }

    /// Takes 784 bytes; `None` for any other length.
    pub fn from_slice(pixels: &[u8]) -> Option<Self> {
        Some(Self::new(pixels.try_into().ok()?))
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[u8; PIXELS] {
        &self.0
    }

    /// The models' input: each pixel standardised by the training set's mean and deviation.
    ///
    /// # Shapes
    /// `[28 * 28]`, row-major.
    pub fn standardised(&self) -> [f32; PIXELS] {
        self.0.map(standardise)
    }
}

/// One pixel as the models see it.
pub fn standardise(pixel: u8) -> f32 {
    (f32::from(pixel) - MEAN) / STANDARD_DEVIATION
}

impl core::fmt::Debug for Grey28 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mean = self.0.iter().map(|&p| u32::from(p)).sum::<u32>() / PIXELS as u32;
        write!(f, "Grey28(mean {mean})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_784_bytes_make_a_picture() {
        assert!(Grey28::from_slice(&[0; PIXELS]).is_some());
        assert!(Grey28::from_slice(&[0; PIXELS - 1]).is_none());
    }

    #[test]
    fn the_mean_becomes_zero_and_a_deviation_becomes_one() {
        let below = standardise(72);
        let above = standardise(73);
        assert!(below < 0.0 && above > 0.0);
        assert!((standardise(163) - 1.0).abs() < 0.01);
    }
}
