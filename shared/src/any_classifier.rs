//! Any of the seven models behind one type: predictions and heat maps.

use crate::artifact::Artifact;
use crate::explain::HeatMap;
use crate::explain::occlusion::occlusion_map;
use crate::features::Sample;
use crate::garment::Garment;
use crate::model::forest::Forest;
use crate::model::knn::Knn;
use crate::model::logistic::Logistic;
use crate::model::svm::Svm;
use crate::model::{Classifier, ModelError, ModelId};
use crate::plan::Plan;

/// A model of any kind.
pub enum AnyClassifier {
    Network(Plan),
    Svm(Svm),
    Forest(Forest),
    Knn(Knn),
    Logistic(Logistic),
}

impl AnyClassifier {
    /// A model with the weights of a weights file.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
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

    /// The model as a [`Classifier`].
    pub fn classifier(&mut self) -> &mut dyn Classifier {
        match self {
            Self::Network(plan) => plan,
            Self::Svm(svm) => svm,
            Self::Forest(forest) => forest,
            Self::Knn(knn) => knn,
            Self::Logistic(logistic) => logistic,
        }
    }

    /// A heat map of the regions that support a class: Grad-CAM for a network with convolutions, occlusion otherwise.
    pub fn explain(&mut self, sample: &Sample, class: Garment) -> HeatMap {
        match self {
            Self::Network(plan) if plan.has_grad_cam() => {
                plan.scores(sample);
                plan.explain(class)
            }
            other => {
                let classifier = other.classifier();
                occlusion_map(sample.grey(), |image| {
                    let prediction = classifier.classify(&sample.with_image(image));
                    prediction.probabilities[class.index()]
                })
            }
        }
    }
}
