//! Multinomial logistic regression on the features of [`crate::features`].

use super::linear::Linear;
use super::tensors::Tensors;
use super::{Classifier, ModelError, ModelId};
use crate::artifact::Artifact;
use crate::features::Sample;
use crate::garment::CLASSES;

/// A linear score a class.
pub struct Logistic {
    scores: Linear,
    temperature: f32,
}

impl Logistic {
    /// From `weight` `[10, input]`, `bias` `[10]` and the temperature; the input's length says what it is of.
    ///
    /// # Errors
    /// The artifact is another model's, lacks a tensor, or holds one that makes no sense.
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
    use crate::model::tensors::by_hand::{altered, artifact, first_pixel, lit};
    use alloc::{vec, vec::Vec};

    #[test]
    fn one_weight_is_the_logistic_function() {
        let mut weight = vec![0.0; CLASSES * PIXELS];
        weight[3 * PIXELS..4 * PIXELS].copy_from_slice(&first_pixel(4.0));
        let shape = [CLASSES, PIXELS];
        let mut made = artifact(
            ModelId::Logistic,
            &[
                ("weight", &shape, &weight),
                ("bias", &[CLASSES], &[0.0; CLASSES]),
            ],
        );
        made.set_temperature(2.0);
        let verdict = Logistic::new(&made).unwrap().classify(&lit(255));
        // 4 over a temperature of 2, against nine zeros.
        let expected = 1.0 / (1.0 + 9.0 * libm::expf(-2.0));
        assert!((verdict.probabilities[3] - expected).abs() < 1e-6);
        let nine = [9, PIXELS];
        let short: Vec<f32> = weight[PIXELS..].to_vec();
        assert!(Logistic::new(&altered(&made, "weight", &nine, &short)).is_err());
    }

    #[test]
    fn weights_that_overflow_leave_all_classes_alike() {
        let shape = [CLASSES, PIXELS];
        let made = artifact(
            ModelId::Logistic,
            &[
                ("weight", &shape, &[f32::MAX; CLASSES * PIXELS]),
                ("bias", &[CLASSES], &[f32::MAX; CLASSES]),
            ],
        );
        let verdict = Logistic::new(&made).unwrap().classify(&lit(255));
        assert_eq!(verdict.probabilities, [0.1; CLASSES]);
    }
}
