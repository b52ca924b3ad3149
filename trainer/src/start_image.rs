//! The image that the page opens with: a test image about which the seven models disagree.

use serde::{Deserialize, Serialize};
use shared::{Garment, ModelId};

use crate::data::Examples;
use crate::manifest::Metrics;

/// A test image, as the page reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartImage {
    /// Its index in the test set.
    pub index: usize,
    /// Its true class.
    pub label: String,
    /// Its 784 pixels, row by row, two hexadecimal digits each.
    pub pixels: String,
}

impl StartImage {
    /// Of the images that the ensemble classifies correctly, the one for which the models predict the most different classes; of
    /// several, the one whose class the fewest models predict, then the first. `None` if the metrics are not those of these images.
    pub fn choose(test: &Examples, models: &[Metrics], ensemble: &Metrics) -> Option<Self> {
        let predictions: Vec<&[u8]> = models.iter().map(|m| m.answers.as_bytes()).collect();
        let ensemble = ensemble.answers.as_bytes();
        let is_whole = |answers: &[u8]| answers.len() == test.len();
        if models.len() != ModelId::ALL.len()
            || !is_whole(ensemble)
            || !predictions.iter().all(|p| is_whole(p))
        {
            return None;
        }
        let correct = (0..test.len()).filter(|&i| ensemble[i] == digit(test.labels[i]));
        let index = correct.min_by_key(|&i| {
            let mut classes: Vec<u8> = predictions.iter().map(|p| p[i]).collect();
            let agreeing = classes.iter().filter(|c| **c == ensemble[i]).count();
            classes.sort_unstable();
            classes.dedup();
            (usize::MAX - classes.len(), agreeing, i)
        })?;
        let pixels = test.images[index].pixels();
        Some(Self {
            index,
            label: test.labels[index].label().into(),
            pixels: pixels.iter().map(|pixel| format!("{pixel:02x}")).collect(),
        })
    }
}

/// The class as it is in [`Metrics::answers`].
fn digit(garment: Garment) -> u8 {
    b'0' + garment.index() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights_store::WeightsStore;
    use shared::Grey28;
    use shared::image::PIXELS;
    use shared::model::ensemble;

    fn metrics(answers: &str) -> Metrics {
        Metrics {
            model: String::new(),
            confusion: Default::default(),
            classes: Vec::new(),
            answers: answers.into(),
            epochs: Vec::new(),
        }
    }

    fn test_set(labels: &[Garment]) -> Examples {
        let image = |i: usize| Grey28::new([i as u8; PIXELS]);
        Examples {
            images: (0..labels.len()).map(image).collect(),
            labels: labels.to_vec(),
        }
    }

    #[test]
    fn the_most_disputed_image_that_the_ensemble_classifies_correctly_is_chosen() {
        let test = test_set(&[Garment::Bag; 4]);
        // Each string is one model's predictions for the four images: one class for the first, five classes for the second and the
        // fourth, and seven for the third.
        let models: Vec<Metrics> = ["8888", "8818", "8821", "8132", "8243", "8354", "8461"]
            .map(metrics)
            .into();
        let chosen = |ensemble: &str| StartImage::choose(&test, &models, &metrics(ensemble));
        let third = chosen("8888").unwrap();
        assert_eq!((third.index, third.label.as_str()), (2, "Bag"));
        assert_eq!(third.pixels, "02".repeat(PIXELS));
        // The fourth image's class is predicted by two models, the second's by three.
        assert_eq!(chosen("8808").unwrap().index, 3);
        assert_eq!(chosen("8800").unwrap().index, 1);
        assert!(chosen("0000").is_none());
        assert!(StartImage::choose(&test, &models, &metrics("888")).is_none());
        assert!(StartImage::choose(&test, &models[..6], &metrics("8888")).is_none());
    }

    /// The committed image follows from the committed metrics: its class and its predictions are looked up in them.
    #[test]
    fn the_committed_image_is_the_one_of_the_committed_metrics() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let text = std::fs::read_to_string(format!("{root}/web/assets/start.json")).unwrap();
        let committed: StartImage = serde_json::from_str(&text).unwrap();
        let store = WeightsStore::new(format!("{root}/weights"));
        let models = ModelId::ALL.map(|m| store.metrics(m.name()).unwrap());
        let ensemble = store.metrics(ensemble::NAME).unwrap();
        let test = crate::data::source::load(None).unwrap().test;
        assert_eq!(
            StartImage::choose(&test, &models, &ensemble).unwrap(),
            committed,
            "run `cargo run -p trainer -- gallery`"
        );
    }
}
