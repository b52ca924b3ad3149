//! The 28x28 grey image that is the models' input, and its standardisation.

use alloc::boxed::Box;

/// The side of an image, in pixels.
pub const SIDE: usize = 28;
/// The number of pixels of an image.
pub const PIXELS: usize = SIDE * SIDE;

/// The mean of the pixels of the 60,000 training images, 0 to 255.
pub const MEAN: f32 = 72.94;
/// The standard deviation of the training images' pixels.
pub const STANDARD_DEVIATION: f32 = 90.02;

/// A 28x28 grey image in the data set's polarity: bright garment, background 0.
///
/// # Shapes
/// `[28, 28]`, row-major, 8 bits per pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Grey28(Box<[u8; PIXELS]>);

impl Grey28 {
    /// An image with these pixels.
    pub fn new(pixels: [u8; PIXELS]) -> Self {
        Self(Box::new(pixels))
    }

    /// An image with these pixels; `None` unless there are 784.
    pub fn from_slice(pixels: &[u8]) -> Option<Self> {
        Some(Self::new(pixels.try_into().ok()?))
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[u8; PIXELS] {
        &self.0
    }

    /// The networks' input: each pixel standardised.
    ///
    /// # Shapes
    /// `[28 * 28]`, row-major.
    pub fn standardised(&self) -> [f32; PIXELS] {
        self.0.map(standardise)
    }
}

/// A pixel minus [`MEAN`], divided by [`STANDARD_DEVIATION`].
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
    fn rejects_other_lengths_than_784() {
        assert!(Grey28::from_slice(&[0; PIXELS]).is_some());
        assert!(Grey28::from_slice(&[0; PIXELS - 1]).is_none());
    }

    #[test]
    fn standardising_gives_mean_zero_and_deviation_one() {
        let below = standardise(72);
        let above = standardise(73);
        assert!(below < 0.0 && above > 0.0);
        assert!((standardise(163) - 1.0).abs() < 0.01);
    }
}
