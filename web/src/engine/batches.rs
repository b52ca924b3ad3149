//! The requests of batches, of images and of files, shared out among the CPU engine's worker and those of the pool.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{BatchFile, FileAnswer, Reply, Request, WeightsFile};
use shared::image::PIXELS;
use shared::{Garment, ModelId};
use web_sys::File;

use super::client::Client;
use super::engine_selection::Engine;
use super::error::EngineError;
use super::job_sharing::{Jobs, share_out};
use super::worker_pool::LeasedWorker;
use crate::contender::Contender;

/// Images in a batch: enough for an engine to reach its full speed, few enough that it is soon free for other requests.
pub(super) const BATCH_SIZE: usize = 250;
/// The same if a classical model is asked, which needs milliseconds for an image: the visitor's image waits for one batch.
const CLASSICAL_BATCH_SIZE: usize = 25;
/// From this number of batches on it is worth starting more workers.
const MANY_BATCHES: usize = 8;

/// The prediction for an image of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchPrediction {
    pub class: Garment,
    /// The class's probability.
    pub confidence: f32,
}

/// A CPU worker that classifies parts of a batch.
pub struct BatchWorker {
    client: Client,
    /// The worker of the pool, unless it is the CPU engine's own.
    leased: Option<LeasedWorker>,
}

impl BatchWorker {
    /// Whether it is the CPU engine's own worker.
    pub fn is_engine(&self) -> bool {
        self.leased.is_none()
    }

    /// Starts a worker of the pool and loads these weights, unless that is done. Returns `false` if the worker is not to be used.
    pub async fn prepare(&self, needed: &[WeightsFile]) -> bool {
        match &self.leased {
            Some(worker) => worker.prepare(needed).await,
            None => true,
        }
    }

    async fn call(&self, request: Request, files: &[File]) -> Result<Reply, EngineError> {
        match &self.leased {
            Some(worker) => worker.call(request, files).await,
            None if files.is_empty() => self.client.call_cpu(request).await,
            None => self.client.call_cpu_with_batch(request, files).await,
        }
    }

    /// The answers to the first of these files of a batch; at least one. `files` are those that are posted, in their order.
    pub async fn classify_files(
        &self,
        batch: Vec<BatchFile>,
        files: &[File],
    ) -> Result<Vec<Result<FileAnswer, EngineError>>, EngineError> {
        let count = batch.len();
        let request = Request::ClassifyFiles { files: batch };
        match self.call(request, files).await? {
            Reply::Files { answers } if (1..=count).contains(&answers.len()) => {
                let answers = answers.into_iter();
                Ok(answers.map(|a| a.map_err(EngineError::Refused)).collect())
            }
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// The contender's prediction for each image, 784 bytes each. If the engine that is to answer batches is the GPU engine, the CPU
    /// engine's own worker passes them on.
    async fn classify_images(
        &self,
        contender: Contender,
        images: Vec<u8>,
    ) -> Result<(Vec<BatchPrediction>, Engine), EngineError> {
        let count = images.len() / PIXELS;
        let (reply, engine) = match contender {
            Contender::Model(model) => {
                let request = Request::ClassifyBatch { model, images };
                match self.client.batch_engine(contender) {
                    Engine::WebGpu if self.is_engine() => {
                        self.client.call(Engine::WebGpu, model, request).await?
                    }
                    _ => (self.call(request, &[]).await?, Engine::Cpu),
                }
            }
            Contender::Vote => {
                let request = Request::ClassifyBatchByEnsemble { images };
                (self.call(request, &[]).await?, Engine::Cpu)
            }
        };
        Ok((batch_predictions(reply, count)?, engine))
    }
}

impl Client {
    /// The workers for a batch: the CPU engine's own and, if there are `many` jobs, those of the pool.
    pub fn batch_workers(&self, many: bool) -> Vec<BatchWorker> {
        let pool = if many { self.lease_pool() } else { Vec::new() };
        let pool = pool.into_iter().map(Some);
        let workers = std::iter::once(None).chain(pool);
        let workers = workers.map(|leased| BatchWorker {
            client: self.clone(),
            leased,
        });
        workers.collect()
    }

    /// The predictions for `count` images, in batches. `image` gives the pixels of an image, 784 bytes. `receive` gets the predictions of
    /// each batch, in the order of the images, with the engine that made them, and returns whether to go on.
    ///
    /// # Errors
    /// The CPU engine's own worker did not classify a batch. What the pool's workers fail at is asked of another one.
    pub async fn classify_images<'a>(
        &self,
        contender: Contender,
        count: usize,
        image: impl Fn(usize) -> &'a [u8],
        receive: impl FnMut(Vec<BatchPrediction>, Engine) -> bool,
    ) -> Result<(), EngineError> {
        let size = match contender {
            Contender::Model(model) if model.is_deep() => BATCH_SIZE,
            _ => CLASSICAL_BATCH_SIZE,
        };
        let batches = count.div_ceil(size);
        let is_on_cpu = self.batch_engine(contender) == Engine::Cpu;
        let workers = self.batch_workers(is_on_cpu && batches >= MANY_BATCHES);
        let needed = needed(contender);
        let mut batches = ImageBatches {
            waiting: (0..batches).collect(),
            answered: BTreeMap::new(),
            received: 0,
            receive,
            error: None,
        };
        let prepare = async |worker: &BatchWorker| worker.prepare(&needed).await;
        let answer = async |worker: &BatchWorker, batch: &usize| {
            let images = batch * size..count.min((batch + 1) * size);
            let pixels: Vec<&[u8]> = images.map(&image).collect();
            let predictions = worker.classify_images(contender, pixels.concat()).await;
            predictions.map_err(|error| worker.is_engine().then_some(error))
        };
        share_out(workers, &mut batches, prepare, answer).await;
        batches.error.map_or(Ok(()), Err)
    }

    fn batch_engine(&self, contender: Contender) -> Engine {
        match contender {
            Contender::Model(model) => self.status().batch_engine(model),
            Contender::Vote => Engine::Cpu,
        }
    }
}

/// The weights that a contender needs.
fn needed(contender: Contender) -> Vec<WeightsFile> {
    match contender {
        Contender::Model(model) => vec![WeightsFile::Model(model)],
        Contender::Vote => {
            let models = ModelId::ALL.into_iter().map(WeightsFile::Model);
            models.chain([WeightsFile::Ensemble]).collect()
        }
    }
}

/// The predictions of a reply to a batch of `count` images.
fn batch_predictions(reply: Reply, count: usize) -> Result<Vec<BatchPrediction>, EngineError> {
    let Reply::Batch {
        classes,
        confidences,
        ..
    } = reply
    else {
        return Err(EngineError::UnexpectedReply);
    };
    let predictions = classes.iter().zip(confidences).map(|(class, confidence)| {
        let class = Garment::from_index(usize::from(*class))?;
        Some(BatchPrediction { class, confidence })
    });
    let predictions: Option<Vec<_>> = predictions.collect();
    let predictions = predictions.filter(|p| p.len() == count);
    predictions.ok_or(EngineError::UnexpectedReply)
}

type Predictions = (Vec<BatchPrediction>, Engine);

/// Batches of images, numbered. Their predictions are passed on in order.
struct ImageBatches<F> {
    waiting: BTreeSet<usize>,
    /// Those that cannot be passed on yet, as an earlier batch is not answered.
    answered: BTreeMap<usize, Predictions>,
    /// How many have been passed on.
    received: usize,
    receive: F,
    error: Option<EngineError>,
}

impl<F: FnMut(Vec<BatchPrediction>, Engine) -> bool> Jobs for ImageBatches<F> {
    type Job = usize;
    /// `Err(None)` is a failure of a worker of the pool.
    type Answer = Result<Predictions, Option<EngineError>>;

    fn next(&mut self) -> Option<usize> {
        self.waiting.pop_first()
    }

    fn receive(&mut self, batch: usize, answer: Self::Answer) -> bool {
        match answer {
            Ok(predictions) => {
                self.answered.insert(batch, predictions);
            }
            Err(None) => {
                self.waiting.insert(batch);
            }
            Err(error) => {
                self.error = error;
                return false;
            }
        }
        while let Some((predictions, engine)) = self.answered.remove(&self.received) {
            self.received += 1;
            if !(self.receive)(predictions, engine) {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(class: Garment) -> Predictions {
        let confidence = 1.0;
        (vec![BatchPrediction { class, confidence }], Engine::Cpu)
    }

    #[test]
    fn predictions_are_passed_on_in_order_and_failures_of_the_pool_are_asked_again() {
        let mut classes = Vec::new();
        let mut batches = ImageBatches {
            waiting: (0..3).collect(),
            answered: BTreeMap::new(),
            received: 0,
            receive: |predictions: Vec<BatchPrediction>, _| {
                classes.extend(predictions.iter().map(|p| p.class.index()));
                classes.len() < 3
            },
            error: None,
        };
        let taken: Vec<usize> = std::iter::from_fn(|| batches.next()).collect();
        assert_eq!(taken, [0, 1, 2]);
        assert!(batches.receive(2, Ok(prediction(Garment::ALL[2]))));
        assert!(batches.receive(0, Err(None)));
        assert!(batches.receive(1, Ok(prediction(Garment::ALL[1]))));
        assert_eq!(batches.next(), Some(0));
        assert!(!batches.receive(0, Ok(prediction(Garment::ALL[0]))));
        assert!(batches.error.is_none());
        assert_eq!(classes, [0, 1, 2]);
    }

    #[test]
    fn a_failure_of_the_engine_ends_the_batches() {
        let mut batches = ImageBatches {
            waiting: (0..3).collect(),
            answered: BTreeMap::new(),
            received: 0,
            receive: |_, _| true,
            error: None,
        };
        assert!(!batches.receive(0, Err(Some(EngineError::NotSent))));
        assert_eq!(batches.error, Some(EngineError::NotSent));
    }
}
