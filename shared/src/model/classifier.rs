//! The interface of every model, and its prediction: class probabilities.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::model_id::ModelId;
use crate::features::Sample;
use crate::garment::{CLASSES, Garment};

/// A model that classifies samples.
pub trait Classifier {
    /// Which model it is.
    fn id(&self) -> ModelId;

    /// The softmax temperature, fitted on the validation split to calibrate the probabilities (Guo et al. 2017,
    /// arXiv 1706.04599, section 4.2).
    fn temperature(&self) -> f32;

    /// One score per class, in label order; a network's are its logits.
    fn scores(&mut self, sample: &Sample) -> [f32; CLASSES];

    /// The scores of several samples, in their order: the same bits as one call per sample.
    fn scores_batch(&mut self, samples: &[Sample]) -> Vec<[f32; CLASSES]> {
        samples.iter().map(|sample| self.scores(sample)).collect()
    }

    /// The model's prediction.
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
    /// The softmax of the scores divided by the temperature. Where a score is not finite, which very large weights can cause,
    /// all classes are equally likely.
    pub fn from_scores(model: ModelId, scores: &[f32; CLASSES], temperature: f32) -> Self {
        let scores = scores.map(|s| s / temperature);
        let probabilities = if scores.iter().all(|s| s.is_finite()) {
            softmax(&scores)
        } else {
            [1.0 / CLASSES as f32; CLASSES]
        };
        Self {
            model,
            probabilities,
        }
    }

    /// The most likely class; the first one in a tie.
    pub fn garment(&self) -> Garment {
        Garment::ALL[argmax(&self.probabilities)]
    }

    /// The probability of the most likely class.
    pub fn confidence(&self) -> f32 {
        self.probabilities[argmax(&self.probabilities)]
    }
}

/// The index of the largest value; the first one in a tie.
pub fn argmax<const N: usize>(values: &[f32; N]) -> usize {
    (1..N).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// The indices of the largest value and of the second largest; in a tie, the first one is larger.
pub fn top_two(values: &[f32; CLASSES]) -> [usize; 2] {
    let best = argmax(values);
    let others = (0..CLASSES).filter(|i| *i != best);
    let second = others.reduce(|a, b| if values[b] > values[a] { b } else { a });
    [best, second.expect("invariant: there are ten classes")]
}

/// Probabilities from logits. The largest logit is subtracted first, so that nothing overflows.
pub fn softmax<const N: usize>(logits: &[f32; N]) -> [f32; N] {
    let largest = logits[argmax(logits)];
    let exponentials = logits.map(|z| libm::expf(z - largest));
    let sum: f32 = exponentials.iter().sum();
    exponentials.map(|e| e / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_two_largest_values_are_found_and_the_first_wins_a_tie() {
        let mut values = [0.1; CLASSES];
        assert_eq!(top_two(&values), [0, 1]);
        values[7] = 0.3;
        assert_eq!(top_two(&values), [7, 0]);
        values[4] = 0.3;
        assert_eq!(top_two(&values), [4, 7]);
    }

    #[test]
    fn the_temperature_changes_the_confidence_and_not_the_class() {
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
