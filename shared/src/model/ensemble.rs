//! The seven's vote: their probabilities, each to a learned power, multiplied.

use alloc::vec::Vec;

use super::tensors::Tensors;
use super::{ModelError, ModelId, Prediction, softmax};
use crate::artifact::{Artifact, Storage, Tensor};
use crate::garment::CLASSES;

/// The name in files and page hooks, where a model's stands otherwise.
pub const NAME: &str = "vote";
/// The name for people.
pub const TITLE: &str = "The vote";

/// A member's probability below this counts as this: none has a veto.
pub const FLOOR: f32 = 1e-4;

/// How much each member's word counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    /// `[7]`, in the order of [`ModelId::ALL`].
    pub weights: [f32; ModelId::ALL.len()],
    /// `[10]`, in label order: what is added to each class's score.
    pub bias: [f32; CLASSES],
}

impl Ensemble {
    /// From `weights` `[7]` and `bias` `[10]`.
    ///
    /// # Errors
    /// The artifact is not the vote's, lacks a tensor, or holds a number that is not finite.
    pub fn from_artifact(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::with_name(NAME, artifact)?;
        let weights = tensors.values("weights", &[ModelId::ALL.len()])?;
        let bias = tensors.values("bias", &[CLASSES])?;
        if !weights.iter().all(|w| (0.0..=100.0).contains(w)) {
            return Err(tensors.malformed("a vote's weight is out of range"));
        }
        Ok(Self {
            weights: core::array::from_fn(|m| weights[m]),
            bias: core::array::from_fn(|c| bias[c]),
        })
    }

    /// As a weights file.
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

    /// The ten probabilities of those who have answered; where some have not, the others' words count for theirs.
    /// `None` where nobody has.
    pub fn combine(&self, predictions: &[Prediction]) -> Option<[f32; CLASSES]> {
        let weight = |v: &Prediction| self.weights[v.model as usize];
        let heard: f32 = predictions.iter().map(weight).sum();
        if predictions.is_empty() {
            return None;
        }
        let all: f32 = self.weights.iter().sum();
        let mut scores = self.bias;
        for prediction in predictions {
            // Those whose words count for nothing in the whole still are all there is, sometimes.
            let share = match heard > 0.0 {
                true => weight(prediction) * all / heard,
                false => 1.0 / predictions.len() as f32,
            };
            for (score, p) in scores.iter_mut().zip(prediction.probabilities) {
                *score += share * libm::logf(p.max(FLOOR));
            }
        }
        Some(softmax(&scores))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(weights: [f32; 7]) -> Ensemble {
        Ensemble {
            weights,
            bias: [0.0; CLASSES],
        }
    }

    fn sure(model: ModelId, class: usize, p: f32) -> Prediction {
        let mut probabilities = [(1.0 - p) / 9.0; CLASSES];
        probabilities[class] = p;
        Prediction {
            model,
            probabilities,
        }
    }

    #[test]
    fn a_lone_member_of_weight_one_is_repeated() {
        let alone = vote([0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let prediction = sure(ModelId::Resnet, 4, 0.7);
        let others = [prediction, sure(ModelId::Cnn, 2, 0.9)];
        let said = alone.combine(&others).unwrap();
        for (ours, theirs) in said.iter().zip(prediction.probabilities) {
            assert!((ours - theirs).abs() < 1e-6);
        }
    }

    #[test]
    fn the_absent_are_spoken_for_by_those_who_answered() {
        let even = vote([0.5; 7]);
        let all = ModelId::ALL.map(|model| sure(model, 3, 0.6));
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
    fn nobody_has_a_veto() {
        let even = vote([1.0 / 7.0; 7]);
        let mut all = ModelId::ALL.map(|model| sure(model, 8, 0.9));
        all[0].probabilities = [0.0; CLASSES];
        all[0].probabilities[1] = 1.0;
        let said = even.combine(&all).unwrap();
        assert!(said[8] > said[1]);
    }

    #[test]
    fn a_vote_is_read_as_written() {
        let vote = vote([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
        assert_eq!(Ensemble::from_artifact(&vote.to_artifact()).unwrap(), vote);
    }
}
