//! The seven's vote: learned once all of them are there.

use std::collections::BTreeMap;
use std::time::Instant;

use shared::model::ensemble::NAME;
use shared::model::{Ensemble, Prediction};
use shared::{ModelId, Sample};

use super::train::median;
use super::{Weights, WeightsError, file_name};
use crate::data::split::{VALIDATION, split};
use crate::data::{DataSet, Examples};
use crate::evaluate::{Evaluation, Figures, rounded, verdicts};
use crate::fit::ensemble;
use crate::fit::train_loop::FitError;
use crate::hash::sha256;
use crate::manifest::{self, Metrics, VoteEntry};

/// The seven's verdicts on a picture, in the order of [`ModelId::ALL`].
type Ballot = [Prediction; ModelId::ALL.len()];

/// Test pictures whose features are timed.
const TIMED: usize = 200;

impl Weights {
    /// Whether the vote is there and was learned with the weights that are there; `None` where some of the seven are
    /// still missing.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn vote_is_current(&self) -> Result<Option<bool>, WeightsError> {
        let manifest = self.manifest()?;
        let members = ModelId::ALL.iter().map(|&m| manifest.entry(m));
        let Some(members) = members.collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let members = members.iter().map(|e| (e.model, e.sha256.clone()));
        let members: BTreeMap<ModelId, String> = members.collect();
        let metrics: Option<Metrics> = manifest::read(&self.metrics_path(NAME))?;
        let (Some(entry), true) = (&manifest.vote, metrics.is_some()) else {
            return Ok(Some(false));
        };
        let file = self.bytes(NAME).map(|bytes| sha256(&bytes));
        let is_recorded = file.is_ok_and(|sha256| sha256 == entry.sha256);
        Ok(Some(is_recorded && members == entry.members))
    }

    /// Learns the vote from the seven's weights, and writes it with its metrics and the manifest's entry.
    ///
    /// # Errors
    /// A file is missing or damaged.
    pub fn learn_vote(&self, data: &DataSet) -> Result<VoteEntry, WeightsError> {
        let validation = split(&data.train, VALIDATION).validation;
        let learned = ensemble::fit(&self.ballots(&validation)?, &validation.labels);
        let bytes = learned.to_artifact().to_bytes().map_err(FitError::from)?;
        manifest::write_bytes(&self.file(NAME), &bytes)?;
        let of_validation = self.evaluate_vote(&validation)?;
        let test = self.evaluate_vote(&data.test)?;
        let mut manifest = self.manifest()?;
        let members = manifest.models.iter().map(|e| (e.model, e.sha256.clone()));
        let weight = |&m: &ModelId| (m, rounded(f64::from(learned.weights[m as usize])));
        let entry = VoteEntry {
            file: file_name(NAME),
            bytes: bytes.len() as u64,
            sha256: sha256(&bytes),
            members: members.collect(),
            weights: ModelId::ALL.iter().map(weight).collect(),
            features_micros: features_micros(&data.test),
            validation: Figures::from(&of_validation),
            test: Figures::from(&test),
        };
        let metrics = Metrics::of(NAME, test, Vec::new());
        manifest::write(&self.metrics_path(NAME), &metrics)?;
        manifest.vote = Some(entry.clone());
        manifest::write(&self.manifest_path(), &manifest)?;
        Ok(entry)
    }

    /// Has the seven vote on every example.
    ///
    /// # Errors
    /// A file is missing or damaged.
    pub fn evaluate_vote(&self, examples: &Examples) -> Result<Evaluation, WeightsError> {
        let vote: Ensemble = self.vote()?;
        let ballots = self.ballots(examples)?;
        // Seven have answered, so there is a vote.
        let said = ballots.iter().map(|b| vote.combine(b).unwrap_or_default());
        Ok(Evaluation::of_answers(said, &examples.labels))
    }

    /// The seven's verdicts on every example.
    pub(crate) fn ballots(&self, examples: &Examples) -> Result<Vec<Ballot>, WeightsError> {
        let mut each = Vec::new();
        for model in ModelId::ALL {
            each.push(verdicts(model, &self.artifact(model)?, examples)?);
        }
        let ballot = |i: usize| core::array::from_fn(|m| each[m][i]);
        Ok((0..examples.len()).map(ballot).collect())
    }
}

fn features_micros(test: &Examples) -> f64 {
    let times = test.images.iter().take(TIMED).map(|picture| {
        let sample = Sample::new(picture.clone());
        let started = Instant::now();
        std::hint::black_box(sample.features());
        started.elapsed().as_secs_f64() * 1e6
    });
    median(times.collect())
}
