//! The CPU engine: prepares photos, classifies images with all seven models, and combines their predictions.

use core::hint::black_box;

use photo::{Edits, Route};
use protocol::{
    Case, Method, PhotoPrediction, Pixels, Prepared, RawHeatMap, Reply, Request, RequestError,
    TimedPrediction, WeightsFile,
};
use shared::artifact::Artifact;
use shared::explain::occlusion::FULL;
use shared::explain::{HeatMap, overlay};
use shared::image::{PIXELS, RgbaImage};
use shared::model::{Ensemble, NoveltyDetector, PhotoClass, photo_network};
use shared::plan::photo::PhotoNetwork;
use shared::{AnyClassifier, Garment, Grey28, ModelId, Prediction, Sample};
use worker_runtime::self_test::SelfTest;
use worker_runtime::validation::{bytes, image, invalid_weights};
use worker_runtime::{Engine, batch, elapsed_micros};

use crate::browser_decoder;
use crate::preprocessing::{FileNotes, PhotoStore, gallery, photo_error, read_array};
use crate::test_set;

/// The models loaded so far, and the clock that times them.
pub struct CpuEngine {
    classifiers: Vec<(ModelId, AnyClassifier)>,
    ensemble: Option<Ensemble>,
    novelty: Option<NoveltyDetector>,
    photo_network: Option<PhotoNetwork>,
    photos: PhotoStore,
    /// The last image: all models get the same one, and its features are computed once.
    sample: Sample,
    /// The time for the features of the last image, once they are computed.
    features_micros: Option<u32>,
    /// A monotonic clock in milliseconds.
    clock: fn() -> f64,
}

impl Engine for CpuEngine {
    async fn answer(&mut self, request: Request) -> Reply {
        if let Request::Prepare { file, photo } = &request
            && let Some(image) = browser_decoder::decode(file).await
        {
            let prepared = image.map_err(photo_error).and_then(|image| {
                // The browser has applied the file's profile.
                self.photos
                    .prepare_image(image, FileNotes::default(), *photo)
            });
            return match prepared {
                Ok(prepared) => self.with_predictions(prepared),
                Err(error) => Reply::Error(error),
            };
        }
        self.reply(request)
    }
}

impl CpuEngine {
    /// An engine without models.
    pub fn new(clock: fn() -> f64) -> Self {
        Self {
            classifiers: Vec::new(),
            ensemble: None,
            novelty: None,
            photo_network: None,
            photos: PhotoStore::default(),
            sample: Sample::new(Grey28::new([0; PIXELS])),
            features_micros: None,
            clock,
        }
    }

    /// Answers a request.
    pub fn reply(&mut self, request: Request) -> Reply {
        self.try_reply(request).unwrap_or_else(Reply::Error)
    }

    fn try_reply(&mut self, request: Request) -> Result<Reply, RequestError> {
        match request {
            Request::Load { model, weights } => self.load(model, &bytes(weights)?),
            Request::LoadEnsemble { weights } => self.load_ensemble(&bytes(weights)?),
            Request::LoadNovelty { weights } => self.load_novelty(&bytes(weights)?),
            Request::LoadPhotoNetwork { weights } => self.load_photo_network(&bytes(weights)?),
            Request::ClassifyPhoto { photo, edits } => {
                let square = self.photos.square(photo, &edits)?;
                self.classify_photo(&square).map(Reply::Photo)
            }
            Request::ExplainPhoto {
                photo,
                edits,
                class,
            } => self.explain_photo(photo, &edits, class),
            Request::DetectNovelty { grey } => self.detect_novelty(&grey),
            Request::Ensemble { predictions } => self.combine(&predictions),
            Request::Gallery { sprite } => gallery(&bytes(sprite)?),
            Request::TestSet { part, file } => {
                let bytes = test_set::entries(part, bytes(file)?)?;
                Ok(Reply::TestSet { bytes })
            }
            Request::ReadArray { file } => read_array(&file),
            Request::Prepare { file, photo } => {
                let prepared = self.photos.prepare(&file, photo)?;
                Ok(self.with_predictions(prepared))
            }
            Request::Edit { photo, edits } => {
                let prepared = self.photos.edit(photo, &edits)?;
                Ok(self.with_predictions(prepared))
            }
            Request::Classify { model, grey } => self.classify(model, &grey).map(Reply::Prediction),
            Request::Explain { model, grey, class } => self.explain(model, &grey, class),
            Request::Reason { model, grey, class } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                Ok(Reply::Reason(Box::new(classifier.reason(sample, class))))
            }
            Request::Occlude { model, grey, class } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                let map = classifier.occlusion(sample, class);
                Ok(heat_map(model, class, Method::Occlusion, map, FULL))
            }
            Request::TestMaps { model, grey, class } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                Ok(Reply::Trust(Box::new(classifier.trust(sample, class))))
            }
            Request::ClassifyBatch { model, images } => self.classify_batch(model, &images),
            Request::Measure { model, batch, runs } => self.measure(model, batch, runs),
            Request::SelfTest { cases } => self.self_test(&cases),
            Request::Ping => Ok(Reply::Pong),
        }
    }

    fn load(&mut self, model: ModelId, weights: &[u8]) -> Result<Reply, RequestError> {
        let file = WeightsFile::Model(model);
        let artifact = Artifact::from_bytes(weights).map_err(|e| invalid_weights(file, &e))?;
        let classifier =
            AnyClassifier::new(model, &artifact).map_err(|e| invalid_weights(file, &e))?;
        self.classifiers.retain(|(id, _)| *id != model);
        self.classifiers.push((model, classifier));
        Ok(Reply::Loaded {
            model,
            parameters: artifact.parameter_count() as u32,
        })
    }

    fn load_ensemble(&mut self, weights: &[u8]) -> Result<Reply, RequestError> {
        let file = WeightsFile::Ensemble;
        let artifact = Artifact::from_bytes(weights).map_err(|e| invalid_weights(file, &e))?;
        let ensemble = Ensemble::from_artifact(&artifact).map_err(|e| invalid_weights(file, &e))?;
        self.ensemble = Some(ensemble);
        Ok(Reply::EnsembleLoaded)
    }

    fn load_novelty(&mut self, weights: &[u8]) -> Result<Reply, RequestError> {
        let file = WeightsFile::Novelty;
        let artifact = Artifact::from_bytes(weights).map_err(|e| invalid_weights(file, &e))?;
        let novelty = NoveltyDetector::new(&artifact).map_err(|e| invalid_weights(file, &e))?;
        self.novelty = Some(novelty);
        Ok(Reply::NoveltyLoaded)
    }

    fn load_photo_network(&mut self, weights: &[u8]) -> Result<Reply, RequestError> {
        let file = WeightsFile::PhotoNetwork;
        let artifact = Artifact::from_bytes(weights).map_err(|e| invalid_weights(file, &e))?;
        let network = PhotoNetwork::new(&artifact).map_err(|e| invalid_weights(file, &e))?;
        self.photo_network = Some(network);
        Ok(Reply::PhotoNetworkLoaded {
            parameters: artifact.parameter_count() as u32,
        })
    }

    fn classify_photo(&mut self, square: &RgbaImage) -> Result<PhotoPrediction, RequestError> {
        let clock = self.clock;
        let network = self.photo_network.as_mut();
        let network = network.ok_or(RequestError::WeightsMissing(WeightsFile::PhotoNetwork))?;
        let start = clock();
        let probabilities = network.classify(square);
        Ok(PhotoPrediction {
            probabilities,
            micros: elapsed_micros(clock, start),
        })
    }

    fn explain_photo(
        &mut self,
        photo: u32,
        edits: &Edits,
        class: PhotoClass,
    ) -> Result<Reply, RequestError> {
        let square = self.photos.square(photo, edits)?;
        let network = self.photo_network.as_mut();
        let network = network.ok_or(RequestError::WeightsMissing(WeightsFile::PhotoNetwork))?;
        network.logits(&square);
        let side = square.width();
        let heat = network.explain(class).upsample(side as usize);
        let overlay = RgbaImage::new(side, side, overlay(square.rgba(), &heat));
        Ok(Reply::PhotoHeatMap {
            overlay: overlay.expect("invariant: the overlay has the photo's size"),
        })
    }

    fn detect_novelty(&mut self, grey: &Pixels) -> Result<Reply, RequestError> {
        self.set_sample(image(grey)?);
        let novelty = self.novelty.as_ref();
        let novelty = novelty.ok_or(RequestError::WeightsMissing(WeightsFile::Novelty))?;
        let is_garment = novelty.is_known(&self.sample);
        Ok(Reply::Novelty {
            is_garment,
            rotation: if is_garment {
                None
            } else {
                novelty.known_rotation(&self.sample)
            },
        })
    }

    fn combine(&self, predictions: &[Prediction]) -> Result<Reply, RequestError> {
        let ensemble = self.ensemble.as_ref();
        let ensemble = ensemble.ok_or(RequestError::WeightsMissing(WeightsFile::Ensemble))?;
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
            classifiers,
            sample,
            features_micros,
            ..
        } = self;
        let classifier = find(classifiers, model)?;
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

    /// Adds the predictions of the networks that are loaded; the photo network's only where the page cannot ask for it afterwards.
    fn with_predictions(&mut self, mut prepared: Prepared) -> Reply {
        let unnumbered = self.photos.take_unnumbered();
        let predictions = ModelId::DEEP.map(|m| self.classify(m, &prepared.grey).ok());
        prepared.predictions = predictions.into_iter().flatten().collect();
        let is_photo = !matches!(prepared.route, Route::AsIs { .. });
        if let Some(pipeline) = unnumbered
            && is_photo
            && self.photo_network.is_some()
        {
            let square = pipeline.square(&Edits::default(), photo_network::SIDE);
            prepared.photo = self.classify_photo(&square).ok();
        }
        Reply::Prepared(Box::new(prepared))
    }

    fn classify_batch(&mut self, model: ModelId, images: &[u8]) -> Result<Reply, RequestError> {
        let samples = batch::samples(images)?;
        let classifier = find(&mut self.classifiers, model)?.classifier();
        let start = (self.clock)();
        let scores = classifier.scores_batch(&samples);
        let micros = elapsed_micros(self.clock, start);
        let classes = batch::class_indices(model, &scores, classifier.temperature());
        Ok(Reply::Batch { classes, micros })
    }

    fn measure(&mut self, model: ModelId, batch: u32, runs: u32) -> Result<Reply, RequestError> {
        let samples = batch::measurement_samples(batch, runs)?;
        let classifier = find(&mut self.classifiers, model)?.classifier();
        // Computes the features too, so that only the model is timed.
        classifier.scores_batch(&samples);
        let start = (self.clock)();
        for _ in 0..runs {
            black_box(classifier.scores_batch(&samples));
        }
        let micros = elapsed_micros(self.clock, start);
        Ok(Reply::Measured { micros })
    }

    fn explain(
        &mut self,
        model: ModelId,
        grey: &Pixels,
        class: Garment,
    ) -> Result<Reply, RequestError> {
        let (classifier, sample) = self.classifier_and_sample(model, grey)?;
        let map = classifier.explain(sample, class);
        let method = Method::for_model(model);
        let full = match classifier {
            AnyClassifier::Network(plan) if method == Method::GradCam => {
                plan.grad_cam_scale(plan.activation())
            }
            _ => FULL,
        };
        Ok(heat_map(model, class, method, map, full))
    }

    /// A model, and the image as the last one.
    fn classifier_and_sample(
        &mut self,
        model: ModelId,
        grey: &Pixels,
    ) -> Result<(&mut AnyClassifier, &Sample), RequestError> {
        self.set_sample(image(grey)?);
        Ok((find(&mut self.classifiers, model)?, &self.sample))
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

fn heat_map(model: ModelId, class: Garment, method: Method, map: HeatMap, full: f32) -> Reply {
    Reply::HeatMap(RawHeatMap {
        model,
        class,
        method,
        side: map.rows as u32,
        values: map.values,
        full,
    })
}

fn find(
    classifiers: &mut [(ModelId, AnyClassifier)],
    model: ModelId,
) -> Result<&mut AnyClassifier, RequestError> {
    classifiers
        .iter_mut()
        .find(|(id, _)| *id == model)
        .map(|(_, classifier)| classifier)
        .ok_or(RequestError::WeightsMissing(WeightsFile::Model(model)))
}

#[cfg(test)]
mod tests;
