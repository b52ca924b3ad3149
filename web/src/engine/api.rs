//! The requests of the page to the engines, one method each.

use photo::Edits;
use protocol::{
    AllAnswers, FrameAnswer, Method, PhotoPrediction, Pixels, Prepared, RawHeatMap, Reply, Request,
    TimedPrediction,
};
use shared::explain::{Reason, SearchState, Trust};
use shared::garment::CLASSES;
use shared::image::RgbaImage;
use shared::inside::{Cell, CellPlace, FeatureScores, NetworkLayers};
use shared::model::PhotoClass;
use shared::{Garment, ModelId};
use web_sys::File;

use super::batches::BATCH_SIZE;
use super::client::Client;
use super::engine_selection::{Engine, Speed};
use super::error::EngineError;

/// The minimum duration of a measurement in microseconds: browsers' clocks have a resolution of 0.1 ms at best.
const MIN_MEASUREMENT_MICROS: f64 = 50_000.0;
const MAX_MEASUREMENT_RUNS: f64 = 1000.0;
/// After this number of runs the browser has optimised a network's loops.
const WARM_UP_RUNS: u32 = 20;

/// What the novelty detector says of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Novelty {
    /// Whether it may show one of the ten classes.
    pub is_known: bool,
    /// If not: degrees, clockwise, by which it can be rotated so that it may.
    pub rotation: Option<u16>,
}

impl Client {
    /// Turns an image file into 28x28. The photo can be edited under this number until one with a larger number is prepared.
    pub async fn prepare_photo(&self, file: &File, photo: u32) -> Result<Prepared, EngineError> {
        let request = Request::Prepare {
            file: Vec::new(),
            photo,
        };
        let reply = self.call_cpu_with_file(request, file).await?;
        self.prepared(reply)
    }

    /// The answer to a frame of the live camera, with the heat map of a class if one is given.
    pub async fn classify_frame(
        &self,
        frame: RgbaImage,
        class: Option<PhotoClass>,
    ) -> Result<FrameAnswer, EngineError> {
        match self
            .call_cpu(Request::ClassifyFrame { frame, class })
            .await?
        {
            Reply::Frame(answer) => Ok(*answer),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// The images of a file that holds 28x28 images as numbers, and how many it holds; none of another file.
    pub async fn read_array(&self, file: &File) -> Result<(Vec<Pixels>, u32), EngineError> {
        let request = Request::ReadArray { file: Vec::new() };
        match self.call_cpu_with_file(request, file).await? {
            Reply::Array { images, count } => Ok((images, count)),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// Prepares the photo of this number with the visitor's edits.
    pub async fn edit_photo(&self, photo: u32, edits: Edits) -> Result<Prepared, EngineError> {
        let reply = self.call_cpu(Request::Edit { photo, edits }).await?;
        self.prepared(reply)
    }

    /// The photo network's prediction for the photo of this number, with the visitor's edits.
    pub async fn classify_photo(
        &self,
        photo: u32,
        edits: Edits,
    ) -> Result<PhotoPrediction, EngineError> {
        match self
            .call_cpu(Request::ClassifyPhoto { photo, edits })
            .await?
        {
            Reply::Photo(prediction) => Ok(prediction),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// The photo of this number below the photo network's heat map of a class.
    pub async fn explain_photo(
        &self,
        photo: u32,
        edits: Edits,
        class: PhotoClass,
    ) -> Result<RgbaImage, EngineError> {
        let request = Request::ExplainPhoto {
            photo,
            edits,
            class,
        };
        match self.call_cpu(request).await? {
            Reply::PhotoHeatMap { overlay } => Ok(overlay),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// Removes the CPU engine's predictions if the GPU engine is to make them.
    fn prepared(&self, reply: Reply) -> Result<Prepared, EngineError> {
        let Reply::Prepared(mut prepared) = reply else {
            return Err(EngineError::UnexpectedReply);
        };
        if self.status().active_engine() != Engine::Cpu {
            prepared.predictions.clear();
        }
        Ok(*prepared)
    }

    /// A model's prediction, and the engine that made it.
    pub async fn classify(
        &self,
        model: ModelId,
        grey: Pixels,
    ) -> Result<(TimedPrediction, Engine), EngineError> {
        let engine = self.status().active_engine();
        match self
            .call(engine, model, Request::Classify { model, grey })
            .await?
        {
            (Reply::Prediction(prediction), engine) => Ok((prediction, engine)),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// The heat map of a class.
    pub async fn explain(
        &self,
        model: ModelId,
        grey: Pixels,
        class: Garment,
    ) -> Result<RawHeatMap, EngineError> {
        let request = Request::Explain { model, grey, class };
        let reply = match Method::for_model(model) {
            Method::GradCam => {
                let engine = self.status().active_engine();
                self.call(engine, model, request).await?.0
            }
            // Many predictions of one image each, for which the CPU engine is faster.
            Method::Occlusion => self.call_cpu(request).await?,
        };
        match reply {
            Reply::HeatMap(map) => Ok(map),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// What a model itself gives as the reason for a class.
    pub async fn reason(
        &self,
        model: ModelId,
        grey: Pixels,
        class: Garment,
    ) -> Result<Reason, EngineError> {
        match self
            .call_cpu(Request::Reason { model, grey, class })
            .await?
        {
            Reply::Reason(reason) => Ok(*reason),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// The occlusion map of a class, whatever the model.
    pub async fn occlude(
        &self,
        model: ModelId,
        grey: Pixels,
        class: Garment,
    ) -> Result<RawHeatMap, EngineError> {
        match self
            .call_cpu(Request::Occlude { model, grey, class })
            .await?
        {
            Reply::HeatMap(map) => Ok(map),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// How far the maps of a class can be trusted.
    pub async fn test_maps(
        &self,
        model: ModelId,
        grey: Pixels,
        class: Garment,
    ) -> Result<Trust, EngineError> {
        match self
            .call_cpu(Request::TestMaps { model, grey, class })
            .await?
        {
            Reply::Trust(trust) => Ok(*trust),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// The answers of everything that the CPU engine has loaded.
    pub async fn classify_by_all(&self, grey: Pixels) -> Result<AllAnswers, EngineError> {
        match self.call_cpu(Request::ClassifyByAll { grey }).await? {
            Reply::AllAnswers(answers) => {
                let members = answers.predictions.len();
                let is_whole = |ensemble: &([f32; CLASSES], Vec<f32>)| ensemble.1.len() == members;
                if answers.ensemble.as_ref().is_none_or(is_whole) {
                    Ok(*answers)
                } else {
                    Err(EngineError::UnexpectedReply)
                }
            }
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// The values of each layer of a network.
    pub async fn layers(&self, model: ModelId, grey: Pixels) -> Result<NetworkLayers, EngineError> {
        match self.call_cpu(Request::Layers { model, grey }).await? {
            Reply::Layers(layers) => Ok(*layers),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// Continues the search for a small change of an image after which a model predicts another class.
    pub async fn find_smallest_change(
        &self,
        model: ModelId,
        grey: Pixels,
    ) -> Result<SearchState, EngineError> {
        let request = Request::FindSmallestChange { model, grey };
        match self.call_cpu(request).await? {
            Reply::SmallestChange(state) => Ok(state),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// What one value of a network's layer is computed from.
    pub async fn cell(
        &self,
        model: ModelId,
        grey: Pixels,
        place: CellPlace,
    ) -> Result<Cell, EngineError> {
        match self.call_cpu(Request::Cell { model, grey, place }).await? {
            Reply::Cell(cell) => Ok(*cell),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// What a classical model computes from an image.
    pub async fn feature_scores(
        &self,
        model: ModelId,
        grey: Pixels,
    ) -> Result<FeatureScores, EngineError> {
        let request = Request::FeatureScores { model, grey };
        match self.call_cpu(request).await? {
            Reply::FeatureScores(scores) => Ok(*scores),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// Whether an image may show one of the ten classes, according to the novelty detector.
    pub async fn detect_novelty(&self, grey: Pixels) -> Result<Novelty, EngineError> {
        match self.call_cpu(Request::DetectNovelty { grey }).await? {
            Reply::Novelty {
                is_garment,
                rotation,
            } => Ok(Novelty {
                is_known: is_garment,
                rotation,
            }),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// The ensemble's ten probabilities, from the models' predictions for one image, and the contribution of each prediction.
    pub async fn ensemble(
        &self,
        predictions: Vec<shared::Prediction>,
    ) -> Result<([f32; CLASSES], Vec<f32>), EngineError> {
        let count = predictions.len();
        match self.call_cpu(Request::Ensemble { predictions }).await? {
            Reply::Ensemble {
                probabilities,
                contributions,
            } if contributions.len() == count => Ok((probabilities, contributions)),
            _ => Err(EngineError::UnexpectedReply),
        }
    }

    /// Runs a network on the CPU engine until the browser has optimised it. Returns the microseconds per image after that, or `None`
    /// if the engine failed.
    pub async fn warm_up(&self, model: ModelId) -> Option<u32> {
        let mut micros = None;
        // The first half makes the browser optimise.
        for _ in 0..2 {
            let request = Request::Measure {
                model,
                batch: 1,
                runs: WARM_UP_RUNS,
            };
            micros = match self.call_cpu(request).await {
                Ok(Reply::Measured { micros }) => Some(micros / WARM_UP_RUNS),
                _ => return None,
            };
        }
        micros
    }

    /// Measures a network's speed on each engine that can answer now, and records it in the status.
    pub async fn measure_speed(&self, model: ModelId) -> Result<(), EngineError> {
        for engine in [Engine::Cpu, Engine::WebGpu] {
            if !self.can_answer(engine, model) {
                continue;
            }
            let single = self.measure(engine, model, 1).await?;
            let batch = self.measure(engine, model, BATCH_SIZE).await?;
            if let Some((single, batch)) = single.zip(batch) {
                self.record_speed(Speed {
                    engine,
                    model,
                    single,
                    many: 1e6 / batch,
                });
            }
        }
        Ok(())
    }

    /// Microseconds per image; `None` if the other engine had to answer.
    async fn measure(
        &self,
        engine: Engine,
        model: ModelId,
        batch: usize,
    ) -> Result<Option<f64>, EngineError> {
        let mut runs = 1.0;
        loop {
            let request = Request::Measure {
                model,
                batch: batch as u32,
                runs: runs as u32,
            };
            let micros = match self.call(engine, model, request).await? {
                (Reply::Measured { micros }, by) if by == engine => f64::from(micros),
                (Reply::Measured { .. }, _) => return Ok(None),
                _ => return Err(EngineError::UnexpectedReply),
            };
            if micros >= MIN_MEASUREMENT_MICROS || runs >= MAX_MEASUREMENT_RUNS {
                return Ok(Some(micros.max(1.0) / (runs * batch as f64)));
            }
            // Estimates how many runs last long enough.
            let wanted = runs * MIN_MEASUREMENT_MICROS * 1.2 / micros.max(100.0);
            runs = wanted.ceil().clamp(runs + 1.0, MAX_MEASUREMENT_RUNS);
        }
    }
}
