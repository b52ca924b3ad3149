//! Verdicts on picture files, through the same steps as in the browser.

pub mod panel;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use shared::photo::{self, Photo, PhotoError, Prepared};
use shared::plan::{Plan, PlanError};
use shared::{Classifier, ModelId, Verdict};
use thiserror::Error;

use crate::weights::{Weights, WeightsError};

/// Why there is no verdict.
#[derive(Debug, Error)]
pub enum PredictError {
    #[error("the file could not be read ({0}): check the path and the rights")]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(
        "the heat maps could not be written to {path} ({reason}): check the folder and the rights"
    )]
    Panel { path: PathBuf, reason: String },
}

/// A picture file on its way into the models.
pub struct Picture {
    pub photo: Photo,
    pub prepared: Prepared,
}

impl Picture {
    /// Decodes and prepares a file.
    ///
    /// # Errors
    /// The file cannot be read, or is not a picture that can be used.
    pub fn open(path: &Path) -> Result<Self, PredictError> {
        let photo = photo::decode(&fs::read(path)?)?;
        let prepared = photo::prepare(&photo)?;
        Ok(Self { photo, prepared })
    }
}

/// One answer as a line of JSON.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    pub file: &'a str,
    pub model: ModelId,
    pub label: &'static str,
    pub confidence: f32,
    /// In label order.
    pub probabilities: [f32; 10],
    /// The forward pass, in microseconds.
    pub micros: u64,
}

/// A file without an answer, as a line of JSON.
#[derive(Debug, Serialize)]
pub struct ErrorLine<'a> {
    pub file: &'a str,
    pub error: String,
}

/// The models that answer.
pub struct Panelists(Vec<Plan>);

impl Panelists {
    /// Loads models' weights.
    ///
    /// # Errors
    /// A file is missing, damaged or another model's.
    pub fn load(weights: &Weights, models: &[ModelId]) -> Result<Self, PredictError> {
        models
            .iter()
            .map(|&model| Ok(Plan::new(model, &weights.artifact(model)?)?))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Every model's verdict on a picture, with the microseconds it took; `then` may ask the plan why.
    pub fn answer(&mut self, picture: &Picture, mut then: impl FnMut(&Plan, Verdict, u64)) {
        for plan in &mut self.0 {
            let started = Instant::now();
            let verdict = plan.classify(&picture.prepared.grey);
            let micros = started.elapsed().as_micros() as u64;
            then(plan, verdict, micros);
        }
    }
}
