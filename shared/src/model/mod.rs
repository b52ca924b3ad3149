//! What a model is: its name, how it answers and, for the deep ones, its table of layers.

pub mod any_classifier;
pub mod cnn;
pub mod ensemble;
pub mod forest;
pub mod knn;
pub mod layer;
mod linear;
pub mod logistic;
pub mod lowering;
pub mod mlp;
pub mod novelty;
pub mod resnet;
pub mod shape;
pub mod svm;
pub mod tensors;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::features::Sample;
use crate::garment::{CLASSES, Garment};
pub use any_classifier::AnyClassifier;
pub use ensemble::Ensemble;
pub use layer::{Layer, Padding};
pub use novelty::NoveltyDetector;
pub use tensors::ModelError;

/// The models, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelId {
    Cnn,
    Resnet,
    Mlp,
    Svm,
    Forest,
    Knn,
    Logistic,
}

impl ModelId {
    /// All models.
    pub const ALL: [Self; 7] = [
        Self::Cnn,
        Self::Resnet,
        Self::Mlp,
        Self::Svm,
        Self::Forest,
        Self::Knn,
        Self::Logistic,
    ];
    /// Those that are networks: tables of layers, which burn and the plan run.
    pub const DEEP: [Self; 3] = [Self::Cnn, Self::Resnet, Self::Mlp];
    /// Those that are none, and see a picture's features.
    pub const CLASSICAL: [Self; 4] = [Self::Svm, Self::Forest, Self::Knn, Self::Logistic];

    /// The name in files, options and page hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cnn => "cnn",
            Self::Resnet => "resnet",
            Self::Mlp => "mlp",
            Self::Svm => "svm",
            Self::Forest => "forest",
            Self::Knn => "knn",
            Self::Logistic => "logistic",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cnn => "CNN",
            Self::Resnet => "ResNet",
            Self::Mlp => "MLP",
            Self::Svm => "SVM",
            Self::Forest => "Random forest",
            Self::Knn => "k-nearest neighbours",
            Self::Logistic => "Logistic regression",
        }
    }

    /// The model of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    /// The layers of a network, first to last; none of a classical model.
    pub fn layers(self) -> &'static [Layer] {
        match self {
            Self::Cnn => cnn::LAYERS,
            Self::Resnet => resnet::LAYERS,
            Self::Mlp => mlp::LAYERS,
            Self::Svm | Self::Forest | Self::Knn | Self::Logistic => &[],
        }
    }

    /// Whether it is a network.
    pub fn is_deep(self) -> bool {
        !self.layers().is_empty()
    }
}

impl core::fmt::Display for ModelId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

/// Anything that answers a picture with ten probabilities.
pub trait Classifier {
    /// Which model answers.
    fn id(&self) -> ModelId;

    /// What the scores are divided by before they become probabilities, so that these mean what they say: chosen
    /// on the validation split (Guo et al. 2017, arXiv 1706.04599, section 4.2).
    fn temperature(&self) -> f32;

    /// A score a class, in label order; a network's are its logits.
    fn scores(&mut self, sample: &Sample) -> [f32; CLASSES];

    /// The scores of many samples, in their order; bit for bit those of one after the other.
    fn scores_batch(&mut self, samples: &[Sample]) -> Vec<[f32; CLASSES]> {
        samples.iter().map(|sample| self.scores(sample)).collect()
    }

    /// The model's answer.
    fn classify(&mut self, sample: &Sample) -> Prediction {
        let scores = self.scores(sample);
        Prediction::from_scores(self.id(), &scores, self.temperature())
    }
}

/// A model's answer: ten probabilities in label order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub model: ModelId,
    pub probabilities: [f32; CLASSES],
}

impl Prediction {
    /// The answer of a model with these scores; all classes alike where the scores are none, as weights that make no
    /// sense can have it.
    pub fn from_scores(model: ModelId, scores: &[f32; CLASSES], temperature: f32) -> Self {
        let scores = scores.map(|s| s / temperature);
        let probabilities = match scores.iter().all(|s| s.is_finite()) {
            true => softmax(&scores),
            false => [1.0 / CLASSES as f32; CLASSES],
        };
        Self {
            model,
            probabilities,
        }
    }

    /// The likeliest class; the first of equals.
    pub fn garment(&self) -> Garment {
        Garment::ALL[argmax(&self.probabilities)]
    }

    /// The likeliest class's probability.
    pub fn confidence(&self) -> f32 {
        self.probabilities[argmax(&self.probabilities)]
    }
}

/// The place of the largest value, the first of equals.
pub fn argmax(values: &[f32; CLASSES]) -> usize {
    (1..CLASSES).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Probabilities from logits, shifted by the largest so that nothing overflows.
pub fn softmax(logits: &[f32; CLASSES]) -> [f32; CLASSES] {
    let largest = logits[argmax(logits)];
    let exponentials = logits.map(|z| libm::expf(z - largest));
    let sum: f32 = exponentials.iter().sum();
    exponentials.map(|e| e / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_the_model() {
        for model in ModelId::ALL {
            assert_eq!(ModelId::from_name(model.name()), Some(model));
        }
        assert_eq!(ModelId::from_name("transformer"), None);
    }

    #[test]
    fn softmax_survives_large_logits_and_sums_to_one() {
        let mut logits = [0.0; CLASSES];
        logits[3] = 1000.0;
        logits[7] = 999.0;
        let p = softmax(&logits);
        assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        // Closed form for two logits one apart: 1 / (1 + e^-1).
        assert!((p[3] - 0.731_058_6).abs() < 1e-6);
    }

    #[test]
    fn a_temperature_changes_how_sure_a_verdict_is_and_not_what_it_says() {
        let mut scores = [0.0; CLASSES];
        scores[3] = 2.0;
        let sharp = Prediction::from_scores(ModelId::Cnn, &scores, 0.5);
        let flat = Prediction::from_scores(ModelId::Cnn, &scores, 4.0);
        assert_eq!(
            (sharp.garment(), flat.garment()),
            (Garment::Dress, Garment::Dress)
        );
        // e^4 and e^0.5 against nine ones.
        assert!((sharp.confidence() - 0.858_487).abs() < 1e-5);
        assert!((flat.confidence() - 0.154_829).abs() < 1e-5);
    }
}
