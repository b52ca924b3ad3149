//! One of the seven, ready to answer and to say why.

use super::forest::Forest;
use super::knn::Knn;
use super::logistic::Logistic;
use super::svm::Svm;
use super::{Classifier, ModelError, ModelId};
use crate::Garment;
use crate::artifact::Artifact;
use crate::explain::{HeatMap, occlusion};
use crate::features::Sample;
use crate::plan::Plan;

/// A model of whatever kind.
pub enum AnyClassifier {
    Network(Plan),
    Svm(Svm),
    Forest(Forest),
    Knn(Knn),
    Logistic(Logistic),
}

impl AnyClassifier {
    /// Takes a model's weights.
    ///
    /// # Errors
    /// The artifact is another model's, lacks a tensor, or holds one that makes no sense.
    pub fn new(model: ModelId, artifact: &Artifact) -> Result<Self, ModelError> {
        Ok(match model {
            ModelId::Cnn | ModelId::Resnet | ModelId::Mlp => {
                Self::Network(Plan::new(model, artifact)?)
            }
            ModelId::Svm => Self::Svm(Svm::new(artifact)?),
            ModelId::Forest => Self::Forest(Forest::new(artifact)?),
            ModelId::Knn => Self::Knn(Knn::new(artifact)?),
            ModelId::Logistic => Self::Logistic(Logistic::new(artifact)?),
        })
    }

    /// The model as one that answers.
    pub fn classifier(&mut self) -> &mut dyn Classifier {
        match self {
            Self::Network(plan) => plan,
            Self::Svm(svm) => svm,
            Self::Forest(forest) => forest,
            Self::Knn(knn) => knn,
            Self::Logistic(logistic) => logistic,
        }
    }

    /// What speaks for a class: Grad-CAM where there are convolutions, else what its probability loses when a
    /// part of the picture is hidden.
    pub fn explain(&mut self, sample: &Sample, class: Garment) -> HeatMap {
        match self {
            Self::Network(plan) if plan.has_grad_cam() => {
                plan.scores(sample);
                plan.explain(class)
            }
            other => {
                let classifier = other.classifier();
                occlusion::occlusion_map(sample.grey(), |picture| {
                    let verdict = classifier.classify(&Sample::new(picture));
                    verdict.probabilities[class.index()]
                })
            }
        }
    }
}
