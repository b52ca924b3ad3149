//! Verdicts on picture files, through the same steps as in the browser.

pub mod panel;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use photo::{self, PhotoError, Prepared};
use serde::Serialize;
use shared::image::RgbaImage;
use shared::model::{Ensemble, ModelError, NoveltyDetector};
use shared::{AnyClassifier, ModelId, Prediction, Sample};
use thiserror::Error;

use crate::weights_store::{StoreError, WeightsStore};

/// Why there is no verdict.
#[derive(Debug, Error)]
pub enum PredictError {
    #[error("the file could not be read ({0}): check the path and the rights")]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(
        "the heat maps could not be written to {path} ({reason}): check the folder and the rights"
    )]
    Panel { path: PathBuf, reason: String },
}

/// A picture file on its way into the models.
pub struct Picture {
    pub photo: RgbaImage,
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
    /// A model's name, or `vote` for the seven together.
    pub model: &'static str,
    pub label: &'static str,
    pub confidence: f32,
    /// Whether the picture is one of the ten at all, as far as can be told.
    pub known: bool,
    /// In label order.
    pub probabilities: [f32; 10],
    /// The model alone, in microseconds; of the vote, all seven with the features that they share.
    pub micros: u64,
}

/// A file without an answer, as a line of JSON.
#[derive(Debug, Serialize)]
pub struct ErrorLine<'a> {
    pub file: &'a str,
    pub error: String,
}

/// The models that answer.
pub struct Panelists {
    members: Vec<AnyClassifier>,
    /// Where all seven answer.
    vote: Option<Ensemble>,
    novelty: NoveltyDetector,
}

/// What the models say of a picture.
pub struct Answers {
    pub verdicts: Vec<Answer>,
    pub vote: Option<Answer>,
    /// Whether the picture is one of the ten at all.
    pub known: bool,
}

/// Ten probabilities, and the microseconds that they took.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The model's; the vote's is told apart by where it stands.
    pub verdict: Prediction,
    pub micros: u64,
}

impl Panelists {
    /// Loads models' weights, and the vote's where these are all seven.
    ///
    /// # Errors
    /// A file is missing, damaged or another model's.
    pub fn load(weights: &WeightsStore, models: &[ModelId]) -> Result<Self, PredictError> {
        let members = models
            .iter()
            .map(|&model| Ok(AnyClassifier::new(model, &weights.artifact(model)?)?))
            .collect::<Result<_, PredictError>>()?;
        let vote = match models.len() == ModelId::ALL.len() {
            true => Some(weights.ensemble()?),
            false => None,
        };
        Ok(Self {
            members,
            vote,
            novelty: weights.novelty()?,
        })
    }

    /// Every model's verdict on a picture, and the vote's; `then` may ask each model why.
    pub fn answer(
        &mut self,
        picture: &Picture,
        mut then: impl FnMut(&mut AnyClassifier, &Sample, Prediction),
    ) -> Answers {
        let sample = Sample::new(picture.prepared.grey.clone());
        let started = Instant::now();
        if self
            .members
            .iter_mut()
            .any(|m| !m.classifier().id().is_deep())
        {
            sample.features();
        }
        let mut all = started.elapsed().as_micros() as u64;
        let mut verdicts = Vec::new();
        for member in &mut self.members {
            let started = Instant::now();
            let verdict = member.classifier().classify(&sample);
            let micros = started.elapsed().as_micros() as u64;
            all += micros;
            verdicts.push(Answer { verdict, micros });
            then(member, &sample, verdict);
        }
        let ballot: Vec<Prediction> = verdicts.iter().map(|a| a.verdict).collect();
        let said = self.vote.as_ref().and_then(|vote| vote.combine(&ballot));
        let vote = said.map(|probabilities| Answer {
            verdict: Prediction {
                probabilities,
                ..ballot[0]
            },
            micros: all,
        });
        Answers {
            verdicts,
            vote,
            known: self.novelty.is_known(&sample),
        }
    }
}
