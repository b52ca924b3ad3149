//! The GPU engine: classifies images with the networks as WebGPU kernels of burn's runtime.

use burn::cubecl::prelude::Client;
use protocol::{
    Case, FatalError, Method, Pixels, RawHeatMap, Reply, Request, RequestError, Source,
    TimedPrediction, WeightsFile,
};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::lowering::LoweredNetwork;
use shared::plan::Plan;
use shared::{Classifier, Garment, Grey28, ModelId, Prediction, Sample};
use worker_runtime::self_test::SelfTest;
use worker_runtime::validation::{bytes, image, invalid_weights};
use worker_runtime::{Engine, batch, elapsed_micros, log};

use crate::adapter;
use crate::network::{Network, ReadError};

/// Runs after a model is loaded. The first compiles the shaders, which takes seconds; the second allocates the buffers that later
/// ones use again.
const WARM_UP_RUNS: usize = 2;

/// The graphics device, the models loaded so far, and the clock that times them.
pub struct GpuEngine {
    /// Opened with the first model.
    client: Option<Client>,
    models: Vec<LoadedModel>,
    /// A monotonic clock in milliseconds.
    clock: fn() -> f64,
    /// Called if the device fails between two requests.
    on_device_error: fn(FatalError),
}

/// A model on the graphics device.
struct LoadedModel {
    network: Network,
    /// Computes Grad-CAM from the network's activations on the CPU: a few thousand products are not worth a shader.
    plan: Plan,
}

/// Why a request has no answer.
enum GpuError {
    /// The request or its weights are invalid; the engine continues.
    Request(RequestError),
    /// The device failed; the engine cannot continue.
    Device(FatalError),
}

impl From<RequestError> for GpuError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<ReadError> for GpuError {
    fn from(error: ReadError) -> Self {
        log(&error.to_string());
        Self::Device(FatalError::NoResult)
    }
}

impl Engine for GpuEngine {
    async fn answer(&mut self, request: Request) -> Reply {
        let reply = match request {
            Request::Load { model, weights } => self.load(model, weights).await,
            Request::Classify { model, grey } => {
                self.classify(model, &grey).await.map(Reply::Prediction)
            }
            Request::Explain { model, grey, class } => self.explain(model, &grey, class).await,
            Request::ClassifyBatch { model, images } => self.classify_batch(model, &images).await,
            Request::Measure { model, batch, runs } => self.measure(model, batch, runs).await,
            Request::SelfTest { cases } => self.self_test(&cases).await,
            Request::Ping => Ok(Reply::Pong),
            Request::Gallery { .. }
            | Request::TestSet { .. }
            | Request::ReadArray { .. }
            | Request::Prepare { .. }
            | Request::ClassifyFiles { .. }
            | Request::ClassifyFrame { .. }
            | Request::Edit { .. }
            | Request::LoadEnsemble { .. }
            | Request::Ensemble { .. }
            | Request::ClassifyBatchByEnsemble { .. }
            | Request::LoadNovelty { .. }
            | Request::LoadPhotoNetwork { .. }
            | Request::ClassifyPhoto { .. }
            | Request::ExplainPhoto { .. }
            | Request::Reason { .. }
            | Request::Occlude { .. }
            | Request::TestMaps { .. }
            | Request::ClassifyByAll { .. }
            | Request::FindSmallestChange { .. }
            | Request::Layers { .. }
            | Request::Cell { .. }
            | Request::FeatureScores { .. }
            | Request::DetectNovelty { .. } => Err(RequestError::CpuOnly.into()),
        };
        match reply {
            Ok(reply) => reply,
            Err(GpuError::Request(error)) => Reply::Error(error),
            Err(GpuError::Device(error)) => Reply::Fatal(error),
        }
    }
}

impl GpuEngine {
    /// An engine without models.
    pub fn new(clock: fn() -> f64, on_device_error: fn(FatalError)) -> Self {
        Self {
            client: None,
            models: Vec::new(),
            clock,
            on_device_error,
        }
    }

    async fn load(&mut self, model: ModelId, weights: Source) -> Result<Reply, GpuError> {
        if !model.is_deep() {
            return Err(RequestError::CpuOnly.into());
        }
        let file = WeightsFile::Model(model);
        let weights = bytes(weights)?;
        let artifact = Artifact::from_bytes(&weights).map_err(|e| invalid_weights(file, &e))?;
        let lowered =
            LoweredNetwork::new(model, &artifact).map_err(|e| invalid_weights(file, &e))?;
        let plan = Plan::from_lowered(model, lowered.clone());
        let client = match &self.client {
            Some(client) => client.clone(),
            None => {
                let client = adapter::open(self.on_device_error).await;
                let client = client.map_err(GpuError::Device)?;
                self.client.insert(client).clone()
            }
        };
        let network = Network::new(&client, &lowered);
        self.models.retain(|m| m.plan.id() != model);
        self.models.push(LoadedModel { network, plan });
        let blank = Pixels::from(&Grey28::new([0; PIXELS]));
        for _ in 0..WARM_UP_RUNS {
            self.classify(model, &blank).await?;
            if Method::for_model(model) == Method::GradCam {
                self.explain(model, &blank, Garment::ALL[0]).await?;
            }
        }
        Ok(Reply::Loaded {
            model,
            parameters: artifact.parameter_count() as u32,
        })
    }

    fn model(&self, model: ModelId) -> Result<&LoadedModel, RequestError> {
        let loaded = self.models.iter().find(|m| m.plan.id() == model);
        loaded.ok_or(RequestError::WeightsMissing(WeightsFile::Model(model)))
    }

    /// Timed from the upload of the image to the download of its logits.
    async fn classify(&self, model: ModelId, grey: &Pixels) -> Result<TimedPrediction, GpuError> {
        let input = image(grey)?.standardised().to_vec();
        let start = (self.clock)();
        let scores = self.logits(model, &input).await?[0];
        let micros = elapsed_micros(self.clock, start);
        let temperature = self.model(model)?.plan.temperature();
        let prediction = Prediction::from_scores(model, &scores, temperature);
        Ok(TimedPrediction {
            model,
            probabilities: prediction.probabilities,
            scores,
            micros,
            features_micros: None,
        })
    }

    /// The logits of standardised images, one row for each.
    async fn logits(&self, model: ModelId, input: &[f32]) -> Result<Vec<[f32; CLASSES]>, GpuError> {
        Ok(self.model(model)?.network.forward(input).await?)
    }

    async fn classify_batch(&self, model: ModelId, images: &[u8]) -> Result<Reply, GpuError> {
        let input = standardised(&batch::samples(images)?);
        let start = (self.clock)();
        let logits = self.logits(model, &input).await?;
        let micros = elapsed_micros(self.clock, start);
        let temperature = self.model(model)?.plan.temperature();
        let predictions = batch::predictions(model, &logits, temperature);
        Ok(batch::reply(predictions.map(|p| p.probabilities), micros))
    }

    /// Each run is timed from the upload of its images to the download of their logits.
    async fn measure(&self, model: ModelId, batch: u32, runs: u32) -> Result<Reply, GpuError> {
        let input = standardised(&batch::measurement_samples(batch, runs)?);
        // Compiles the shaders for this shape.
        self.logits(model, &input).await?;
        let start = (self.clock)();
        for _ in 0..runs {
            self.logits(model, &input).await?;
        }
        let micros = elapsed_micros(self.clock, start);
        Ok(Reply::Measured { micros })
    }

    async fn explain(
        &self,
        model: ModelId,
        grey: &Pixels,
        class: Garment,
    ) -> Result<Reply, GpuError> {
        if Method::for_model(model) != Method::GradCam {
            return Err(RequestError::CpuOnly.into());
        }
        let input = image(grey)?.standardised().to_vec();
        let LoadedModel { network, plan } = self.model(model)?;
        let activation = network.features(&input).await?; // [rows, columns, channels]
        let map = plan.grad_cam(&activation, class);
        Ok(Reply::HeatMap(RawHeatMap {
            model,
            class,
            method: Method::GradCam,
            side: map.rows as u32,
            values: map.values,
            full: plan.grad_cam_scale(&activation),
        }))
    }

    async fn self_test(&self, cases: &[Case]) -> Result<Reply, GpuError> {
        let mut self_test = SelfTest::default();
        for case in cases {
            let prediction = self.classify(case.model, &case.grey).await?;
            self_test.add(case, &prediction);
        }
        Ok(self_test.reply()?)
    }
}

/// The networks' input for these images.
///
/// # Shapes
/// `[samples * 784]`
fn standardised(samples: &[Sample]) -> Vec<f32> {
    let images = samples.iter().map(|s| s.grey().standardised());
    images.flatten().collect()
}
