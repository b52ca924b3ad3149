//! Recomputes a model's figures from its weights file, with the code that answers in the browser.

use std::num::NonZero;
use std::thread;

use serde::{Deserialize, Serialize};
use shared::artifact::Artifact;
use shared::metrics::{Calibration, ClassReport, Confusion};
use shared::plan::{Plan, PlanError};
use shared::{Classifier, Garment, ModelId};
use thiserror::Error;

use crate::data::Examples;

/// Why nothing could be evaluated.
#[derive(Debug, Error)]
pub enum EvaluationError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("a thread of the evaluation of {0} panicked: please report it")]
    Thread(ModelId),
}

/// A model's answers to a set of examples, summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    pub confusion: Confusion,
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    pub calibration_error: f64,
    /// The answers in order.
    pub answers: Vec<Garment>,
}

impl Evaluation {
    /// Has the model answer every example, on all cores.
    ///
    /// # Errors
    /// The artifact does not fit the model.
    pub fn of(
        model: ModelId,
        artifact: &Artifact,
        examples: &Examples,
    ) -> Result<Self, EvaluationError> {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let share = examples.len().div_ceil(threads).max(1);
        let verdicts = thread::scope(|scope| {
            let workers: Vec<_> = examples
                .pictures
                .chunks(share)
                .map(|pictures| {
                    scope.spawn(move || {
                        let mut plan = Plan::new(model, artifact)?;
                        Ok::<_, PlanError>(
                            pictures
                                .iter()
                                .map(|p| plan.classify(p))
                                .collect::<Vec<_>>(),
                        )
                    })
                })
                .collect();
            let mut verdicts = Vec::with_capacity(examples.len());
            for worker in workers {
                let answers = worker.join().map_err(|_| EvaluationError::Thread(model))?;
                verdicts.extend(answers?);
            }
            Ok::<_, EvaluationError>(verdicts)
        })?;
        let mut confusion = Confusion::default();
        let mut calibration = Calibration::default();
        let mut loss = 0.0;
        for (verdict, &truth) in verdicts.iter().zip(&examples.labels) {
            confusion.add(truth, verdict.garment());
            calibration.add(truth, &verdict.probabilities);
            let probability = f64::from(verdict.probabilities[truth.index()]);
            loss -= probability.max(f64::from(f32::MIN_POSITIVE)).ln();
        }
        Ok(Self {
            confusion,
            loss: loss / examples.len().max(1) as f64,
            calibration_error: calibration.error(),
            answers: verdicts.iter().map(|v| v.garment()).collect(),
        })
    }
}

/// A model's figures on a set, as they are written down.
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
            accuracy: evaluation.confusion.accuracy(),
            correct: evaluation.confusion.correct(),
            total: evaluation.confusion.total(),
            loss: rounded(evaluation.loss),
            macro_f1: rounded(evaluation.confusion.macro_f1()),
            calibration_error: rounded(evaluation.calibration_error),
        }
    }
}

/// To six decimals: what a file needs; so short, a number comes back from JSON as it went in.
pub fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// One class's report under its label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelledReport {
    pub label: String,
    #[serde(flatten)]
    pub report: ClassReport,
}

/// The reports of all ten classes.
pub fn class_reports(confusion: &Confusion) -> Vec<LabelledReport> {
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

/// Answers as one digit each: a compact record that any part of the set can be checked against.
pub fn digits(answers: &[Garment]) -> String {
    answers
        .iter()
        .map(|g| char::from(b'0' + g.index() as u8))
        .collect()
}
