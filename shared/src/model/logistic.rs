//! Multinomial logistic regression on the features of [`crate::features`].

use super::classifier::Classifier;
use super::linear::Linear;
use super::model_id::ModelId;
use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::features::Sample;
use crate::garment::CLASSES;

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
