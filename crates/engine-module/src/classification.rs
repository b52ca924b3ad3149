//! The result for an image from all loaded models: each prediction, the vote, and the answer of the page's headline.

use shared::garment::CLASSES;
use shared::model::{Answer, PHOTO_CLASSES};
use shared::{LoadedModels, Prediction, Sample};

use crate::prepared_image::PreparedImage;

/// The predictions for an image.
pub struct Classification {
    /// Of the loaded ones of the seven models, in the order in which they are shown.
    pub predictions: Vec<Prediction>,
    /// In label order; `None` without the vote's weights.
    pub vote: Option<[f32; CLASSES]>,
    /// Whether the novelty detector accepts the image; `None` without its weights.
    pub is_known: Option<bool>,
    /// The photo network's probabilities; `None` without its weights, and where the image is used as it is.
    pub photo: Option<[f32; PHOTO_CLASSES]>,
    /// `None` without the vote or the novelty detector.
    pub answer: Option<Answer>,
}

impl Classification {
    /// Classifies an image with all loaded models.
    pub fn new(models: &mut LoadedModels, image: &PreparedImage) -> Self {
        let sample = Sample::new(image.grey.clone());
        let names: Vec<_> = models.models().collect();
        let predict = |model| {
            Some(
                models
                    .classifier(model)
                    .ok()?
                    .classifier()
                    .classify(&sample),
            )
        };
        let predictions: Vec<_> = names.into_iter().filter_map(predict).collect();
        let ensemble = models.ensemble().ok();
        let vote = ensemble.and_then(|ensemble| ensemble.combine(&predictions));
        let is_known = models.novelty().ok().map(|n| n.is_known(&sample));
        let network = models.photo_network().ok();
        let photo = network.and_then(|network| Some(network.classify(&image.square()?)));
        let answer = vote.zip(is_known).map(|(vote, is_known)| match &photo {
            Some(photo) => Answer::from_photo(&vote, is_known, photo, image.is_plain),
            None => Answer::from_vote(&vote, is_known),
        });
        Self {
            predictions,
            vote,
            is_known,
            photo,
            answer,
        }
    }
}
