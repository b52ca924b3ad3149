//! The ensemble of the seven models: the product of their probabilities, each raised to a learned power.

use alloc::vec::Vec;

use super::classifier::{Prediction, softmax, top_two};
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
        if predictions.is_empty() {
            return None;
        }
        let mut scores = self.bias;
        for (prediction, exponent) in self.with_exponents(predictions) {
            for (score, p) in scores.iter_mut().zip(prediction.probabilities) {
                *score += exponent * libm::logf(p.max(FLOOR));
            }
        }
        Some(softmax(&scores))
    }

    /// What each prediction adds to the lead of the ensemble's first class over its second: its exponent times the
    /// difference of their log-probabilities. Positive for the first class, negative against it.
    ///
    /// `probabilities` are those that [`combine`](Self::combine) returns for the same predictions. The contributions and the
    /// difference of the two classes' biases sum to the logarithm of the ratio of the two classes' probabilities.
    pub fn contributions(
        &self,
        predictions: &[Prediction],
        probabilities: &[f32; CLASSES],
    ) -> Vec<f32> {
        let [first, second] = top_two(probabilities);
        self.with_exponents(predictions)
            .map(|(prediction, exponent)| {
                let log = |class: usize| libm::logf(prediction.probabilities[class].max(FLOOR));
                exponent * (log(first) - log(second))
            })
            .collect()
    }

    /// Each prediction with its exponent.
    fn with_exponents<'a>(
        &self,
        predictions: &'a [Prediction],
    ) -> impl Iterator<Item = (&'a Prediction, f32)> {
        let weights = self.weights;
        let weight = move |p: &Prediction| weights[p.model as usize];
        let present: f32 = predictions.iter().map(weight).sum();
        let all: f32 = weights.iter().sum();
        predictions.iter().map(move |prediction| {
            // If only models of weight 0 have predictions, they count equally.
            let exponent = if present > 0.0 {
                weight(prediction) * all / present
            } else {
                1.0 / predictions.len() as f32
            };
            (prediction, exponent)
        })
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
    fn contributions_sum_to_the_lead_of_the_first_class_over_the_second() {
        let mut uneven = ensemble([0.4, 0.2, 0.1, 0.2, 0.0, 0.1, 0.05]);
        uneven.bias[4] = 0.3;
        uneven.bias[6] = -0.1;
        // Five for the coat, the ResNet and the forest for the shirt.
        let all = ModelId::ALL.map(|model| match model {
            ModelId::Resnet | ModelId::Forest => prediction(model, 6, 0.8),
            _ => prediction(model, 4, 0.7),
        });
        for some in [&all[..], &all[..3], &all[4..5]] {
            let combined = uneven.combine(some).unwrap();
            let [first, second] = top_two(&combined);
            let contributions = uneven.contributions(some, &combined);
            assert_eq!(contributions.len(), some.len());
            let bias = uneven.bias[first] - uneven.bias[second];
            let lead = libm::logf(combined[first] / combined[second]);
            let sum: f32 = contributions.iter().sum();
            assert!((sum + bias - lead).abs() < 1e-4, "{sum} {bias} {lead}");
        }
        let combined = uneven.combine(&all).unwrap();
        assert_eq!(top_two(&combined), [4, 6]);
        for (member, value) in all.iter().zip(uneven.contributions(&all, &combined)) {
            match member.model {
                ModelId::Resnet => assert!(value < 0.0),
                // It has no weight.
                ModelId::Forest => assert!(value == 0.0),
                _ => assert!(value > 0.0),
            }
        }
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
