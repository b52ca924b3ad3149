//! What a report is made from: the seven's records, the vote's, and the comparison on raw pixels.

use shared::ModelId;
use shared::model::vote;

use super::{ReportError, title};
use crate::ablation::Ablation;
use crate::evaluate::Figures;
use crate::manifest::{Entry, Manifest, Metrics, VoteEntry};
use crate::photos::measure::PhotoFigures;
use crate::weights::{RawEntry, Weights};

/// All that is known of one model.
#[derive(Clone, Debug)]
pub struct Known {
    pub entry: Entry,
    pub metrics: Metrics,
}

/// All that is known.
#[derive(Clone, Debug)]
pub struct Record {
    /// In the order of [`ModelId::ALL`].
    pub models: [Known; ModelId::ALL.len()],
    pub vote: VoteEntry,
    pub vote_metrics: Metrics,
    /// Empty where raw pixels were not tried.
    pub raw: Vec<RawEntry>,
    /// Empty where no recipe was taken apart.
    pub ablation: Ablation,
    /// `None` where these weights were not tried on photos.
    pub photos: Option<PhotoFigures>,
}

impl Record {
    /// From the folder of the weights.
    ///
    /// # Errors
    /// One of the seven or the vote is missing, or a record is damaged or not of the weights that are there.
    pub fn load(weights: &Weights) -> Result<Self, ReportError> {
        let manifest = weights.manifest()?;
        let raw = weights.raw()?.unwrap_or_default().models;
        let record = Self::of(&manifest, raw, |name| Ok(weights.metrics(name)?))?;
        Ok(Self {
            ablation: weights.ablation()?,
            photos: weights.photos()?,
            ..record
        })
    }

    fn of(
        manifest: &Manifest,
        raw: Vec<RawEntry>,
        metrics: impl Fn(&str) -> Result<Metrics, ReportError>,
    ) -> Result<Self, ReportError> {
        let is_missing = |m: &&ModelId| manifest.entry(**m).is_none();
        let missing: Vec<_> = ModelId::ALL.iter().filter(is_missing).collect();
        let missing: Vec<_> = missing.into_iter().map(|m| m.name()).collect();
        let (Some(vote), true) = (&manifest.vote, missing.is_empty()) else {
            let without = if missing.is_empty() {
                vec![vote::NAME]
            } else {
                missing
            };
            return Err(ReportError::Missing(without.join(", ")));
        };
        let fitting = |name: &'static str, test: &Figures| {
            let metrics = metrics(name)?;
            let same = (metrics.confusion.correct(), metrics.confusion.total())
                == (test.correct, test.total);
            same.then_some(metrics).ok_or(ReportError::Disagrees(name))
        };
        let mut models = Vec::new();
        for model in ModelId::ALL {
            let named = || ReportError::Missing(model.name().into());
            let entry = manifest.entry(model).ok_or_else(named)?.clone();
            let metrics = fitting(model.name(), &entry.test)?;
            models.push(Known { entry, metrics });
        }
        Ok(Self {
            models: models
                .try_into()
                .map_err(|_| ReportError::Missing("all models".into()))?,
            vote_metrics: fitting(vote::NAME, &vote.test)?,
            vote: vote.clone(),
            raw,
            ablation: Ablation::default(),
            photos: None,
        })
    }

    /// One of the seven.
    pub fn model(&self, model: ModelId) -> &Known {
        &self.models[model as usize]
    }

    /// The metrics of the seven and of the vote, under their titles.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &Metrics)> {
        let models = self.models.iter().map(|known| &known.metrics);
        let all = models.chain(std::iter::once(&self.vote_metrics));
        all.map(|metrics| (title(&metrics.model), metrics))
    }

    /// The best of the seven on the test set.
    pub fn best(&self) -> &Entry {
        let entries = self.models.iter().map(|known| &known.entry);
        entries.fold(&self.models[0].entry, |best, entry| {
            if entry.test.correct > best.test.correct {
                entry
            } else {
                best
            }
        })
    }

    /// One picture's time with a model alone, its features counted, in microseconds.
    pub fn micros(&self, model: ModelId) -> f64 {
        let features = if model.is_deep() {
            0.0
        } else {
            self.vote.features_micros
        };
        self.model(model).entry.micros + features
    }

    /// One picture's time with all seven, the features counted once, in microseconds.
    pub fn vote_micros(&self) -> f64 {
        let each = self.models.iter().map(|known| known.entry.micros);
        each.sum::<f64>() + self.vote.features_micros
    }

    /// The files of all seven and of the vote.
    pub fn vote_bytes(&self) -> u64 {
        self.vote.bytes
            + self
                .models
                .iter()
                .map(|known| known.entry.bytes)
                .sum::<u64>()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The repository's own weights.
    fn committed() -> Weights {
        Weights::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../weights"))
    }

    /// The record of them.
    pub fn record() -> Record {
        Record::load(&committed()).unwrap()
    }

    fn of(manifest: &Manifest) -> Result<Record, ReportError> {
        Record::of(manifest, Vec::new(), |name| Ok(committed().metrics(name)?))
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_do() {
        let mut manifest = committed().manifest().unwrap();
        manifest.vote = None;
        let sentence = of(&manifest).unwrap_err().to_string();
        assert!(sentence.contains("no entry of vote: run"), "{sentence}");
        let is_left_out = |m| [ModelId::Knn, ModelId::Svm].contains(&m);
        manifest.models.retain(|e| !is_left_out(e.model));
        let sentence = of(&manifest).unwrap_err().to_string();
        assert!(sentence.contains("no entry of svm, knn: run"), "{sentence}");
    }

    #[test]
    fn metrics_of_other_weights_are_refused() {
        let mut manifest = committed().manifest().unwrap();
        assert!(of(&manifest).is_ok());
        manifest.models[2].test.correct += 1;
        let error = of(&manifest).unwrap_err();
        assert!(matches!(error, ReportError::Disagrees("mlp")), "{error}");
    }

    #[test]
    fn features_are_counted_once_for_the_vote_and_never_for_a_network() {
        let mut record = record();
        record.vote.features_micros = 1000.0;
        for known in &mut record.models {
            known.entry.micros = 10.0;
        }
        assert_eq!(record.micros(ModelId::Cnn), 10.0);
        assert_eq!(record.micros(ModelId::Knn), 1010.0);
        assert_eq!(record.vote_micros(), 1070.0);
    }

    #[test]
    fn the_best_is_the_most_often_right() {
        let mut record = record();
        record.models[4].entry.test.correct = 9999;
        assert_eq!(record.best().model, ModelId::Forest);
    }
}
