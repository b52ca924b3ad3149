//! The CPU engine's answers to why a model predicts a class: heat maps, the models' own reasons, tests of the maps.

use protocol::{Method, Pixels, RawHeatMap, Reply, Request, RequestError};
use shared::explain::HeatMap;
use shared::explain::occlusion::FULL;
use shared::{AnyClassifier, Garment, ModelId};

use super::CpuEngine;

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
