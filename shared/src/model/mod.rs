//! What a model is: its name, its verdict and, for the deep ones, its table of layers.

pub mod cnn;
pub mod layer;
pub mod resnet;

use serde::{Deserialize, Serialize};

use crate::garment::{CLASSES, Garment};
use crate::image::Grey28;
pub use layer::{Layer, Padding};

/// The models, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelId {
    Cnn,
    Resnet,
}

impl ModelId {
    /// All models.
    pub const ALL: [Self; 2] = [Self::Cnn, Self::Resnet];

    /// The name in files, options and page hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cnn => "cnn",
            Self::Resnet => "resnet",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cnn => "CNN",
            Self::Resnet => "ResNet",
        }
    }

    /// The model of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    /// The layers, first to last.
    pub fn layers(self) -> &'static [Layer] {
        match self {
            Self::Cnn => cnn::LAYERS,
            Self::Resnet => resnet::LAYERS,
        }
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

    /// The model's answer.
    fn classify(&mut self, picture: &Grey28) -> Verdict;
}

/// A model's answer: ten probabilities in label order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub model: ModelId,
    pub probabilities: [f32; CLASSES],
}

impl Verdict {
    /// The answer of a network that ends in `logits`.
    pub fn from_logits(model: ModelId, logits: &[f32; CLASSES]) -> Self {
        Self {
            model,
            probabilities: softmax(logits),
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
        let verdict = Verdict::from_logits(ModelId::Cnn, &logits);
        assert_eq!(verdict.garment(), Garment::Dress);
    }
}
