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
use shared::model::{Ensemble, NoveltyDetector, argmax, ensemble};
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
    /// A model's name, or the ensemble's.
    pub model: &'static str,
    pub label: &'static str,
    pub confidence: f32,
    /// Whether the novelty detector accepts the image.
    pub known: bool,
    /// In label order.
    pub probabilities: [f32; CLASSES],
    /// The time of the model alone, in microseconds; for the ensemble, of all seven models and their shared features.
    pub micros: u64,
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
}

/// All predictions for one image.
pub struct ImagePredictions {
    /// Of each model, and last of the ensemble if all seven models are loaded.
    pub predictions: Vec<NamedPrediction>,
    /// Whether the novelty detector accepts the image as one of the ten classes.
    pub known: bool,
    /// If not: degrees, clockwise, by which the image can be rotated so that it does.
    pub rotation: Option<u16>,
}

/// The probabilities of a model or of the ensemble.
#[derive(Clone, Copy, Debug)]
pub struct NamedPrediction {
    pub name: &'static str,
    pub probabilities: [f32; CLASSES],
    /// See [`PredictionLine::micros`].
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
            predictions.push(NamedPrediction {
                name: prediction.model.name(),
                probabilities: prediction.probabilities,
                micros,
            });
            on_prediction(classifier, &sample, prediction);
        }
        if let Some(ensemble) = &self.ensemble {
            let probabilities = ensemble.combine(&of_models);
            predictions.push(NamedPrediction {
                name: ensemble::NAME,
                probabilities: probabilities.expect("invariant: all seven models are loaded"),
                micros: total,
            });
        }
        let known = self.novelty.is_known(&sample);
        let rotation = if known {
            None
        } else {
            self.novelty.known_rotation(&sample)
        };
        ImagePredictions {
            predictions,
            known,
            rotation,
        }
    }
}

impl NamedPrediction {
    /// The most likely class.
    pub fn garment(&self) -> Garment {
        Garment::ALL[argmax(&self.probabilities)]
    }

    /// The probability of the most likely class.
    pub fn confidence(&self) -> f32 {
        self.probabilities[argmax(&self.probabilities)]
    }
}
