//! The CPU engine's answers to why a model predicts a class: heat maps, the models' own reasons, tests of the maps, small changes of the
//! prediction, and the values inside a model.

use protocol::{Method, Pixels, RawHeatMap, Reply, Request, RequestError};
use shared::explain::occlusion::FULL;
use shared::explain::{HeatMap, SearchState};
use shared::{AnyClassifier, Garment, ModelId};
use worker_runtime::validation::image;

use super::CpuEngine;

/// After this time, the search for a small change waits for the next request.
const MAX_SEARCH_MILLIS: f64 = 40.0;

impl CpuEngine {
    /// Answers a request of the part for explanations.
    pub(super) fn reply_about_explanations(
        &mut self,
        request: Request,
    ) -> Result<Reply, RequestError> {
        match request {
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
            Request::FindSmallestChange { model, grey } => self.find_smallest_change(model, &grey),
            Request::Layers { model, grey } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                let layers = classifier.layers(sample);
                let layers = layers.ok_or(RequestError::NoSuchValue)?;
                Ok(Reply::Layers(Box::new(layers)))
            }
            Request::Cell { model, grey, place } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                let cell = classifier.cell(sample, place);
                let cell = cell.ok_or(RequestError::NoSuchValue)?;
                Ok(Reply::Cell(Box::new(cell)))
            }
            Request::FeatureScores { model, grey } => {
                let (classifier, sample) = self.classifier_and_sample(model, &grey)?;
                let scores = classifier.feature_scores(sample);
                let scores = scores.ok_or(RequestError::NoSuchValue)?;
                Ok(Reply::FeatureScores(Box::new(scores)))
            }
            _ => Err(RequestError::NotDownloaded),
        }
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

    fn find_smallest_change(
        &mut self,
        model: ModelId,
        grey: &Pixels,
    ) -> Result<Reply, RequestError> {
        let (start, clock) = ((self.clock)(), self.clock);
        let grey = image(grey)?;
        let classifier = self.models.classifier(model)?;
        let search = self.searches.of(model, grey, classifier);
        while matches!(search.state(), SearchState::Running { .. }) {
            search.step(classifier);
            if clock() - start > MAX_SEARCH_MILLIS {
                break;
            }
        }
        Ok(Reply::SmallestChange(search.state()))
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
