//! The answer to an image: what the vote, the novelty detector and, for a photo, the photo network say together.

use super::classifier::argmax;
use super::photo_class::{PHOTO_CLASSES, PhotoClass};
use crate::garment::{CLASSES, Garment};

/// The name in the output of `trainer predict` and in exports.
pub const NAME: &str = "answer";
/// The weight of the photo network in the probabilities; the rest is the vote's. Chosen on the validation photos, nearly all of which are
/// scenes.
const PHOTO_WEIGHT: f32 = 0.85;
/// The same for a photo on a plain background: Fashion-MNIST was made from such photos, so the seven models know them better.
const PLAIN_PHOTO_WEIGHT: f32 = 0.3;
/// When a photo is known.
struct Limits {
    /// The least probability that the photo network gives the ten classes together.
    known: f32,
    /// The least probability that it gives one of them.
    largest: f32,
}

impl Limits {
    /// `is_accepted` is what the novelty detector says.
    fn new(is_accepted: bool, is_plain: bool) -> Self {
        let (known, largest) = match (is_accepted, is_plain) {
            // Whether such a photo shows a garment is what the detector was fitted to.
            (true, true) => (0.15, 0.0),
            (true, false) => (0.5, 0.35),
            (false, _) => (0.5, 0.6),
        };
        Self { known, largest }
    }
}

/// The answer to an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The class: one of Fashion-MNIST's, or a hat, shorts or a skirt. Where the image is not known otherwise, the closest one.
    pub class: PhotoClass,
    /// Whether the image shows one of the ten classes.
    pub is_known: bool,
    /// Of the ten classes, in label order; their sum is 1.
    pub probabilities: [f32; CLASSES],
    /// The probability of the class: among the ten classes, or for a hat, shorts or a skirt the photo network's.
    pub confidence: f32,
}

impl Answer {
    /// The answer without the photo network: the vote's, known if the novelty detector accepts the image.
    pub fn from_vote(vote: &[f32; CLASSES], is_accepted: bool) -> Self {
        Self {
            class: PhotoClass::Garment(Garment::ALL[argmax(vote)]),
            is_known: is_accepted,
            probabilities: *vote,
            confidence: vote[argmax(vote)],
        }
    }

    /// The answer to a photo, with the photo network's probabilities. `is_plain` says that its background is plain.
    pub fn from_photo(
        vote: &[f32; CLASSES],
        is_accepted: bool,
        photo: &[f32; PHOTO_CLASSES],
        is_plain: bool,
    ) -> Self {
        let weight = if is_plain {
            PLAIN_PHOTO_WEIGHT
        } else {
            PHOTO_WEIGHT
        };
        let limits = Limits::new(is_accepted, is_plain);
        let garments: [f32; CLASSES] = core::array::from_fn(|class| photo[class]);
        let sum: f32 = garments.iter().sum();
        let probabilities = core::array::from_fn(|class| {
            let own = garments[class] / sum.max(f32::MIN_POSITIVE);
            weight * own + (1.0 - weight) * vote[class]
        });
        let largest = garments[argmax(&garments)];
        let is_known = sum >= limits.known && largest >= limits.largest;
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
            .filter(|class| !is_known && photo[class.index()] > largest)
            .filter(|class| photo[class.index()] >= photo[PhotoClass::Other.index()])
            .unwrap_or(closest);
        Self {
            class,
            is_known,
            confidence: match class {
                PhotoClass::Garment(garment) => probabilities[garment.index()],
                other => photo[other.index()],
            },
            probabilities,
        }
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
        let answer = Answer::from_photo(&vote(Garment::Coat), false, &photo, false);
        assert_eq!(answer.class.garment(), Some(Garment::Dress));
        assert!(answer.is_known && answer.confidence > 0.7);
        assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn on_a_plain_background_the_vote_weighs_more() {
        let photo = photo(PhotoClass::Garment(Garment::Dress));
        let answer = Answer::from_photo(&vote(Garment::Coat), true, &photo, true);
        assert_eq!(answer.class.garment(), Some(Garment::Coat));
        assert!(answer.is_known);
    }

    #[test]
    fn an_unsure_photo_network_leaves_it_to_the_detector() {
        let mut photo = [0.03; PHOTO_CLASSES];
        photo[Garment::Shirt.index()] = 0.4;
        photo[Garment::Coat.index()] = 0.24;
        for is_accepted in [false, true] {
            let answer = Answer::from_photo(&vote(Garment::Shirt), is_accepted, &photo, false);
            assert_eq!(answer.is_known, is_accepted);
            assert_eq!(answer.class.garment(), Some(Garment::Shirt));
        }
    }

    #[test]
    fn a_hat_is_named_and_not_known() {
        let answer = Answer::from_photo(&vote(Garment::Bag), true, &photo(PhotoClass::Hat), false);
        assert_eq!((answer.class, answer.is_known), (PhotoClass::Hat, false));
        assert_eq!(answer.confidence, 0.87);
    }

    #[test]
    fn something_else_has_a_closest_class() {
        let answer =
            Answer::from_photo(&vote(Garment::Bag), true, &photo(PhotoClass::Other), false);
        assert_eq!(answer.class.garment(), Some(Garment::Bag));
        assert!(!answer.is_known);
    }
}
