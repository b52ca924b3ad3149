//! The features of the classical models: HOG descriptors at three scales, and the pixels.

pub mod hog;
pub mod orientation;
pub mod place;

use alloc::vec::Vec;
use core::cell::OnceCell;

use crate::image::{Grey28, PIXELS, SIDE};
use orientation::{is_mirrored, mirrored};
pub use place::FeaturePlace;

/// The length of a feature vector.
pub const DIMENSIONS: usize = hog::DIMENSIONS + PIXELS;

/// The weight of the pixels relative to HOG, chosen on the validation split.
const PIXEL_WEIGHT: f32 = 0.35;

/// The feature vector of an image, after it was made to face the way most training images do (see [`orientation`]): the
/// descriptor of [`hog`], then the pixels, 0 to 0.35.
///
/// # Shapes
/// `[DIMENSIONS]`.
pub fn extract(image: &Grey28) -> Vec<f32> {
    Sample::new(image.clone()).extract()
}

/// An image with its features, which are computed once and shared by the models.
#[derive(Clone, Debug)]
pub struct Sample {
    grey: Grey28,
    is_mirrored: bool,
    features: OnceCell<Vec<f32>>,
}

impl Sample {
    /// A sample of an image. The features are computed at the first call of [`features`](Self::features).
    pub fn new(grey: Grey28) -> Self {
        let is_mirrored = is_mirrored(&grey);
        Self {
            grey,
            is_mirrored,
            features: OnceCell::new(),
        }
    }

    /// A sample of this image with some pixels changed. Its features face the same way, so that they can be compared.
    pub fn with_image(&self, grey: Grey28) -> Self {
        Self {
            grey,
            is_mirrored: self.is_mirrored,
            features: OnceCell::new(),
        }
    }

    /// The image.
    pub fn grey(&self) -> &Grey28 {
        &self.grey
    }

    /// Whether the features are those of the mirror image, which faces the way most training images do.
    pub fn is_mirrored(&self) -> bool {
        self.is_mirrored
    }

    /// The features.
    ///
    /// # Shapes
    /// `[DIMENSIONS]`.
    pub fn features(&self) -> &[f32] {
        self.features.get_or_init(|| self.extract())
    }

    /// Lays a value of each feature back on the pixels that the feature was computed from: a HOG feature's in proportion to
    /// what each pixel adds to its cell's histogram, a pixel's on the pixel. The sum stays the same, except for values of
    /// features that are 0.
    ///
    /// # Shapes
    /// `[DIMENSIONS]` to `[28 * 28]`, row-major.
    pub fn on_pixels(&self, values: &[f32]) -> Vec<f32> {
        let image = if self.is_mirrored {
            &mirrored(&self.grey)
        } else {
            &self.grey
        };
        let (descriptor, pixels) = values.split_at(hog::DIMENSIONS);
        let mut sums = hog::on_pixels(image, descriptor);
        for (sum, value) in sums.iter_mut().zip(pixels) {
            *sum += value;
        }
        if self.is_mirrored {
            for row in sums.chunks_exact_mut(SIDE) {
                row.reverse();
            }
        }
        sums
    }

    fn extract(&self) -> Vec<f32> {
        if self.is_mirrored {
            extract_as_is(&mirrored(&self.grey))
        } else {
            extract_as_is(&self.grey)
        }
    }
}

/// The feature vector of an image as it is.
fn extract_as_is(image: &Grey28) -> Vec<f32> {
    let mut features = hog::descriptor(image);
    let pixels = image.pixels().iter();
    features.extend(pixels.map(|&p| f32::from(p) * (PIXEL_WEIGHT / 255.0)));
    features
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::SIDE;

    #[test]
    fn an_image_and_its_mirror_image_have_the_same_features() {
        let image = Grey28::new(core::array::from_fn(|i| {
            let (x, y) = (i % SIDE, i / SIDE);
            (x * 9 * usize::from(y > 8) + y) as u8
        }));
        assert_eq!(extract(&image), extract(&mirrored(&image)));
    }

    #[test]
    fn a_changed_image_faces_the_same_way() {
        let left = Grey28::new(core::array::from_fn(|i| if i % SIDE < 9 { 200 } else { 0 }));
        let right = mirrored(&left);
        assert_ne!(
            Sample::new(left.clone()).is_mirrored,
            Sample::new(right.clone()).is_mirrored
        );
        let changed = Sample::new(left.clone()).with_image(right.clone());
        assert_ne!(changed.features(), Sample::new(right).features());
    }
}
