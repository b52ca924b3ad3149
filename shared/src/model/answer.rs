//! The answer to an image: what the vote, the novelty detector and, for a photo, the photo network say together.

use super::classifier::argmax;
use super::photo_class::{PHOTO_CLASSES, PhotoClass};
use crate::garment::{CLASSES, Garment};

/// The name in the output of `trainer predict` and in exports.
pub const NAME: &str = "answer";
/// The weight of the photo network in the probabilities; the rest is the vote's. Chosen on the validation photos.
const PHOTO_WEIGHT: f32 = 0.85;
/// A photo is known where the photo network gives the ten classes at least this probability together.
const MIN_KNOWN: f32 = 0.5;
/// Where the novelty detector refuses a photo, it is known only if the photo network gives one class at least this probability.
const MIN_CONFIDENCE: f32 = 0.6;

/// The answer to an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The class: one of Fashion-MNIST's, or a hat, shorts or a skirt. Where the image is not known otherwise, the closest one.
    pub class: PhotoClass,
    /// Whether the image shows one of the ten classes.
    pub is_known: bool,
    /// Of the ten classes, in label order; their sum is 1.
    pub probabilities: [f32; CLASSES],
}

impl Answer {
    /// The answer without the photo network: the vote's, known if the novelty detector accepts the image.
    pub fn from_vote(vote: &[f32; CLASSES], is_accepted: bool) -> Self {
        Self {
            class: PhotoClass::Garment(Garment::ALL[argmax(vote)]),
            is_known: is_accepted,
            probabilities: *vote,
        }
    }

    /// The answer to a photo, with the photo network's probabilities.
    pub fn from_photo(
        vote: &[f32; CLASSES],
        is_accepted: bool,
        photo: &[f32; PHOTO_CLASSES],
    ) -> Self {
        let garments: [f32; CLASSES] = core::array::from_fn(|class| photo[class]);
        let sum: f32 = garments.iter().sum();
        let probabilities = core::array::from_fn(|class| {
            let own = garments[class] / sum.max(f32::MIN_POSITIVE);
            PHOTO_WEIGHT * own + (1.0 - PHOTO_WEIGHT) * vote[class]
        });
        let confidence = garments[argmax(&garments)];
        let is_known = sum >= MIN_KNOWN && (is_accepted || confidence >= MIN_CONFIDENCE);
        let closest = PhotoClass::Garment(Garment::ALL[argmax(&probabilities)]);
        let named = [PhotoClass::Hat, PhotoClass::Shorts, PhotoClass::Skirt];
        let named = named.into_iter().reduce(|a, b| {
            if photo[b.index()] > photo[a.index()] {
                b
            } else {
                a
            }
        });
        let class = named
            .filter(|class| !is_known && photo[class.index()] > confidence)
            .filter(|class| photo[class.index()] >= photo[PhotoClass::Other.index()])
            .unwrap_or(closest);
        Self {
            class,
            is_known,
            probabilities,
        }
    }

    /// The probability of the class; for a hat, shorts or a skirt that of the most likely garment.
    pub fn confidence(&self) -> f32 {
        self.probabilities[argmax(&self.probabilities)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(garment: Garment) -> [f32; CLASSES] {
        let mut vote = [0.02; CLASSES];
        vote[garment.index()] = 0.82;
        vote
    }

    /// The class has nearly all of the probability.
    fn photo(class: PhotoClass) -> [f32; PHOTO_CLASSES] {
        let mut photo = [0.01; PHOTO_CLASSES];
        photo[class.index()] = 0.87;
        photo
    }

    #[test]
    fn a_sure_photo_network_outvotes_the_vote_and_the_detector() {
        let photo = photo(PhotoClass::Garment(Garment::Dress));
        let answer = Answer::from_photo(&vote(Garment::Coat), false, &photo);
        assert_eq!(answer.class.garment(), Some(Garment::Dress));
        assert!(answer.is_known && answer.confidence() > 0.7);
        assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn an_unsure_photo_network_leaves_it_to_the_detector() {
        let mut photo = [0.03; PHOTO_CLASSES];
        photo[Garment::Shirt.index()] = 0.4;
        photo[Garment::Coat.index()] = 0.24;
        for is_accepted in [false, true] {
            let answer = Answer::from_photo(&vote(Garment::Shirt), is_accepted, &photo);
            assert_eq!(answer.is_known, is_accepted);
            assert_eq!(answer.class.garment(), Some(Garment::Shirt));
        }
    }

    #[test]
    fn a_hat_is_named_and_not_known() {
        let answer = Answer::from_photo(&vote(Garment::Bag), true, &photo(PhotoClass::Hat));
        assert_eq!((answer.class, answer.is_known), (PhotoClass::Hat, false));
    }

    #[test]
    fn something_else_has_a_closest_class() {
        let answer = Answer::from_photo(&vote(Garment::Bag), true, &photo(PhotoClass::Other));
        assert_eq!(answer.class.garment(), Some(Garment::Bag));
        assert!(!answer.is_known);
    }
}
