//! The input of the report: the results of the seven models and of their ensemble, and the comparison on raw pixels.

use shared::ModelId;
use shared::garment::CLASSES;
use shared::model::{answer, ensemble, photo_network};

use super::error::ReportError;
use crate::ablation::Ablation;
use crate::evaluate::Figures;
use crate::jobs::map_tests::{self, MapTests};
use crate::jobs::photo_evaluation::{self, PhotoFigures};
use crate::jobs::raw_pixels::RawPixelEntry;
use crate::jobs::{ablation, raw_pixels};
use crate::manifest::{Entry, Manifest, Metrics, VoteEntry};
use crate::weights_store::WeightsStore;

/// The results of one model.
#[derive(Clone, Debug)]
pub struct ModelResults {
    pub entry: Entry,
    pub metrics: Metrics,
}

/// All results.
#[derive(Clone, Debug)]
pub struct ReportInput {
    /// In the order of [`ModelId::ALL`].
    pub models: [ModelResults; ModelId::ALL.len()],
    pub ensemble: VoteEntry,
    pub ensemble_metrics: Metrics,
    /// Empty if the classical models were not trained on raw pixels.
    pub raw: Vec<RawPixelEntry>,
    /// Empty if no recipe was ablated.
    pub ablation: Ablation,
    /// `None` if these weights were not evaluated on photos.
    pub photos: Option<PhotoFigures>,
    /// `None` if the maps of these weights were not tested.
    pub maps: Option<MapTests>,
}

impl ReportInput {
    /// Reads the folder of the weights.
    ///
    /// # Errors
    /// A model or the ensemble is missing, or a file is damaged or belongs to other weights.
    pub fn load(weights: &WeightsStore) -> Result<Self, ReportError> {
        let manifest = weights.manifest()?;
        // Without a file there are no raw results.
        let raw = raw_pixels::recorded(weights)?.unwrap_or_default().models;
        let input = Self::from_manifest(&manifest, raw, |name| Ok(weights.metrics(name)?))?;
        Ok(Self {
            ablation: ablation::recorded(weights)?,
            photos: photo_evaluation::recorded(weights)?,
            maps: map_tests::recorded(weights)?,
            ..input
        })
    }

    fn from_manifest(
        manifest: &Manifest,
        raw: Vec<RawPixelEntry>,
        metrics: impl Fn(&str) -> Result<Metrics, ReportError>,
    ) -> Result<Self, ReportError> {
        let missing: Vec<_> = ModelId::ALL
            .into_iter()
            .filter(|m| manifest.entry(*m).is_none())
            .map(ModelId::name)
            .collect();
        if !missing.is_empty() {
            return Err(ReportError::Missing(missing.join(", ")));
        }
        let Some(ensemble) = &manifest.vote else {
            return Err(ReportError::Missing(ensemble::NAME.into()));
        };
        let matching = |name: &'static str, test: &Figures| {
            let metrics = metrics(name)?;
            let of_metrics = (metrics.confusion.correct(), metrics.confusion.total());
            if of_metrics != (test.correct, test.total) || metrics.classes.len() != CLASSES {
                return Err(ReportError::Disagrees(name));
            }
            Ok(metrics)
        };
        let mut models = Vec::new();
        for model in ModelId::ALL {
            let missing = || ReportError::Missing(model.name().into());
            let entry = manifest.entry(model).ok_or_else(missing)?.clone();
            let metrics = matching(model.name(), &entry.test)?;
            if !ensemble.weights.contains_key(&model) {
                return Err(ReportError::Disagrees(ensemble::NAME));
            }
            models.push(ModelResults { entry, metrics });
        }
        Ok(Self {
            models: models
                .try_into()
                .expect("invariant: one entry for each of ModelId::ALL"),
            ensemble_metrics: matching(ensemble::NAME, &ensemble.test)?,
            ensemble: ensemble.clone(),
            raw,
            ablation: Ablation::default(),
            photos: None,
            maps: None,
        })
    }

    /// The results of one model.
    pub fn model(&self, model: ModelId) -> &ModelResults {
        &self.models[model as usize]
    }

    /// The titles and metrics of the seven models, then of the ensemble.
    pub fn titled_metrics(&self) -> impl Iterator<Item = (&'static str, &Metrics)> {
        let models = self.models.iter().map(|results| &results.metrics);
        let all = models.chain(std::iter::once(&self.ensemble_metrics));
        all.map(|metrics| (title(&metrics.model), metrics))
    }

    /// The model with the highest test accuracy.
    pub fn best(&self) -> &Entry {
        let entries = self.models.iter().map(|results| &results.entry);
        entries.fold(&self.models[0].entry, |best, entry| {
            if entry.test.correct > best.test.correct {
                entry
            } else {
                best
            }
        })
    }

    /// The time for one image with this model alone, its features included, in microseconds.
    pub fn micros(&self, model: ModelId) -> f64 {
        let features = if model.is_deep() {
            0.0
        } else {
            self.ensemble.features_micros
        };
        self.model(model).entry.micros + features
    }

    /// The time for one image with all seven models, the features counted once, in microseconds.
    pub fn ensemble_micros(&self) -> f64 {
        let models = self.models.iter().map(|results| results.entry.micros);
        models.sum::<f64>() + self.ensemble.features_micros
    }

    /// The bytes of the seven weights files and of the ensemble's.
    pub fn ensemble_bytes(&self) -> u64 {
        let models = self.models.iter().map(|results| results.entry.bytes);
        self.ensemble.bytes + models.sum::<u64>()
    }

    /// The parameters of all seven models.
    pub fn ensemble_parameters(&self) -> usize {
        self.models.iter().map(|r| r.entry.parameters).sum()
    }

    /// The training time of all seven models, in seconds.
    pub fn ensemble_seconds(&self) -> u64 {
        self.models.iter().map(|r| r.entry.duration_seconds).sum()
    }
}

/// The title of a model or of the ensemble, by the name in its metrics.
pub fn title(name: &str) -> &'static str {
    match name {
        photo_network::NAME => "Photo network (in colour, pretrained on ImageNet)",
        answer::NAME => "The answer",
        _ => ModelId::from_name(name).map_or(ensemble::TITLE, ModelId::title),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The repository's own weights.
    fn committed() -> WeightsStore {
        WeightsStore::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../weights"))
    }

    /// The input from the repository's own weights.
    pub fn committed_input() -> ReportInput {
        ReportInput::load(&committed()).unwrap()
    }

    fn from_manifest(manifest: &Manifest) -> Result<ReportInput, ReportError> {
        ReportInput::from_manifest(manifest, Vec::new(), |name| Ok(committed().metrics(name)?))
    }

    #[test]
    fn names_what_is_missing_and_what_to_do() {
        let mut manifest = committed().manifest().unwrap();
        manifest.vote = None;
        let sentence = from_manifest(&manifest).unwrap_err().to_string();
        assert!(sentence.contains("no entry of vote: run"), "{sentence}");
        let is_left_out = |m| [ModelId::Knn, ModelId::Svm].contains(&m);
        manifest.models.retain(|e| !is_left_out(e.model));
        let sentence = from_manifest(&manifest).unwrap_err().to_string();
        assert!(sentence.contains("no entry of svm, knn: run"), "{sentence}");
    }

    #[test]
    fn rejects_metrics_of_other_weights() {
        let mut manifest = committed().manifest().unwrap();
        assert!(from_manifest(&manifest).is_ok());
        manifest.models[2].test.correct += 1;
        let error = from_manifest(&manifest).unwrap_err();
        assert!(matches!(error, ReportError::Disagrees("mlp")), "{error}");
    }

    #[test]
    fn rejects_an_ensemble_without_a_model_s_weight() {
        let mut manifest = committed().manifest().unwrap();
        let ensemble = manifest.vote.as_mut().unwrap();
        ensemble.weights.remove(&ModelId::Knn);
        let error = from_manifest(&manifest).unwrap_err();
        assert!(matches!(error, ReportError::Disagrees("vote")), "{error}");
    }

    #[test]
    fn features_are_counted_once_for_the_ensemble_and_never_for_a_network() {
        let mut input = committed_input();
        input.ensemble.features_micros = 1000.0;
        for results in &mut input.models {
            results.entry.micros = 10.0;
        }
        assert_eq!(input.micros(ModelId::Cnn), 10.0);
        assert_eq!(input.micros(ModelId::Knn), 1010.0);
        assert_eq!(input.ensemble_micros(), 1070.0);
    }

    #[test]
    fn the_best_model_has_the_most_correct_predictions() {
        let mut input = committed_input();
        input.models[4].entry.test.correct = 9999;
        assert_eq!(input.best().model, ModelId::Forest);
    }
}
