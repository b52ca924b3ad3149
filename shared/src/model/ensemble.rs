//! The ensemble of the seven models: the product of their probabilities, each raised to a learned power.

use alloc::vec::Vec;

use super::classifier::{Prediction, softmax};
use super::model_id::ModelId;
use super::tensors::{ModelError, Tensors};
use crate::artifact::{Artifact, Storage, Tensor};
use crate::garment::CLASSES;

/// The name in file names, JSON and the page's attributes.
pub const NAME: &str = "vote";
/// The name that is shown.
pub const TITLE: &str = "The vote";

/// The lower limit of a probability, so that no single model can exclude a class.
pub const FLOOR: f32 = 1e-4;

/// The ensemble's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    /// `[7]`, the exponents, in the order of [`ModelId::ALL`].
    pub weights: [f32; ModelId::ALL.len()],
    /// `[10]`, added to the class scores, in label order.
    pub bias: [f32; CLASSES],
}

impl Ensemble {
    /// From `weights` `[7]` and `bias` `[10]`.
    ///
    /// # Errors
    /// The file is not the ensemble's, lacks a tensor, or has a value that is not finite or out of range.
    pub fn from_artifact(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::with_name(NAME, artifact)?;
        let weights = tensors.values("weights", &[ModelId::ALL.len()])?;
        let bias = tensors.values("bias", &[CLASSES])?;
        if !weights.iter().all(|w| (0.0..=100.0).contains(w)) {
            return Err(tensors.malformed("a weight is out of range"));
        }
        Ok(Self {
            weights: core::array::from_fn(|m| weights[m]),
            bias: core::array::from_fn(|c| bias[c]),
        })
    }

    /// The content of the weights file.
    pub fn to_artifact(&self) -> Artifact {
        let tensor = |name: &str, values: &[f32]| Tensor {
            name: name.into(),
            shape: Vec::from([values.len()]),
            storage: Storage::F32,
            values: values.to_vec(),
        };
        Artifact {
            model: NAME.into(),
            tensors: Vec::from([tensor("weights", &self.weights), tensor("bias", &self.bias)]),
        }
    }

    /// The combined probabilities of the models that have predictions; their exponents are scaled up for those that have none.
    /// `None` if there are no predictions.
    pub fn combine(&self, predictions: &[Prediction]) -> Option<[f32; CLASSES]> {
        let weight = |p: &Prediction| self.weights[p.model as usize];
        let present: f32 = predictions.iter().map(weight).sum();
        if predictions.is_empty() {
            return None;
        }
        let all: f32 = self.weights.iter().sum();
        let mut scores = self.bias;
        for prediction in predictions {
            // If only models of weight 0 have predictions, they count equally.
            let exponent = if present > 0.0 {
                weight(prediction) * all / present
            } else {
                1.0 / predictions.len() as f32
            };
            for (score, p) in scores.iter_mut().zip(prediction.probabilities) {
                *score += exponent * libm::logf(p.max(FLOOR));
            }
        }
        Some(softmax(&scores))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ensemble(weights: [f32; 7]) -> Ensemble {
        Ensemble {
            weights,
            bias: [0.0; CLASSES],
        }
    }

    fn prediction(model: ModelId, class: usize, p: f32) -> Prediction {
        let mut probabilities = [(1.0 - p) / 9.0; CLASSES];
        probabilities[class] = p;
        Prediction {
            model,
            probabilities,
        }
    }

    #[test]
    fn a_single_model_of_weight_one_is_reproduced() {
        let alone = ensemble([0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let resnet = prediction(ModelId::Resnet, 4, 0.7);
        let others = [resnet, prediction(ModelId::Cnn, 2, 0.9)];
        let combined = alone.combine(&others).unwrap();
        for (ours, theirs) in combined.iter().zip(resnet.probabilities) {
            assert!((ours - theirs).abs() < 1e-6);
        }
    }

    #[test]
    fn missing_predictions_are_replaced_by_the_others() {
        let even = ensemble([0.5; 7]);
        let all = ModelId::ALL.map(|model| prediction(model, 3, 0.6));
        let (whole, half) = (
            even.combine(&all).unwrap(),
            even.combine(&all[..3]).unwrap(),
        );
        for (a, b) in whole.iter().zip(half) {
            assert!((a - b).abs() < 1e-6);
        }
        assert_eq!(even.combine(&[]), None);
    }

    #[test]
    fn no_single_model_can_exclude_a_class() {
        let even = ensemble([1.0 / 7.0; 7]);
        let mut all = ModelId::ALL.map(|model| prediction(model, 8, 0.9));
        all[0].probabilities = [0.0; CLASSES];
        all[0].probabilities[1] = 1.0;
        let combined = even.combine(&all).unwrap();
        assert!(combined[8] > combined[1]);
    }

    #[test]
    fn the_weights_file_reads_back_equal() {
        let written = ensemble([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
        assert_eq!(
            Ensemble::from_artifact(&written.to_artifact()).unwrap(),
            written
        );
    }
}
