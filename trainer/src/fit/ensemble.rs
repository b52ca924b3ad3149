//! Learns how much each of the seven's word counts, on the validation split.

use shared::garment::{CLASSES, Garment};
use shared::model::ensemble::FLOOR;
use shared::model::{Ensemble, ModelId, Prediction};

const MEMBERS: usize = ModelId::ALL.len();
const STEPS: usize = 1500;
/// Adam's, falling to zero.
const LEARNING_RATE: f64 = 0.02;
/// Pulls the biases to zero: 5,000 pictures are few for ten of them.
const BIAS_PENALTY: f64 = 1e-2;

/// Fits by gradient descent on the vote's cross-entropy; no weight is below zero, for none of the seven is worse than
/// chance.
///
/// # Shapes
/// `ballots`: the seven's verdicts on each picture, in the order of [`ModelId::ALL`].
pub fn fit(ballots: &[[Prediction; MEMBERS]], labels: &[Garment]) -> Ensemble {
    let words: Vec<[[f64; CLASSES]; MEMBERS]> = ballots
        .iter()
        .map(|ballot| ballot.map(|v| v.probabilities.map(|p| f64::from(p.max(FLOOR)).ln())))
        .collect();
    let mut place = [1.0 / MEMBERS as f64; MEMBERS + CLASSES];
    place[MEMBERS..].fill(0.0);
    let (mut first, mut second) = ([0.0; MEMBERS + CLASSES], [0.0; MEMBERS + CLASSES]);
    for step in 0..STEPS {
        let gradient = gradient(&place, &words, labels);
        let rate = LEARNING_RATE * (1.0 - step as f64 / STEPS as f64);
        let (fade, slow_fade) = (0.9_f64, 0.999_f64);
        for i in 0..place.len() {
            first[i] = fade * first[i] + (1.0 - fade) * gradient[i];
            second[i] = slow_fade * second[i] + (1.0 - slow_fade) * gradient[i] * gradient[i];
            let steps = step as i32 + 1;
            let mean = first[i] / (1.0 - fade.powi(steps));
            let spread = (second[i] / (1.0 - slow_fade.powi(steps))).sqrt();
            place[i] -= rate * mean / (spread + 1e-8);
            if i < MEMBERS {
                place[i] = place[i].max(0.0);
            }
        }
    }
    Ensemble {
        weights: core::array::from_fn(|m| place[m] as f32),
        bias: core::array::from_fn(|c| place[MEMBERS + c] as f32),
    }
}

fn gradient(
    place: &[f64; MEMBERS + CLASSES],
    words: &[[[f64; CLASSES]; MEMBERS]],
    labels: &[Garment],
) -> [f64; MEMBERS + CLASSES] {
    let mut gradient = [0.0; MEMBERS + CLASSES];
    for (words, label) in words.iter().zip(labels) {
        let mut scores: [f64; CLASSES] = core::array::from_fn(|c| place[MEMBERS + c]);
        for (weight, word) in place.iter().zip(words) {
            for (score, w) in scores.iter_mut().zip(word) {
                *score += weight * w;
            }
        }
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exponentials = scores.map(|s| (s - largest).exp());
        let sum: f64 = exponentials.iter().sum();
        for c in 0..CLASSES {
            let target = f64::from(u8::from(c == label.index()));
            let error = exponentials[c] / sum - target;
            gradient[MEMBERS + c] += error;
            for (g, word) in gradient.iter_mut().zip(words) {
                *g += error * word[c];
            }
        }
    }
    let many = words.len().max(1) as f64;
    let mut gradient = gradient.map(|g| g / many);
    for c in 0..CLASSES {
        gradient[MEMBERS + c] += BIAS_PENALTY * place[MEMBERS + c];
    }
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_knows_is_heard_and_who_guesses_is_not() {
        let said = |model: ModelId, class: usize, p: f32| {
            let mut probabilities = [(1.0 - p) / 9.0; CLASSES];
            probabilities[class] = p;
            Prediction {
                model,
                probabilities,
            }
        };
        // The SVM is right nine times in ten, and says so; the others say the same whatever they see.
        let labels: Vec<Garment> = (0..200).map(|i| Garment::ALL[i % CLASSES]).collect();
        let ballots: Vec<[Prediction; MEMBERS]> = (0..200)
            .map(|i| {
                ModelId::ALL.map(|model| match model {
                    ModelId::Svm if (i / CLASSES).is_multiple_of(10) => {
                        said(model, (i + 1) % CLASSES, 0.9)
                    }
                    ModelId::Svm => said(model, i % CLASSES, 0.9),
                    _ => said(model, 3, 0.9),
                })
            })
            .collect();
        let vote = fit(&ballots, &labels);
        for model in ModelId::ALL {
            let weight = vote.weights[model as usize];
            match model {
                ModelId::Svm => assert!((weight - 1.0).abs() < 0.1, "{weight}"),
                _ => assert!(weight < 0.05, "{model} has {weight}"),
            }
        }
        let right = ballots.iter().zip(&labels).filter(|(ballot, label)| {
            let said = vote.combine(&ballot[..]).unwrap();
            shared::model::argmax(&said) == label.index()
        });
        assert_eq!(right.count(), 180);
    }
}
