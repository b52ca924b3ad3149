//! Fits the ensemble's weights on validation images.

use shared::garment::{CLASSES, Garment};
use shared::model::ensemble::FLOOR;
use shared::model::{Ensemble, ModelId, Prediction};

const MEMBERS: usize = ModelId::ALL.len();
/// A weight for each member, then a bias for each class.
const PARAMETERS: usize = MEMBERS + CLASSES;
/// Steps of Adam.
const STEPS: usize = 1500;
/// Decays linearly to zero.
const LEARNING_RATE: f64 = 0.02;
/// The L2 penalty of the biases: the validation split is small for ten of them.
const BIAS_PENALTY: f64 = 1e-2;
/// Adam's constants (Kingma and Ba 2014, arXiv 1412.6980). In 64 bits and in this order of operations, because another one would
/// change the weights file.
const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Images that the ensemble is fitted on, all of the same importance.
///
/// # Shapes
/// `predictions`: for each image, the members' predictions in the order of [`ModelId::ALL`].
pub struct EnsembleExamples<'a> {
    pub predictions: &'a [[Prediction; MEMBERS]],
    pub labels: &'a [Garment],
    /// The share of the loss that comes from these images.
    pub share: f64,
}

/// Minimises the cross-entropy of the ensemble's probabilities. No weight is negative, because every member is better than chance.
pub fn fit(sets: &[EnsembleExamples]) -> Ensemble {
    let mut examples = Vec::new();
    for set in sets {
        let weight = set.share / set.labels.len().max(1) as f64;
        for (members, label) in set.predictions.iter().zip(set.labels) {
            let log = |p: f32| f64::from(p.max(FLOOR)).ln();
            examples.push(WeightedExample {
                log_probabilities: members.map(|m| m.probabilities.map(log)),
                label: label.index(),
                weight,
            });
        }
    }
    let mut parameters = [1.0 / MEMBERS as f64; PARAMETERS];
    parameters[MEMBERS..].fill(0.0);
    let (mut first_moments, mut second_moments) = ([0.0; PARAMETERS], [0.0; PARAMETERS]);
    for step in 0..STEPS {
        let gradient = gradient(&parameters, &examples);
        let rate = LEARNING_RATE * (1.0 - step as f64 / STEPS as f64);
        let count = step as i32 + 1;
        for i in 0..PARAMETERS {
            let (m, v) = (&mut first_moments[i], &mut second_moments[i]);
            *m = BETA_1 * *m + (1.0 - BETA_1) * gradient[i];
            *v = BETA_2 * *v + (1.0 - BETA_2) * gradient[i] * gradient[i];
            let mean = *m / (1.0 - BETA_1.powi(count));
            let deviation = (*v / (1.0 - BETA_2.powi(count))).sqrt();
            parameters[i] -= rate * mean / (deviation + EPSILON);
            if i < MEMBERS {
                parameters[i] = parameters[i].max(0.0);
            }
        }
    }
    Ensemble {
        weights: core::array::from_fn(|m| parameters[m] as f32),
        bias: core::array::from_fn(|c| parameters[MEMBERS + c] as f32),
    }
}

/// An image's predictions as logarithms, its class and its weight in the loss.
struct WeightedExample {
    log_probabilities: [[f64; CLASSES]; MEMBERS],
    label: usize,
    weight: f64,
}

/// The gradient of the weighted cross-entropy and of the penalty.
fn gradient(parameters: &[f64; PARAMETERS], examples: &[WeightedExample]) -> [f64; PARAMETERS] {
    let mut gradient = [0.0; PARAMETERS];
    for example in examples {
        let members = &example.log_probabilities;
        let mut logits: [f64; CLASSES] = core::array::from_fn(|c| parameters[MEMBERS + c]);
        for (weight, member) in parameters.iter().zip(members) {
            for (logit, p) in logits.iter_mut().zip(member) {
                *logit += weight * p;
            }
        }
        let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exponentials = logits.map(|z| (z - max).exp());
        let sum: f64 = exponentials.iter().sum();
        for c in 0..CLASSES {
            let target = f64::from(u8::from(c == example.label));
            let error = example.weight * (exponentials[c] / sum - target);
            gradient[MEMBERS + c] += error;
            for (g, member) in gradient.iter_mut().zip(members) {
                *g += error * member[c];
            }
        }
    }
    for c in 0..CLASSES {
        gradient[MEMBERS + c] += BIAS_PENALTY * parameters[MEMBERS + c];
    }
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accurate_members_get_weight_and_constant_members_get_none() {
        let prediction = |model: ModelId, class: usize, p: f32| {
            let mut probabilities = [(1.0 - p) / 9.0; CLASSES];
            probabilities[class] = p;
            Prediction {
                model,
                probabilities,
            }
        };
        // The SVM has an accuracy and a confidence of 90%; the predictions of the others are constant.
        let labels: Vec<Garment> = (0..200).map(|i| Garment::ALL[i % CLASSES]).collect();
        let predictions: Vec<[Prediction; MEMBERS]> = (0..200)
            .map(|i| {
                ModelId::ALL.map(|model| match model {
                    ModelId::Svm if (i / CLASSES).is_multiple_of(10) => {
                        prediction(model, (i + 1) % CLASSES, 0.9)
                    }
                    ModelId::Svm => prediction(model, i % CLASSES, 0.9),
                    _ => prediction(model, 3, 0.9),
                })
            })
            .collect();
        let ensemble = fit(&[EnsembleExamples {
            predictions: &predictions,
            labels: &labels,
            share: 1.0,
        }]);
        for model in ModelId::ALL {
            let weight = ensemble.weights[model as usize];
            match model {
                ModelId::Svm => assert!((weight - 1.0).abs() < 0.1, "{weight}"),
                _ => assert!(weight < 0.05, "{model} has {weight}"),
            }
        }
        let correct = predictions.iter().zip(&labels).filter(|(members, label)| {
            let probabilities = ensemble.combine(&members[..]).unwrap();
            shared::model::argmax(&probabilities) == label.index()
        });
        assert_eq!(correct.count(), 180);
    }
}
