//! The data that models are trained on: Fashion-MNIST, and optionally photos.

use crate::data::DataSet;
use crate::data::split::{Split, VALIDATION, split};
use crate::photos::photo_set::PhotoSet;

/// Fashion-MNIST, with photos if a folder of them was given.
#[derive(Clone, Debug)]
pub struct TrainingData {
    pub fashion_mnist: DataSet,
    pub photos: Option<PhotoSet>,
}

impl TrainingData {
    /// Training and validation examples, with this many variants of each photo among the training examples. The validation
    /// split is Fashion-MNIST only.
    pub fn split(&self, variants: usize) -> Split {
        let mut parts = split(&self.fashion_mnist.train, VALIDATION);
        if let Some(photos) = &self.photos {
            let photos = photos.training_examples(variants);
            parts.photo_variants = photos.len();
            parts.train.extend(photos);
        }
        parts
    }
}
