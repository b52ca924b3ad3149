//! What the page asks the engines, one function a question.

use photo::Edits;
use shared::garment::CLASSES;
use shared::{Garment, ModelId};
use web_sys::File;

use super::client::Client;
use super::engine_selection::Engine;
use protocol::{Method, Pixels, Prepared, RawHeatMap, Reply, Request, Source, TimedPrediction};

impl Client {
    /// The gallery's pictures.
    ///
    /// # Errors
    /// A sentence, as of all that follow.
    pub async fn load_gallery(&self) -> Result<Vec<Pixels>, String> {
        let url = self.0.assets.url("gallery.png").ok_or(
            "The gallery is not part of this build: choose a picture of your own.".to_string(),
        )?;
        let request = Request::Gallery {
            sprite: Source::Url(url),
        };
        let generation = self.0.generation.get();
        let mut reply = self.ask_cpu(request.clone()).await;
        if reply.is_err() && self.0.generation.get() != generation {
            // Not the gallery's fault: its successor is asked once.
            reply = self.ask_cpu(request).await;
        }
        match reply? {
            Reply::Gallery { pictures } => {
                self.0.pictures.borrow_mut().clone_from(&pictures);
                Ok(pictures)
            }
            other => Err(misplaced(&other)),
        }
    }

    /// Turns a picture file into 28x28; one with a number can be edited until the next one with a number.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn prepare_photo(&self, file: &File, photo: Option<u32>) -> Result<Prepared, String> {
        let request = Request::Prepare {
            file: Vec::new(),
            photo,
        };
        let reply = self.ask_cpu_with(request, Some(file)).await?;
        self.prepared(reply)
    }

    /// Prepares the photo of that number the visitor's way.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn edit_photo(&self, photo: u32, edits: Edits) -> Result<Prepared, String> {
        let reply = self.ask_cpu(Request::Edit { photo, edits }).await?;
        self.prepared(reply)
    }

    /// A prepared picture; its verdicts count where no other engine is to give them.
    fn prepared(&self, reply: Reply) -> Result<Prepared, String> {
        match reply {
            Reply::Prepared(mut prepared) => {
                if self.status().active_engine() != Engine::Cpu {
                    prepared.verdicts.clear();
                }
                Ok(prepared)
            }
            other => Err(misplaced(&other)),
        }
    }

    /// A model's answer, and the engine that gave it.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn classify(
        &self,
        model: ModelId,
        grey: Pixels,
    ) -> Result<(TimedPrediction, Engine), String> {
        match self.ask(model, Request::Classify { model, grey }).await? {
            (Reply::Prediction(verdict), engine) => Ok((verdict, engine)),
            (other, _) => Err(misplaced(&other)),
        }
    }

    /// What in the picture speaks for the class.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn explain(
        &self,
        model: ModelId,
        grey: Pixels,
        class: Garment,
    ) -> Result<RawHeatMap, String> {
        let request = Request::Explain { model, grey, class };
        let reply = match Method::for_model(model) {
            Method::GradCam => self.ask(model, request).await?.0,
            // As many answers as there are places to cover: the CPU needs no trip to the graphics processor for each.
            Method::Occlusion => self.ask_cpu(request).await?,
        };
        match reply {
            Reply::HeatMap(map) => Ok(map),
            other => Err(misplaced(&other)),
        }
    }

    /// Whether a picture may be one of the ten.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn is_garment(&self, grey: Pixels) -> Result<bool, String> {
        match self.ask_cpu(Request::DetectNovelty { grey }).await? {
            Reply::Novelty { is_garment } => Ok(is_garment),
            other => Err(misplaced(&other)),
        }
    }

    /// The vote's ten probabilities, from the verdicts on one picture.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn ensemble(
        &self,
        predictions: Vec<shared::Prediction>,
    ) -> Result<[f32; CLASSES], String> {
        match self.ask_cpu(Request::Ensemble { predictions }).await? {
            Reply::Ensemble { probabilities } => Ok(probabilities),
            other => Err(misplaced(&other)),
        }
    }
}

/// The sentence for a reply to another question.
pub(super) fn misplaced(reply: &Reply) -> String {
    let what = match reply {
        Reply::Ready => "readiness",
        Reply::Progress { .. } => "progress",
        Reply::Loaded { .. } | Reply::EnsembleLoaded | Reply::NoveltyLoaded => "loaded weights",
        Reply::Novelty { .. } => "a recognition",
        Reply::Ensemble { .. } => "a vote",
        Reply::Gallery { .. } => "a gallery",
        Reply::Prepared(_) => "a prepared picture",
        Reply::Prediction(_) => "a verdict",
        Reply::HeatMap(_) => "a map",
        Reply::Batch { .. } => "many classes",
        Reply::TestSet { .. } => "the test images",
        Reply::Measured { .. } => "a measurement",
        Reply::SelfTest { .. } => "a self-test",
        Reply::Error { .. } | Reply::Fatal { .. } => "an error",
    };
    format!("The engine answered with {what} where something else was asked: reload the page.")
}
