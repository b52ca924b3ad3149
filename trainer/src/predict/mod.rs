//! Predictions for image files, with the same steps as in the browser.

mod error;
pub mod folder_walk;
pub mod heat_map_sheet;
mod image_source;
mod label_font;
mod png_rows;
mod prepared_file;
pub mod printable;

use std::time::Instant;

use serde::Serialize;
use shared::garment::CLASSES;
use shared::model::{
    Answer, Ensemble, NoveltyDetector, PHOTO_CLASSES, PhotoClass, answer, argmax, ensemble,
    photo_network,
};
use shared::plan::photo::PhotoNetwork;
use shared::{AnyClassifier, Garment, ModelId, Prediction, Sample};

use crate::weights_store::WeightsStore;
pub use error::PredictError;
pub use image_source::STANDARD_INPUT;
pub use prepared_file::{ImageFile, PreparedFile};

/// A prediction as a line of JSON.
#[derive(Debug, Serialize)]
pub struct PredictionLine<'a> {
    /// The path; `path#3` for the third image of a file that holds several.
    pub file: &'a str,
    /// A model's name, the ensemble's, `photo` for the photo network, or `answer` for what the page's headline says.
    pub model: &'static str,
    /// One of the ten classes; of the photo network also `Hat`, `Shorts`, `Skirt` and `Something else`, of the answer the first
    /// three of them.
    pub label: &'static str,
    pub confidence: f32,
    /// Whether the image shows one of the ten classes: for the seven models what the novelty detector says, for the photo network what
    /// it says itself, for the answer what the page says.
    pub known: bool,
    /// In label order. Of the photo network, they and `others` together have the sum 1.
    pub probabilities: [f32; CLASSES],
    /// The photo network's probabilities of its other classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<OtherProbabilities>,
    /// The time of the model alone, in microseconds; for the ensemble, of all seven models and their shared features; for the answer, of all
    /// together.
    pub micros: u64,
}

/// The photo network's probabilities of what is none of the ten classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OtherProbabilities {
    #[serde(rename = "Hat")]
    pub hat: f32,
    #[serde(rename = "Shorts")]
    pub shorts: f32,
    #[serde(rename = "Skirt")]
    pub skirt: f32,
    #[serde(rename = "Something else")]
    pub something_else: f32,
}

/// The error of a file, as a line of JSON.
#[derive(Debug, Serialize)]
pub struct ErrorLine<'a> {
    pub file: &'a str,
    pub error: String,
}

/// The models that make predictions, and the novelty detector.
pub struct Predictor {
    classifiers: Vec<AnyClassifier>,
    /// If all seven models are loaded.
    ensemble: Option<Ensemble>,
    novelty: NoveltyDetector,
    /// If all seven models are loaded, and there are weights of it.
    photo_network: Option<PhotoNetwork>,
}

/// All predictions for one image.
pub struct ImagePredictions {
    /// Of each model. If all seven models are loaded, also of the ensemble and, for a photo, of the photo network; and the answer last.
    pub predictions: Vec<NamedPrediction>,
    /// Whether the answer is that the image shows one of the ten classes.
    pub known: bool,
    /// If the novelty detector refuses it: degrees, clockwise, by which the image can be rotated so that it does.
    pub rotation: Option<u16>,
}

/// The prediction of a model, of the ensemble or of the photo network, or the answer; see [`PredictionLine`].
#[derive(Clone, Copy, Debug)]
pub struct NamedPrediction {
    pub name: &'static str,
    pub class: PhotoClass,
    pub confidence: f32,
    pub is_known: bool,
    pub probabilities: [f32; CLASSES],
    pub others: Option<OtherProbabilities>,
    pub micros: u64,
}

impl Predictor {
    /// Loads the models' weights, and the ensemble's if these are all seven models.
    ///
    /// # Errors
    /// A file is missing, damaged or of another model.
    pub fn load(store: &WeightsStore, models: &[ModelId]) -> Result<Self, PredictError> {
        let classifiers = models
            .iter()
            .map(|&model| Ok(AnyClassifier::new(model, &store.artifact(model)?)?))
            .collect::<Result<_, PredictError>>()?;
        let has_all = models.len() == ModelId::ALL.len();
        Ok(Self {
            classifiers,
            ensemble: has_all.then(|| store.ensemble()).transpose()?,
            novelty: store.novelty()?,
            photo_network: if has_all {
                store.photo_network()?
            } else {
                None
            },
        })
    }

    /// Predicts with every model and the ensemble. `on_prediction` is called after each model's prediction, for example to
    /// compute its heat map.
    pub fn predict(
        &mut self,
        file: &PreparedFile,
        mut on_prediction: impl FnMut(&mut AnyClassifier, &Sample, Prediction),
    ) -> ImagePredictions {
        let sample = Sample::new(file.prepared.grey.clone());
        let is_known = self.novelty.is_known(&sample);
        let started = Instant::now();
        let needs_features = |c: &mut AnyClassifier| !c.classifier().id().is_deep();
        if self.classifiers.iter_mut().any(needs_features) {
            sample.features();
        }
        let mut total = started.elapsed().as_micros() as u64;
        let mut predictions = Vec::new();
        let mut of_models = Vec::new();
        for classifier in &mut self.classifiers {
            let started = Instant::now();
            let prediction = classifier.classifier().classify(&sample);
            let micros = started.elapsed().as_micros() as u64;
            total += micros;
            of_models.push(prediction);
            let name = prediction.model.name();
            predictions.push(NamedPrediction::new(
                name,
                &prediction.probabilities,
                is_known,
                micros,
            ));
            on_prediction(classifier, &sample, prediction);
        }
        if let Some(ensemble) = &self.ensemble {
            let vote = ensemble.combine(&of_models);
            let vote = vote.expect("invariant: all seven models are loaded");
            predictions.push(NamedPrediction::new(ensemble::NAME, &vote, is_known, total));
            let network = self.photo_network.as_mut().zip(file.square.as_ref());
            let answer = match network {
                None => Answer::from_vote(&vote, is_known),
                Some((network, square)) => {
                    let started = Instant::now();
                    let photo = network.classify(square);
                    let micros = started.elapsed().as_micros() as u64;
                    total += micros;
                    predictions.push(NamedPrediction::from_photo_network(&photo, micros));
                    Answer::from_photo(&vote, is_known, &photo, file.prepared.is_plain)
                }
            };
            predictions.push(NamedPrediction {
                name: answer::NAME,
                class: answer.class,
                confidence: answer.confidence,
                is_known: answer.is_known,
                probabilities: answer.probabilities,
                others: None,
                micros: total,
            });
        }
        let rotation = if is_known {
            None
        } else {
            self.novelty.known_rotation(&sample)
        };
        ImagePredictions {
            known: predictions
                .last()
                .map_or(is_known, |answer| answer.is_known),
            predictions,
            rotation,
        }
    }
}

impl NamedPrediction {
    /// A prediction of the ten classes only.
    fn new(
        name: &'static str,
        probabilities: &[f32; CLASSES],
        is_known: bool,
        micros: u64,
    ) -> Self {
        let best = argmax(probabilities);
        Self {
            name,
            class: PhotoClass::Garment(Garment::ALL[best]),
            confidence: probabilities[best],
            is_known,
            probabilities: *probabilities,
            others: None,
            micros,
        }
    }

    fn from_photo_network(photo: &[f32; PHOTO_CLASSES], micros: u64) -> Self {
        let class = PhotoClass::most_likely(photo);
        let of = |class: PhotoClass| photo[class.index()];
        Self {
            name: photo_network::NAME,
            class,
            confidence: of(class),
            is_known: class.garment().is_some(),
            probabilities: core::array::from_fn(|i| photo[i]),
            others: Some(OtherProbabilities {
                hat: of(PhotoClass::Hat),
                shorts: of(PhotoClass::Shorts),
                skirt: of(PhotoClass::Skirt),
                something_else: of(PhotoClass::Other),
            }),
            micros,
        }
    }
}
