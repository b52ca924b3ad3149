//! Evaluation of a model on a set of examples, with the inference code that runs in the browser.

use std::num::NonZero;
use std::thread;

use serde::{Deserialize, Serialize};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::metrics::{Calibration, ClassReport, ConfusionMatrix};
use shared::model::{ModelError, argmax};
use shared::{AnyClassifier, Garment, ModelId, Prediction, Sample};
use thiserror::Error;

use crate::data::Examples;

/// Why the evaluation failed.
#[derive(Debug, Error)]
pub enum EvaluationError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("a thread of the evaluation of {0} panicked: please report it")]
    Thread(ModelId),
}

/// A model's predictions on a set of examples, and the figures computed from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    pub confusion: ConfusionMatrix,
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    pub calibration_error: f64,
    /// The predicted classes, in the order of the examples.
    pub predicted: Vec<Garment>,
}

impl Evaluation {
    /// Evaluates the model on all examples, on all cores.
    ///
    /// # Errors
    /// The artifact does not fit the model.
    pub fn run(
        model: ModelId,
        artifact: &Artifact,
        examples: &Examples,
    ) -> Result<Self, EvaluationError> {
        let predictions = predictions(model, artifact, examples)?;
        Ok(Self::from_probabilities(
            predictions.iter().map(|p| p.probabilities),
            &examples.labels,
        ))
    }

    /// Compares predicted probabilities with the labels.
    pub fn from_probabilities(
        predictions: impl ExactSizeIterator<Item = [f32; CLASSES]>,
        labels: &[Garment],
    ) -> Self {
        let count = predictions.len();
        let mut confusion = ConfusionMatrix::default();
        let mut calibration = Calibration::default();
        let mut loss = 0.0;
        let mut predicted = Vec::with_capacity(count);
        for (probabilities, &truth) in predictions.zip(labels) {
            let class = Garment::ALL[argmax(&probabilities)];
            confusion.add(truth, class);
            calibration.add(truth, &probabilities);
            let probability = f64::from(probabilities[truth.index()]);
            loss -= probability.max(f64::from(f32::MIN_POSITIVE)).ln();
            predicted.push(class);
        }
        Self {
            confusion,
            loss: loss / count.max(1) as f64,
            calibration_error: calibration.error(),
            predicted,
        }
    }
}

/// A model's prediction for every example, in order.
///
/// # Errors
/// The artifact does not fit the model.
pub fn predictions(
    model: ModelId,
    artifact: &Artifact,
    examples: &Examples,
) -> Result<Vec<Prediction>, EvaluationError> {
    map_examples(model, artifact, examples, |classifier, sample| {
        classifier.classifier().classify(sample)
    })
}

/// Applies a function to every example, on all cores; each thread has its own copy of the model.
///
/// # Errors
/// The artifact does not fit the model.
pub fn map_examples<T: Send>(
    model: ModelId,
    artifact: &Artifact,
    examples: &Examples,
    function: impl Fn(&mut AnyClassifier, &Sample) -> T + Sync,
) -> Result<Vec<T>, EvaluationError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = examples.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let function = &function;
        let workers: Vec<_> = examples
            .images
            .chunks(share)
            .map(|images| {
                scope.spawn(move || {
                    let mut classifier = AnyClassifier::new(model, artifact)?;
                    let samples = images.iter().map(|p| Sample::new(p.clone()));
                    Ok::<_, ModelError>(
                        samples
                            .map(|s| function(&mut classifier, &s))
                            .collect::<Vec<T>>(),
                    )
                })
            })
            .collect();
        let mut results = Vec::with_capacity(examples.len());
        for worker in workers {
            let thread = |_| EvaluationError::Thread(model);
            results.extend(worker.join().map_err(thread)??);
        }
        Ok(results)
    })
}

/// A model's figures on a set of examples, as they are recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub accuracy: f64,
    pub correct: u32,
    pub total: u32,
    pub loss: f64,
    pub macro_f1: f64,
    /// Expected calibration error, 15 bins, 0 to 1.
    pub calibration_error: f64,
}

impl From<&Evaluation> for Figures {
    fn from(evaluation: &Evaluation) -> Self {
        Self {
            accuracy: rounded(evaluation.confusion.accuracy()),
            correct: evaluation.confusion.correct(),
            total: evaluation.confusion.total(),
            loss: rounded(evaluation.loss),
            macro_f1: rounded(evaluation.confusion.macro_f1()),
            calibration_error: rounded(evaluation.calibration_error),
        }
    }
}

/// Rounds to six decimals, so that a number read from JSON equals the one that was written.
pub fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// A class's report with its label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelledReport {
    pub label: String,
    #[serde(flatten)]
    pub report: ClassReport,
}

/// The reports of all ten classes.
pub fn class_reports(confusion: &ConfusionMatrix) -> Vec<LabelledReport> {
    Garment::ALL
        .into_iter()
        .map(|garment| {
            let report = confusion.class(garment);
            LabelledReport {
                label: garment.label().into(),
                report: ClassReport {
                    precision: rounded(report.precision),
                    recall: rounded(report.recall),
                    f1: rounded(report.f1),
                    ..report
                },
            }
        })
        .collect()
}

/// Predicted classes as one digit each: a compact record.
pub fn digits(classes: &[Garment]) -> String {
    classes
        .iter()
        .map(|g| char::from(b'0' + g.index() as u8))
        .collect()
}
