//! Multinomial logistic regression on the features of [`crate::features`].

use alloc::vec::Vec;

use super::classifier::Classifier;
use super::linear::Linear;
use super::model_id::ModelId;
use super::shuffle::Shuffle;
use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::features::Sample;
use crate::garment::{CLASSES, Garment};

/// The model: one linear score per class.
pub struct Logistic {
    scores: Linear,
    temperature: f32,
}

impl Logistic {
    /// From `weight` `[10, input]`, `bias` `[10]` and the temperature. The input is features or raw pixels, by its length.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::for_model(ModelId::Logistic, artifact)?;
        Ok(Self {
            scores: Linear::new(&tensors, "weight", "bias", Some(CLASSES))?,
            temperature: tensors.temperature()?,
        })
    }

    /// What each pixel adds to the score of a class beyond what it adds to the mean of the ten scores: evidence for the class,
    /// or against it if negative. The sum over the pixels is the class's score minus the mean score, without the biases.
    ///
    /// # Shapes
    /// `[28 * 28]`, row-major.
    pub fn evidence(&self, sample: &Sample, class: Garment) -> Vec<f32> {
        let rows = self.scores.rows().map(|row| {
            let mean = row.iter().sum::<f32>() / CLASSES as f32;
            row[class.index()] - mean
        });
        if self.scores.is_of_pixels() {
            let pixels = sample.grey().pixels().iter();
            return pixels
                .zip(rows)
                .map(|(&pixel, weight)| f32::from(pixel) / 255.0 * weight)
                .collect();
        }
        let features = sample.features().iter();
        let evidence: Vec<f32> = features.zip(rows).map(|(f, weight)| f * weight).collect();
        sample.on_pixels(&evidence)
    }

    /// The same weights in another order: a model of the same kind that has learned nothing.
    pub fn shuffled(&self, order: &mut Shuffle) -> Self {
        Self {
            scores: self.scores.shuffled(order),
            temperature: self.temperature,
        }
    }
}

impl Classifier for Logistic {
    fn id(&self) -> ModelId {
        ModelId::Logistic
    }

    fn temperature(&self) -> f32 {
        self.temperature
    }

    fn scores(&mut self, sample: &Sample) -> [f32; CLASSES] {
        let scores = self.scores.apply(sample);
        core::array::from_fn(|c| scores[c])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::PIXELS;
    use crate::model::tensors::fixtures::{
        artifact, first_pixel_row, first_pixel_sample, with_tensor,
    };
    use alloc::{vec, vec::Vec};

    #[test]
    fn a_single_weight_gives_the_logistic_function() {
        let mut weight = vec![0.0; CLASSES * PIXELS];
        weight[3 * PIXELS..4 * PIXELS].copy_from_slice(&first_pixel_row(4.0));
        let shape = [CLASSES, PIXELS];
        let mut made = artifact(
            ModelId::Logistic,
            &[
                ("weight", &shape, &weight),
                ("bias", &[CLASSES], &[0.0; CLASSES]),
            ],
        );
        made.set_temperature(2.0);
        let prediction = Logistic::new(&made)
            .unwrap()
            .classify(&first_pixel_sample(255));
        // 4 over a temperature of 2, against nine zeros.
        let expected = 1.0 / (1.0 + 9.0 * libm::expf(-2.0));
        assert!((prediction.probabilities[3] - expected).abs() < 1e-6);
        let nine = [9, PIXELS];
        let short: Vec<f32> = weight[PIXELS..].to_vec();
        assert!(Logistic::new(&with_tensor(&made, "weight", &nine, &short)).is_err());
    }

    #[test]
    fn evidence_is_the_score_beyond_the_mean_score() {
        let mut weight = vec![0.0; CLASSES * PIXELS];
        weight[3 * PIXELS..4 * PIXELS].copy_from_slice(&first_pixel_row(4.0));
        let shape = [CLASSES, PIXELS];
        let tensors: [(&str, &[usize], &[f32]); 2] = [
            ("weight", &shape, &weight),
            ("bias", &[CLASSES], &[0.0; CLASSES]),
        ];
        let logistic = Logistic::new(&artifact(ModelId::Logistic, &tensors)).unwrap();
        let evidence = |class| logistic.evidence(&first_pixel_sample(255), Garment::ALL[class]);
        // The scores are 4 and nine zeros: their mean is 0.4.
        assert!((evidence(3)[0] - 3.6).abs() < 1e-6);
        assert!((evidence(5)[0] + 0.4).abs() < 1e-6);
        assert!(evidence(3)[1..].iter().all(|&v| v == 0.0));
    }

    #[test]
    fn weights_that_overflow_give_equal_probabilities() {
        let shape = [CLASSES, PIXELS];
        let made = artifact(
            ModelId::Logistic,
            &[
                ("weight", &shape, &[f32::MAX; CLASSES * PIXELS]),
                ("bias", &[CLASSES], &[f32::MAX; CLASSES]),
            ],
        );
        let prediction = Logistic::new(&made)
            .unwrap()
            .classify(&first_pixel_sample(255));
        assert_eq!(prediction.probabilities, [0.1; CLASSES]);
    }
}
