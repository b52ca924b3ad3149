//! The page's whole state: the states of its parts, and what is derived from several of them.

use leptos::prelude::*;
use photo::Route;
use protocol::{PhotoPrediction, WeightsFile};
use shared::model::Answer;
use shared::{Garment, ModelId};

use super::address::AddressState;
use super::batch::BatchState;
use super::edit_state::EditState;
use super::engines::Engines;
use super::ensemble::{EnsemblePrediction, EnsembleState};
use super::explanation::{ExplanationState, ExplanationTarget};
use super::image::Preprocessing;
use super::messages::Messages;
use super::models::{ModelPrediction, ModelStatus, Models};
use super::novelty::NoveltyState;
use super::painting::PaintingState;
use super::photo_network::PhotoNetworkState;
use super::quiz::QuizState;
use super::site_data::SiteData;
use super::test_images::TestImagesState;
use super::timings::Timings;
use super::upload::UploadState;
use crate::engine::{Assets, EngineEvent, Novelty, WeightsState};

/// The states of the page's parts. It consists of signals, so it is `Copy`; components get it from the context.
///
/// No part depends on another: `requests` changes them, and the components show them.
#[derive(Clone, Copy)]
pub struct AppState {
    pub engines: Engines,
    pub models: Models,
    pub ensemble: EnsembleState,
    pub novelty: NoveltyState,
    pub photo_network: PhotoNetworkState,
    pub upload: UploadState,
    pub edits: EditState,
    pub painting: PaintingState,
    pub batch: BatchState,
    pub explanation: ExplanationState,
    pub address: AddressState,
    pub messages: Messages,
    pub timings: RwSignal<Timings>,
    pub site: SiteData,
    pub test_images: TestImagesState,
    pub quiz: QuizState,
}

impl AppState {
    /// Starts the CPU engine; to be called once, inside the app's owner.
    pub fn start() -> Self {
        let models = Models::default();
        let ensemble = EnsembleState::default();
        let novelty = NoveltyState::default();
        let photo_network = PhotoNetworkState::default();
        let explanation = ExplanationState::default();
        let messages = Messages::default();
        let report = move |file: WeightsFile, weights: &WeightsState| match weights {
            // Shown beside the answer.
            _ if file == WeightsFile::PhotoNetwork => {}
            WeightsState::Failed(error) => messages.set_missing(file, Some(error.clone())),
            WeightsState::Ready(_) => messages.set_missing(file, None),
            _ => {}
        };
        let assets = Assets::from_page();
        let engines = Engines::start(assets.clone(), move |event| match event {
            EngineEvent::Weights(file, weights) => {
                report(file, &weights);
                match file {
                    WeightsFile::Model(model) => {
                        models.set_weights(model, weights);
                        // A model without weights cannot explain anything.
                        let chosen = explanation.model().get_untracked();
                        if let Some(model) = models.available(chosen)
                            && model != chosen
                        {
                            explanation.set_model(model);
                        }
                    }
                    WeightsFile::Ensemble => ensemble.set_weights(weights),
                    WeightsFile::Novelty => novelty.set_weights(weights),
                    WeightsFile::PhotoNetwork => photo_network.set_weights(weights),
                }
            }
            EngineEvent::Status(_) | EngineEvent::WeightsComplete => {}
        });
        Self {
            engines,
            models,
            ensemble,
            novelty,
            photo_network,
            upload: UploadState::default(),
            edits: EditState::default(),
            painting: PaintingState::default(),
            batch: BatchState::default(),
            explanation,
            address: AddressState::new(),
            messages,
            timings: RwSignal::default(),
            site: SiteData::new(assets),
            test_images: TestImagesState::default(),
            quiz: QuizState::default(),
        }
    }

    pub fn model_status(self, model: ModelId) -> ModelStatus {
        let is_preparing = self.upload.is_preparing();
        self.models.state(model).with(|m| m.status(is_preparing))
    }

    fn count_models(self, is_counted: impl Fn(ModelStatus) -> bool) -> usize {
        let models = ModelId::ALL.into_iter();
        models.filter(|m| is_counted(self.model_status(*m))).count()
    }

    /// How many models will classify the image without a request by the visitor.
    pub fn awaited(self) -> usize {
        self.count_models(ModelStatus::is_awaited)
    }

    /// How many models have classified the image.
    pub fn predicted(self) -> usize {
        let image = self.upload.image_number();
        image.map_or(0, |image| self.models.predictions_for(image, |_| ()).len())
    }

    /// The ensemble's prediction for the image; until there is one, the prediction for the photo before its last edit.
    pub fn ensemble_prediction(self) -> Option<EnsemblePrediction> {
        let photo = self.upload.photo_number()?;
        let prediction = self.ensemble.prediction().get();
        prediction.filter(|p| p.image >= photo)
    }

    /// How many models can still join the ensemble's prediction; none can join the prediction for an earlier edit.
    pub fn missing_members(self, prediction: &EnsemblePrediction) -> usize {
        if self.upload.image_number() == Some(prediction.image) {
            self.count_models(|s| s.is_awaited() || s == ModelStatus::Deferred)
        } else {
            ModelId::ALL.len().saturating_sub(prediction.members.len())
        }
    }

    /// What the novelty detector has found; until it has checked the image, its result for the photo before the last edit.
    pub fn novelty_result(self) -> Option<Novelty> {
        self.novelty.result.since(self.upload.photo_number()?)
    }

    /// The image's true class, which is known of test images.
    pub fn true_class(self) -> Option<Garment> {
        let image = self.upload.image();
        image.with(|image| image.as_ref().and_then(|image| image.true_class()))
    }

    /// Whether the image is a photo, which the photo network can classify.
    pub fn is_photo(self) -> bool {
        self.with_preprocessing(|p| !matches!(p.route, Route::AsIs { .. }))
    }

    fn is_plain(self) -> bool {
        self.with_preprocessing(|p| p.is_plain)
    }

    /// Whether this holds of how the visitor's image was prepared.
    fn with_preprocessing(self, holds: impl Fn(&Preprocessing) -> bool) -> bool {
        self.upload.image().with(|image| {
            let preprocessing = image.as_ref().and_then(|i| i.preprocessing.as_ref());
            preprocessing.is_some_and(holds)
        })
    }

    /// The photo network's prediction for the photo; until there is one for the latest edit, the one before it.
    pub fn photo_prediction(self) -> Option<PhotoPrediction> {
        let photo = self.upload.photo_number().filter(|_| self.is_photo())?;
        self.photo_network.prediction.since(photo)
    }

    /// What is said of the image: the vote's class, or for a photo what the photo network and the vote say together.
    pub fn answer(self) -> Option<Answer> {
        let vote = self.ensemble_prediction()?.probabilities;
        let is_accepted = self.novelty_result().is_none_or(|novelty| novelty.is_known);
        Some(match self.photo_prediction() {
            Some(photo) => {
                Answer::from_photo(&vote, is_accepted, &photo.probabilities, self.is_plain())
            }
            None => Answer::from_vote(&vote, is_accepted),
        })
    }

    /// Whether the novelty detector accepts the image, which is what the seven models and the vote know; `None` before it has checked it.
    pub fn is_accepted(self) -> Option<bool> {
        self.novelty_result().map(|novelty| novelty.is_known)
    }

    /// Whether the image can be one of the ten classes; `None` before that is checked.
    pub fn is_known(self) -> Option<bool> {
        match (self.photo_prediction(), self.answer()) {
            (Some(_), Some(answer)) => Some(answer.is_known),
            _ => self.is_accepted(),
        }
    }

    /// Why it could not be checked whether the image can be one of the ten classes, as sentences; `None` if it was or will be.
    pub fn unchecked(self) -> Option<String> {
        let reason = self.novelty.failure(self.upload.image_number()?)?;
        Some(format!(
            "Could not check whether this is one of the ten classes. {reason}"
        ))
    }

    /// Whether the image has been found to be none of the ten classes, so that the predictions for it are not reliable.
    pub fn is_unsure(self) -> bool {
        self.is_known() == Some(false)
    }

    /// What is to be explained, once the chosen model has classified the image.
    pub fn explanation_target(self) -> Option<ExplanationTarget> {
        if let Some(held) = self.explanation.held() {
            return Some(held);
        }
        let image = self.upload.image_number()?;
        let model = self.explanation.model().get();
        let predicted = self
            .models
            .state(model)
            .with(|m| m.prediction_for(image).map(ModelPrediction::garment))?;
        let class = self.explanation.class().get().unwrap_or(predicted);
        Some((image, model, class))
    }

    /// Whether an image waits for its first prediction.
    pub fn is_first_prediction_awaited(self) -> bool {
        let has_image = self.upload.image_number().is_some();
        self.upload.is_preparing() || (has_image && self.awaited() > 0 && self.predicted() == 0)
    }
}
