//! What the classical models see of a picture: gradient histograms at three scales, and the pixels themselves.

pub mod hog;

use alloc::vec::Vec;
use core::cell::OnceCell;

use crate::image::{Grey28, PIXELS};

/// How many numbers describe a picture.
pub const DIMENSIONS: usize = hog::DIMENSIONS + PIXELS;

/// A pixel's weight beside the histograms, chosen on the validation split.
const PIXEL_WEIGHT: f32 = 0.35;

/// A picture's description: the histograms of [`hog`], then its pixels, each 0 to 0.35.
///
/// # Shapes
/// `[DIMENSIONS]`
pub fn extract(picture: &Grey28) -> Vec<f32> {
    let mut features = hog::descriptor(picture);
    let pixels = picture.pixels().iter();
    features.extend(pixels.map(|&p| f32::from(p) * (PIXEL_WEIGHT / 255.0)));
    features
}

/// A picture on its way through the models, which share its features.
#[derive(Clone, Debug)]
pub struct Sample {
    grey: Grey28,
    features: OnceCell<Vec<f32>>,
}

impl Sample {
    /// Takes the picture; its features are made when first asked for.
    pub fn new(grey: Grey28) -> Self {
        Self {
            grey,
            features: OnceCell::new(),
        }
    }

    /// The picture.
    pub fn grey(&self) -> &Grey28 {
        &self.grey
    }

    /// The picture's features, made once.
    ///
    /// # Shapes
    /// `[DIMENSIONS]`.
    pub fn features(&self) -> &[f32] {
        self.features.get_or_init(|| extract(&self.grey))
    }
}
