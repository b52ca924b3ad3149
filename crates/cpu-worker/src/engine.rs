//! The CPU engine: prepares pictures, answers them by all seven models, and counts their votes.

use core::hint::black_box;

use shared::artifact::Artifact;
use shared::image::PIXELS;
use shared::model::ensemble::TITLE;
use shared::model::{AnyClassifier, Ensemble, NoveltyDetector};
use shared::{Garment, Grey28, ModelId, Sample};

use crate::idx;
use crate::preprocessing::{Darkroom, gallery};
use protocol::{Case, Method, Pixels, Prepared, RawHeatMap, Reply, Request, TimedPrediction};
use worker_runtime::batch;
use worker_runtime::self_test::Agreement;
use worker_runtime::validation::{bytes, picture, unfit, unloaded};
use worker_runtime::{Engine, failure, since};

/// What the novelty detector is called in sentences.
const NOVELTY: &str = "The check for other things";

/// The models loaded so far, the vote, and the clock that times them.
pub struct Cpu {
    members: Vec<(ModelId, AnyClassifier)>,
    vote: Option<Ensemble>,
    novelty: Option<NoveltyDetector>,
    darkroom: Darkroom,
    /// The last picture: all models are asked about the same one, and its features are made once.
    sample: Sample,
    /// How long that took, once they are made.
    features_micros: Option<u32>,
    /// Milliseconds, monotonic.
    clock: fn() -> f64,
}

impl Engine for Cpu {
    async fn answer(&mut self, request: Request) -> Reply {
        self.reply(request)
    }
}

impl Cpu {
    /// An engine without models.
    pub fn new(clock: fn() -> f64) -> Self {
        Self {
            members: Vec::new(),
            vote: None,
            novelty: None,
            darkroom: Darkroom::default(),
            sample: Sample::new(Grey28::new([0; PIXELS])),
            features_micros: None,
            clock,
        }
    }

    /// Answers one request.
    pub fn reply(&mut self, request: Request) -> Reply {
        let reply = match request {
            Request::Load { model, weights } => bytes(weights).and_then(|b| self.load(model, &b)),
            Request::LoadEnsemble { weights } => bytes(weights).and_then(|b| self.load_vote(&b)),
            Request::LoadNovelty { weights } => bytes(weights).and_then(|b| self.load_novelty(&b)),
            Request::DetectNovelty { grey } => self.detect_novelty(&grey),
            Request::Ensemble { predictions } => self.ensemble(&predictions),
            Request::Gallery { sprite } => bytes(sprite).and_then(|b| gallery(&b)),
            Request::TestSet { part, file } => bytes(file)
                .and_then(|b| idx::contents(part, b))
                .map(|bytes| Reply::TestSet { bytes }),
            Request::Prepare { file, photo } => {
                let prepared = self.darkroom.prepare(&file, photo);
                prepared.map(|prepared| self.answered(prepared))
            }
            Request::Edit { photo, edits } => {
                let prepared = self.darkroom.edit(photo, &edits);
                prepared.map(|prepared| self.answered(prepared))
            }
            Request::Classify { model, grey } => self.classify(model, &grey).map(Reply::Prediction),
            Request::Explain { model, grey, class } => self.explain(model, &grey, class),
            Request::ClassifyBatch { model, pictures } => self.classify_batch(model, &pictures),
            Request::Measure { model, batch, runs } => self.measure(model, batch, runs),
            Request::SelfTest { cases } => self.self_test(&cases),
        };
        reply.unwrap_or_else(failure)
    }

    fn load(&mut self, model: ModelId, weights: &[u8]) -> Result<Reply, String> {
        let unfit = |e: &str| unfit(model.title(), e);
        let artifact = Artifact::from_bytes(weights).map_err(|e| unfit(&e.to_string()))?;
        let member = AnyClassifier::new(model, &artifact).map_err(|e| unfit(&e.to_string()))?;
        self.members.retain(|(known, _)| *known != model);
        self.members.push((model, member));
        Ok(Reply::Loaded {
            model,
            parameters: artifact.parameter_count() as u32,
        })
    }

    fn load_vote(&mut self, weights: &[u8]) -> Result<Reply, String> {
        let artifact = Artifact::from_bytes(weights).map_err(|e| unfit(TITLE, &e.to_string()))?;
        let vote = Ensemble::from_artifact(&artifact).map_err(|e| unfit(TITLE, &e.to_string()))?;
        self.vote = Some(vote);
        Ok(Reply::EnsembleLoaded)
    }

    fn load_novelty(&mut self, weights: &[u8]) -> Result<Reply, String> {
        let unfit = |e: &str| unfit(NOVELTY, e);
        let artifact = Artifact::from_bytes(weights).map_err(|e| unfit(&e.to_string()))?;
        self.novelty = Some(NoveltyDetector::new(&artifact).map_err(|e| unfit(&e.to_string()))?);
        Ok(Reply::NoveltyLoaded)
    }

    fn detect_novelty(&mut self, grey: &Pixels) -> Result<Reply, String> {
        self.take(picture(grey)?);
        let novelty = self.novelty.as_ref().ok_or_else(|| unloaded(NOVELTY))?;
        let is_garment = novelty.is_known(&self.sample);
        Ok(Reply::Novelty { is_garment })
    }

    fn ensemble(&self, predictions: &[shared::Prediction]) -> Result<Reply, String> {
        let vote = self.vote.as_ref().ok_or_else(|| unloaded(TITLE))?;
        let probabilities = vote
            .combine(predictions)
            .ok_or("There is no vote before a model has answered: wait for the first answer.")?;
        Ok(Reply::Ensemble { probabilities })
    }

    fn classify(&mut self, model: ModelId, grey: &Pixels) -> Result<TimedPrediction, String> {
        let clock = self.clock;
        let micros = |start| since(clock, start);
        self.take(picture(grey)?);
        let Self {
            members,
            sample,
            features_micros,
            ..
        } = self;
        let member = member(members, model)?;
        let shared_micros = (!model.is_deep()).then(|| {
            *features_micros.get_or_insert_with(|| {
                let start = clock();
                sample.features();
                micros(start)
            })
        });
        let classifier = member.classifier();
        let start = clock();
        let scores = classifier.scores(sample);
        let micros = micros(start);
        let verdict = shared::Prediction::from_scores(model, &scores, classifier.temperature());
        Ok(TimedPrediction {
            model,
            probabilities: verdict.probabilities,
            scores,
            micros,
            features_micros: shared_micros,
        })
    }

    /// Adds the networks' verdicts to a prepared picture.
    fn answered(&mut self, mut prepared: Prepared) -> Reply {
        let verdicts = ModelId::DEEP.map(|m| self.classify(m, &prepared.grey).ok());
        prepared.verdicts = verdicts.into_iter().flatten().collect();
        Reply::Prepared(prepared)
    }

    fn classify_batch(&mut self, model: ModelId, pictures: &[u8]) -> Result<Reply, String> {
        let samples = batch::pictures(pictures)?;
        let classifier = member(&mut self.members, model)?.classifier();
        let start = (self.clock)();
        let scores = classifier.scores_batch(&samples);
        let micros = since(self.clock, start);
        let classes = batch::classes(model, &scores, classifier.temperature());
        Ok(Reply::Batch { classes, micros })
    }

    fn measure(&mut self, model: ModelId, batch: u32, runs: u32) -> Result<Reply, String> {
        let samples = batch::specimens(batch, runs)?;
        let classifier = member(&mut self.members, model)?.classifier();
        // Makes the features, too: the model alone is timed.
        classifier.scores_batch(&samples);
        let start = (self.clock)();
        for _ in 0..runs {
            black_box(classifier.scores_batch(&samples));
        }
        let micros = since(self.clock, start);
        Ok(Reply::Measured { micros })
    }

    fn explain(&mut self, model: ModelId, grey: &Pixels, class: Garment) -> Result<Reply, String> {
        self.take(picture(grey)?);
        let map = member(&mut self.members, model)?.explain(&self.sample, class);
        Ok(Reply::HeatMap(RawHeatMap {
            model,
            class,
            method: Method::for_model(model),
            side: map.rows as u32,
            values: map.values,
        }))
    }

    /// Makes this the last picture, unless it is already.
    fn take(&mut self, grey: Grey28) {
        if *self.sample.grey() != grey {
            self.sample = Sample::new(grey);
            self.features_micros = None;
        }
    }

    fn self_test(&mut self, cases: &[Case]) -> Result<Reply, String> {
        let mut agreement = Agreement::default();
        for case in cases {
            let verdict = self.classify(case.model, &case.grey)?;
            agreement.add(case, &verdict);
        }
        agreement.reply()
    }
}

fn member(
    members: &mut [(ModelId, AnyClassifier)],
    model: ModelId,
) -> Result<&mut AnyClassifier, String> {
    members
        .iter_mut()
        .find(|(known, _)| *known == model)
        .map(|(_, member)| member)
        .ok_or_else(|| unloaded(model.title()))
}

#[cfg(test)]
mod tests;
