//! The CPU engine: classifies 28x28 images with all seven models, and combines their predictions. What it needs for photos and for
//! explanations is in [`photos`] and [`explanations`], whose code is downloaded later.

pub mod explanations;
pub mod parts;
pub mod photos;

use core::hint::black_box;

use protocol::{
    AllAnswers, Case, Pixels, Reply, Request, RequestError, Source, TimedPrediction, WeightsFile,
};
use shared::image::PIXELS;
use shared::{AnyClassifier, Grey28, LoadedModels, ModelId, Prediction, Sample};
use worker_runtime::self_test::SelfTest;
use worker_runtime::validation::{bytes, image, invalid_weights};
use worker_runtime::{batch, elapsed_micros};

use crate::change_searches::ChangeSearches;
use crate::preprocessing::PhotoStore;
use crate::test_set;

/// The models loaded so far, and the clock that times them.
pub struct CpuEngine {
    models: LoadedModels,
    photos: PhotoStore,
    /// The last image: all models get the same one, and its features are computed once.
    sample: Sample,
    /// The time for the features of the last image, once they are computed.
    features_micros: Option<u32>,
    searches: ChangeSearches,
    /// A monotonic clock in milliseconds.
    clock: fn() -> f64,
}

impl CpuEngine {
    /// An engine without models.
    pub fn new(clock: fn() -> f64) -> Self {
        Self {
            models: LoadedModels::default(),
            photos: PhotoStore::default(),
            sample: Sample::new(Grey28::new([0; PIXELS])),
            features_micros: None,
            searches: ChangeSearches::default(),
            clock,
        }
    }

    /// Answers a request of the first part.
    fn reply(&mut self, request: Request) -> Result<Reply, RequestError> {
        match request {
            Request::Load { model, weights } => self.load(WeightsFile::Model(model), weights),
            Request::LoadEnsemble { weights } => self.load(WeightsFile::Ensemble, weights),
            Request::LoadNovelty { weights } => self.load(WeightsFile::Novelty, weights),
            Request::LoadPhotoNetwork { weights } => self.load(WeightsFile::PhotoNetwork, weights),
            Request::DetectNovelty { grey } => self.detect_novelty(&grey),
            Request::Ensemble { predictions } => self.combine(&predictions),
            Request::TestSet { part, file } => {
                let bytes = test_set::entries(part, bytes(file)?)?;
                Ok(Reply::TestSet { bytes })
            }
            Request::Classify { model, grey } => self.classify(model, &grey).map(Reply::Prediction),
            Request::ClassifyByAll { grey } => self.classify_by_all(&grey),
            Request::ClassifyBatch { model, images } => self.classify_batch(model, &images),
            Request::ClassifyBatchByEnsemble { images } => self.classify_batch_by_ensemble(&images),
            Request::Measure { model, batch, runs } => self.measure(model, batch, runs),
            Request::SelfTest { cases } => self.self_test(&cases),
            Request::Ping => Ok(Reply::Pong),
            // Answered by the other parts.
            Request::Gallery { .. }
            | Request::ReadArray { .. }
            | Request::Prepare { .. }
            | Request::Edit { .. }
            | Request::ClassifyPhoto { .. }
            | Request::ExplainPhoto { .. }
            | Request::ClassifyFiles { .. }
            | Request::ClassifyFrame { .. }
            | Request::Explain { .. }
            | Request::Reason { .. }
            | Request::Occlude { .. }
            | Request::TestMaps { .. }
            | Request::FindSmallestChange { .. }
            | Request::Layers { .. }
            | Request::Cell { .. }
            | Request::FeatureScores { .. } => Err(RequestError::NotDownloaded),
        }
    }

    fn load(&mut self, file: WeightsFile, weights: Source) -> Result<Reply, RequestError> {
        let loaded = self.models.load(file, &bytes(weights)?);
        let parameters = loaded.map_err(|e| invalid_weights(file, &e))? as u32;
        Ok(match file {
            WeightsFile::Model(model) => Reply::Loaded { model, parameters },
            WeightsFile::Ensemble => Reply::EnsembleLoaded,
            WeightsFile::Novelty => Reply::NoveltyLoaded,
            WeightsFile::PhotoNetwork => Reply::PhotoNetworkLoaded { parameters },
        })
    }

    fn detect_novelty(&mut self, grey: &Pixels) -> Result<Reply, RequestError> {
        let (is_garment, rotation) = self.novelty(grey)?;
        Ok(Reply::Novelty {
            is_garment,
            rotation,
        })
    }

    /// Whether the image may show one of the ten classes, and if not, the rotation with which it may.
    fn novelty(&mut self, grey: &Pixels) -> Result<(bool, Option<u16>), RequestError> {
        self.set_sample(image(grey)?);
        let novelty = self.models.novelty()?;
        let is_garment = novelty.is_known(&self.sample);
        let rotation = (!is_garment).then(|| novelty.known_rotation(&self.sample));
        Ok((is_garment, rotation.flatten()))
    }

    /// The answers of everything that is loaded; what is not loaded has none.
    fn classify_by_all(&mut self, grey: &Pixels) -> Result<Reply, RequestError> {
        image(grey)?;
        let predictions = ModelId::ALL.map(|model| self.classify(model, grey).ok());
        let predictions: Vec<TimedPrediction> = predictions.into_iter().flatten().collect();
        let combined: Vec<Prediction> = predictions.iter().map(Into::into).collect();
        let ensemble = self.models.ensemble().ok().and_then(|ensemble| {
            let probabilities = ensemble.combine(&combined)?;
            let contributions = ensemble.contributions(&combined, &probabilities);
            Some((probabilities, contributions))
        });
        Ok(Reply::AllAnswers(Box::new(AllAnswers {
            predictions,
            ensemble,
            novelty: self.novelty(grey).ok(),
        })))
    }

    /// Continues a search until it ends, or for a short time.
    fn combine(&self, predictions: &[Prediction]) -> Result<Reply, RequestError> {
        let ensemble = self.models.ensemble()?;
        let probabilities = ensemble.combine(predictions);
        let probabilities = probabilities.ok_or(RequestError::NoPredictions)?;
        Ok(Reply::Ensemble {
            contributions: ensemble.contributions(predictions, &probabilities),
            probabilities,
        })
    }

    fn classify(&mut self, model: ModelId, grey: &Pixels) -> Result<TimedPrediction, RequestError> {
        let clock = self.clock;
        self.set_sample(image(grey)?);
        let Self {
            models,
            sample,
            features_micros,
            ..
        } = self;
        let classifier = models.classifier(model)?;
        let features_micros = (!model.is_deep()).then(|| {
            *features_micros.get_or_insert_with(|| {
                let start = clock();
                sample.features();
                elapsed_micros(clock, start)
            })
        });
        let classifier = classifier.classifier();
        let start = clock();
        let scores = classifier.scores(sample);
        let micros = elapsed_micros(clock, start);
        let prediction = Prediction::from_scores(model, &scores, classifier.temperature());
        Ok(TimedPrediction {
            model,
            probabilities: prediction.probabilities,
            scores,
            micros,
            features_micros,
        })
    }

    fn classify_batch(&mut self, model: ModelId, images: &[u8]) -> Result<Reply, RequestError> {
        let samples = batch::samples(images)?;
        let classifier = self.models.classifier(model)?.classifier();
        let start = (self.clock)();
        let scores = classifier.scores_batch(&samples);
        let micros = elapsed_micros(self.clock, start);
        let predictions = batch::predictions(model, &scores, classifier.temperature());
        Ok(batch::reply(predictions.map(|p| p.probabilities), micros))
    }

    /// All models have to be loaded: without one of them the ensemble's predictions would be others.
    fn classify_batch_by_ensemble(&mut self, images: &[u8]) -> Result<Reply, RequestError> {
        let samples = batch::samples(images)?;
        self.models.ensemble()?;
        let start = (self.clock)();
        let mut members = vec![Vec::with_capacity(ModelId::ALL.len()); samples.len()];
        for model in ModelId::ALL {
            let classifier = self.models.classifier(model)?.classifier();
            let scores = classifier.scores_batch(&samples);
            let predictions = batch::predictions(model, &scores, classifier.temperature());
            for (member, prediction) in members.iter_mut().zip(predictions) {
                member.push(prediction);
            }
        }
        let ensemble = self.models.ensemble()?;
        let combined = members
            .iter()
            .filter_map(|m| ensemble.combine(m))
            .collect::<Vec<_>>();
        let micros = elapsed_micros(self.clock, start);
        Ok(batch::reply(combined.into_iter(), micros))
    }

    fn measure(&mut self, model: ModelId, batch: u32, runs: u32) -> Result<Reply, RequestError> {
        let samples = batch::measurement_samples(batch, runs)?;
        let classifier = self.models.classifier(model)?.classifier();
        // Computes the features too, so that only the model is timed.
        classifier.scores_batch(&samples);
        let start = (self.clock)();
        for _ in 0..runs {
            black_box(classifier.scores_batch(&samples));
        }
        let micros = elapsed_micros(self.clock, start);
        Ok(Reply::Measured { micros })
    }

    /// A model, and the image as the last one.
    fn classifier_and_sample(
        &mut self,
        model: ModelId,
        grey: &Pixels,
    ) -> Result<(&mut AnyClassifier, &Sample), RequestError> {
        self.set_sample(image(grey)?);
        Ok((self.models.classifier(model)?, &self.sample))
    }

    /// Sets the last image, and keeps its features if it is the same one.
    fn set_sample(&mut self, grey: Grey28) {
        if *self.sample.grey() != grey {
            self.sample = Sample::new(grey);
            self.features_micros = None;
        }
    }

    fn self_test(&mut self, cases: &[Case]) -> Result<Reply, RequestError> {
        let mut self_test = SelfTest::default();
        for case in cases {
            let prediction = self.classify(case.model, &case.grey)?;
            self_test.add(case, &prediction);
        }
        self_test.reply()
    }
}

#[cfg(test)]
mod tests;
