//! The CPU engine: prepares photos, classifies images with all seven models, and combines their predictions.

use core::hint::black_box;

use photo::{Edits, Route};
use protocol::{
    BatchFile, Case, FileAnswer, Method, PhotoPrediction, Pixels, Prepared, RawHeatMap, Reply,
    Request, RequestError, Source, TimedPrediction, WeightsFile,
};
use shared::explain::occlusion::FULL;
use shared::explain::{HeatMap, overlay};
use shared::image::{PIXELS, RgbaImage};
use shared::model::{PhotoClass, photo_network};
use shared::{AnyClassifier, Garment, Grey28, LoadedModels, ModelId, Prediction, Sample};
use worker_runtime::self_test::SelfTest;
use worker_runtime::validation::{bytes, image, invalid_weights};
use worker_runtime::{Engine, batch, elapsed_micros};

use crate::browser_decoder;
use crate::preprocessing::{
    FileNotes, PhotoStore, PreparedFile, gallery, photo_error, prepare_file, prepare_image,
    read_array,
};
use crate::test_set;

/// After this time, the files of a batch that are left wait for the next request.
const MAX_BATCH_MILLIS: f64 = 100.0;

/// The models loaded so far, and the clock that times them.
pub struct CpuEngine {
    models: LoadedModels,
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
        match request {
            Request::ClassifyFiles { files } => self.classify_files(files).await,
            request => self.reply(request),
        }
    }
}

impl CpuEngine {
    /// An engine without models.
    pub fn new(clock: fn() -> f64) -> Self {
        Self {
            models: LoadedModels::default(),
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
            Request::Load { model, weights } => self.load(WeightsFile::Model(model), weights),
            Request::LoadEnsemble { weights } => self.load(WeightsFile::Ensemble, weights),
            Request::LoadNovelty { weights } => self.load(WeightsFile::Novelty, weights),
            Request::LoadPhotoNetwork { weights } => self.load(WeightsFile::PhotoNetwork, weights),
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
            Request::Layers { model, grey } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                let layers = classifier.layers(sample);
                let layers = layers.ok_or(RequestError::NoSuchValue)?;
                Ok(Reply::Layers(Box::new(layers)))
            }
            Request::Cell { model, grey, place } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                let cell = classifier.cell(sample, place);
                Ok(Reply::Cell(Box::new(
                    cell.ok_or(RequestError::NoSuchValue)?,
                )))
            }
            Request::FeatureScores { model, grey } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                let scores = classifier.feature_scores(sample);
                let scores = scores.ok_or(RequestError::NoSuchValue)?;
                Ok(Reply::FeatureScores(Box::new(scores)))
            }
            Request::ClassifyBatch { model, images } => self.classify_batch(model, &images),
            Request::ClassifyBatchByEnsemble { images } => self.classify_batch_by_ensemble(&images),
            Request::Measure { model, batch, runs } => self.measure(model, batch, runs),
            Request::SelfTest { cases } => self.self_test(&cases),
            Request::Ping => Ok(Reply::Pong),
            // Needs the browser's decoder, so it is answered before.
            Request::ClassifyFiles { .. } => Err(RequestError::NotDownloaded),
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

    fn classify_photo(&mut self, square: &RgbaImage) -> Result<PhotoPrediction, RequestError> {
        let clock = self.clock;
        let network = self.models.photo_network()?;
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
        let network = self.models.photo_network()?;
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
        let novelty = self.models.novelty()?;
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

    /// Answers the first files of a batch. It ends early enough that the visitor's other requests do not wait.
    async fn classify_files(&mut self, files: Vec<BatchFile>) -> Reply {
        let start = (self.clock)();
        let mut answers = Vec::with_capacity(files.len());
        for file in files {
            answers.push(self.classify_file(file).await);
            if (self.clock)() - start > MAX_BATCH_MILLIS {
                break;
            }
        }
        Reply::Files { answers }
    }

    /// Prepares a file as a file that is chosen alone, and classifies it with everything that is loaded.
    async fn classify_file(&mut self, file: BatchFile) -> Result<FileAnswer, RequestError> {
        let prepared = match file {
            BatchFile::Unreadable(name) => return Err(RequestError::UnreadableFile { name }),
            BatchFile::Prepared(grey) => PreparedFile::from(image(&grey)?),
            BatchFile::Bytes(bytes) => match browser_decoder::decode(&bytes).await {
                Some(image) => prepare_image(image.map_err(photo_error)?)?,
                None => prepare_file(&bytes)?,
            },
        };
        let grey = Pixels::from(&prepared.grey);
        let predictions = ModelId::ALL.map(|model| self.classify(model, &grey).ok());
        let predictions: Vec<Prediction> = predictions.iter().flatten().map(Into::into).collect();
        self.set_sample(prepared.grey);
        let novelty = self.models.novelty().ok();
        let is_known = novelty.map(|novelty| novelty.is_known(&self.sample));
        let photo = match &prepared.photo {
            Some(pipeline) if self.models.photo_network().is_ok() => {
                let square = pipeline.square(&Edits::default(), photo_network::SIDE);
                self.classify_photo(&square).ok()
            }
            _ => None,
        };
        Ok(FileAnswer {
            grey,
            is_photo: prepared.photo.is_some(),
            is_plain: prepared.is_plain,
            is_damaged: prepared.is_damaged,
            is_known,
            ensemble: self
                .models
                .ensemble()
                .ok()
                .and_then(|e| e.combine(&predictions)),
            photo: photo.map(|photo| photo.probabilities),
            predictions,
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
            && self.models.photo_network().is_ok()
        {
            let square = pipeline.square(&Edits::default(), photo_network::SIDE);
            prepared.photo = self.classify_photo(&square).ok();
        }
        Reply::Prepared(Box::new(prepared))
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

#[cfg(test)]
mod tests;
