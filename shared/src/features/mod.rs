//! The features of the classical models: HOG descriptors at three scales, and the pixels.

pub mod hog;

use alloc::vec::Vec;
use core::cell::OnceCell;

use crate::image::{Grey28, PIXELS};

/// The length of a feature vector.
pub const DIMENSIONS: usize = hog::DIMENSIONS + PIXELS;

/// The weight of the pixels relative to HOG, chosen on the validation split.
const PIXEL_WEIGHT: f32 = 0.35;

/// The feature vector of an image: the descriptor of [`hog`], then the pixels, 0 to 0.35.
///
/// # Shapes
/// `[DIMENSIONS]`.
pub fn extract(image: &Grey28) -> Vec<f32> {
    let mut features = hog::descriptor(image);
    let pixels = image.pixels().iter();
    features.extend(pixels.map(|&p| f32::from(p) * (PIXEL_WEIGHT / 255.0)));
    features
}

/// An image with its features, which are computed once and shared by the models.
#[derive(Clone, Debug)]
pub struct Sample {
    grey: Grey28,
    features: OnceCell<Vec<f32>>,
}

impl Sample {
    /// A sample of an image. The features are computed at the first call of [`features`](Self::features).
    pub fn new(grey: Grey28) -> Self {
        Self {
            grey,
            features: OnceCell::new(),
        }
    }

    /// The image.
    pub fn grey(&self) -> &Grey28 {
        &self.grey
    }

    /// The features.
    ///
    /// # Shapes
    /// `[DIMENSIONS]`.
    pub fn features(&self) -> &[f32] {
        self.features.get_or_init(|| extract(&self.grey))
    }
}
