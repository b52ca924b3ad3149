//! The GPU engine: answers pictures by the networks' passes as kernels of burn's GPU runtime, on the browser's WebGPU.

use burn::cubecl::prelude::Client;
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::lowering::LoweredNetwork;
use shared::plan::Plan;
use shared::{Classifier, Garment, Grey28, ModelId, Sample};

use crate::network::Network;
use protocol::{Case, Method, Pixels, RawHeatMap, Reply, Request, Source, TimedPrediction};
use worker_runtime::batch;
use worker_runtime::self_test::Agreement;
use worker_runtime::validation::{brief, bytes, picture, unfit, unloaded};
use worker_runtime::{Engine, failure, since};

/// Runs before the first answer. The first compiles the shaders, which takes seconds; the second allocates what the
/// later ones use again.
const WARM_UPS: usize = 2;

/// The graphics processor, the models loaded so far, and the clock that times them.
pub struct Gpu {
    /// Opened with the first model.
    client: Option<Client>,
    models: Vec<Loaded>,
    /// Milliseconds, monotonic.
    clock: fn() -> f64,
    /// Where to call for help when the graphics processor fails between two requests.
    alarm: fn(&str),
}

/// A model on the graphics processor.
struct Loaded {
    network: Network,
    /// Weighs the network's activations for Grad-CAM: a few thousand products, not worth a shader.
    plan: Plan,
}

/// Why a request got no answer.
enum Refusal {
    /// The request or its weights are at fault; the engine goes on.
    Request(String),
    /// The graphics processor is: the engine is beyond help.
    Device(String),
}

impl From<String> for Refusal {
    fn from(sentence: String) -> Self {
        Self::Request(sentence)
    }
}

impl Engine for Gpu {
    async fn answer(&mut self, request: Request) -> Reply {
        let reply = match request {
            Request::Load { model, weights } => self.load(model, weights).await,
            Request::Classify { model, grey } => {
                self.classify(model, &grey).await.map(Reply::Prediction)
            }
            Request::Explain { model, grey, class } => self.explain(model, &grey, class).await,
            Request::ClassifyBatch { model, pictures } => {
                self.classify_batch(model, &pictures).await
            }
            Request::Measure { model, batch, runs } => self.measure(model, batch, runs).await,
            Request::SelfTest { cases } => self.self_test(&cases).await,
            Request::Gallery { .. }
            | Request::TestSet { .. }
            | Request::Prepare { .. }
            | Request::Edit { .. } => Err(Refusal::Request(
                "The GPU engine prepares no pictures: ask the CPU engine.".into(),
            )),
            Request::LoadEnsemble { .. }
            | Request::Ensemble { .. }
            | Request::LoadNovelty { .. }
            | Request::DetectNovelty { .. } => Err(Refusal::Request(
                "The GPU engine answers for the networks alone: ask the CPU engine.".into(),
            )),
        };
        match reply {
            Ok(reply) => reply,
            Err(Refusal::Request(sentence)) => failure(sentence),
            Err(Refusal::Device(sentence)) => Reply::Fatal { sentence },
        }
    }
}

impl Gpu {
    /// An engine without models; `alarm` is told when the graphics processor is lost.
    pub fn new(clock: fn() -> f64, alarm: fn(&str)) -> Self {
        Self {
            client: None,
            models: Vec::new(),
            clock,
            alarm,
        }
    }

    async fn load(&mut self, model: ModelId, weights: Source) -> Result<Reply, Refusal> {
        if !model.is_deep() {
            return Err(Refusal::Request(format!(
                "The GPU engine runs networks, and {} is none: ask the CPU engine.",
                model.title()
            )));
        }
        let weights = bytes(weights)?;
        let title = model.title();
        let artifact = Artifact::from_bytes(&weights).map_err(|e| unfit(title, &e.to_string()))?;
        let lowered =
            LoweredNetwork::new(model, &artifact).map_err(|e| unfit(title, &e.to_string()))?;
        let plan = Plan::from_lowered(model, lowered.clone());
        let client = match &self.client {
            Some(client) => client.clone(),
            None => {
                let client = crate::adapter::open(self.alarm)
                    .await
                    .map_err(|e| Refusal::Device(e.to_string()))?;
                self.client.insert(client).clone()
            }
        };
        let network = Network::new(&client, &lowered);
        self.models.retain(|known| known.plan.id() != model);
        self.models.push(Loaded { network, plan });
        let blank = Pixels::from(&Grey28::new([0; PIXELS]));
        for _ in 0..WARM_UPS {
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

    fn model(&self, model: ModelId) -> Result<&Loaded, Refusal> {
        let loaded = self.models.iter().find(|m| m.plan.id() == model);
        loaded.ok_or_else(|| unloaded(model.title()).into())
    }

    /// Timed from the upload of the picture to the arrival of its logits.
    async fn classify(&self, model: ModelId, grey: &Pixels) -> Result<TimedPrediction, Refusal> {
        let input = picture(grey)?.standardised().to_vec();
        let start = (self.clock)();
        let scores = self.logits(model, &input).await?[0];
        let micros = since(self.clock, start);
        let temperature = self.model(model)?.plan.temperature();
        let verdict = shared::Prediction::from_scores(model, &scores, temperature);
        Ok(TimedPrediction {
            model,
            probabilities: verdict.probabilities,
            scores,
            micros,
            features_micros: None,
        })
    }

    /// The logits of standardised pictures: as many as there are pictures.
    async fn logits(&self, model: ModelId, input: &[f32]) -> Result<Vec<[f32; CLASSES]>, Refusal> {
        let network = &self.model(model)?.network;
        network.forward(input).await.map_err(broken)
    }

    async fn classify_batch(&self, model: ModelId, pictures: &[u8]) -> Result<Reply, Refusal> {
        let input = standardised(&batch::pictures(pictures)?);
        let start = (self.clock)();
        let logits = self.logits(model, &input).await?;
        let micros = since(self.clock, start);
        let temperature = self.model(model)?.plan.temperature();
        let classes = batch::classes(model, &logits, temperature);
        Ok(Reply::Batch { classes, micros })
    }

    /// Each run from the upload of its pictures to the arrival of their logits.
    async fn measure(&self, model: ModelId, batch: u32, runs: u32) -> Result<Reply, Refusal> {
        let input = standardised(&batch::specimens(batch, runs)?);
        // Compiles the shaders of this shape.
        self.logits(model, &input).await?;
        let start = (self.clock)();
        for _ in 0..runs {
            self.logits(model, &input).await?;
        }
        let micros = since(self.clock, start);
        Ok(Reply::Measured { micros })
    }

    async fn explain(
        &self,
        model: ModelId,
        grey: &Pixels,
        class: Garment,
    ) -> Result<Reply, Refusal> {
        if Method::for_model(model) != Method::GradCam {
            return Err(Refusal::Request(format!(
                "{} has no convolutions to look into: ask the CPU engine.",
                model.title()
            )));
        }
        let input = picture(grey)?.standardised().to_vec();
        let Loaded { network, plan } = self.model(model)?;
        let activation = network.features(&input).await.map_err(broken)?; // [rows, columns, channels]
        let map = plan.grad_cam(&activation, class);
        Ok(Reply::HeatMap(RawHeatMap {
            model,
            class,
            method: Method::GradCam,
            side: map.rows as u32,
            values: map.values,
        }))
    }

    async fn self_test(&self, cases: &[Case]) -> Result<Reply, Refusal> {
        let mut agreement = Agreement::default();
        for case in cases {
            let verdict = self.classify(case.model, &case.grey).await?;
            agreement.add(case, &verdict);
        }
        Ok(agreement.reply()?)
    }
}

/// Many pictures as the networks see them.
///
/// # Shapes
/// `[samples * 784]`
fn standardised(samples: &[Sample]) -> Vec<f32> {
    let pictures = samples.iter().map(|s| s.grey().standardised());
    pictures.flatten().collect()
}

/// The sentence for a graphics processor that gave no result, or not all of it.
fn broken(reason: String) -> Refusal {
    Refusal::Device(format!(
        "The graphics processor gave no usable answer ({}): reload the page to try it again.",
        brief(&reason)
    ))
}
