//! Multinomial logistic regression on the features of [`crate::features`].

use alloc::vec::Vec;

use super::classifier::Classifier;
use super::linear::Linear;
use super::model_id::ModelId;
use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::features::{FeaturePlace, Sample, hog};
use crate::garment::{CLASSES, Garment};
use crate::inside::{LinearScore, Term};
use crate::shuffle::Shuffle;

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

    /// The score of a class as a sum of features times weights, of which the `listed` largest and most negative are listed.
    pub fn linear_score(&self, sample: &Sample, class: Garment, listed: usize) -> LinearScore {
        let (first, values) = if self.scores.is_of_pixels() {
            let pixels = sample.grey().pixels().iter();
            let values = pixels.map(|&pixel| f32::from(pixel) / 255.0).collect();
            (hog::DIMENSIONS, values)
        } else {
            (0, sample.features().to_vec())
        };
        let terms = values.into_iter().zip(self.scores.rows()).enumerate();
        let terms = terms.filter_map(|(i, (value, row))| {
            Some(Term {
                place: FeaturePlace::of(first + i)?,
                value,
                weight: row[class.index()],
            })
        });
        let bias = self.scores.bias()[class.index()];
        LinearScore::new(class, terms.collect(), bias, listed)
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
    fn the_terms_of_a_class_add_up_to_its_score() {
        use crate::features::DIMENSIONS;
        let weight: Vec<f32> = (0..CLASSES * DIMENSIONS)
            .map(|i| (i * 7919 % 1009) as f32 / 1009.0 - 0.5)
            .collect();
        let bias: Vec<f32> = (0..CLASSES).map(|c| c as f32 / 4.0).collect();
        let artifact = artifact(
            ModelId::Logistic,
            &[
                ("weight", &[CLASSES, DIMENSIONS], &weight),
                ("bias", &[CLASSES], &bias),
            ],
        );
        let mut model = Logistic::new(&artifact).unwrap();
        let image = core::array::from_fn(|i| (i * 37 % 256) as u8);
        let sample = Sample::new(crate::image::Grey28::new(image));
        let scores = model.scores(&sample);
        for class in [Garment::Bag, Garment::Dress] {
            let score = model.linear_score(&sample, class, 6);
            assert_eq!((score.supporting.len(), score.opposing.len()), (6, 6));
            let listed = score.supporting.iter().chain(&score.opposing);
            let listed: f32 = listed.map(Term::product).sum();
            let sum = listed + score.others_sum + score.bias;
            assert!(
                (sum - scores[class.index()]).abs() < 1e-3,
                "{sum}: {scores:?}"
            );
            assert!((score.score - sum).abs() < 1e-4);
            let used = sample.features().iter().filter(|&&v| v != 0.0).count();
            assert_eq!(usize::from(score.others) + 12, used);
        }
    }

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
