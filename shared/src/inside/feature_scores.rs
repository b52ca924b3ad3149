//! What a classical model computes from an image: the features, and the terms of a linear score.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::feature_map::FeatureMap;
use super::largest::take_largest;
use crate::features::{FeaturePlace, Sample, hog};
use crate::garment::{CLASSES, Garment};
use crate::image::SIDE;

/// The features of an image, and what a model makes of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureScores {
    /// Whether the image was mirrored before its features were computed.
    pub is_mirrored: bool,
    /// The gradients at each scale, the smallest cells first.
    pub scales: Vec<GradientHistograms>,
    /// The number of weighted sums that the features are reduced to before the model sees them; `None` if it sees the features.
    pub projection: Option<u16>,
    /// Of logistic regression: the parts of the score of the most probable class.
    pub score: Option<LinearScore>,
    /// In label order, likewise below.
    pub scores: [f32; CLASSES],
    /// What the scores are divided by before the softmax.
    pub temperature: f32,
    pub probabilities: [f32; CLASSES],
}

/// The gradients of an image at one scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradientHistograms {
    /// The cells' side in pixels.
    pub cell: u8,
    /// For each cell, row by row, the strength of each of the orientations.
    pub strengths: FeatureMap,
}

/// The score of a class as a sum: of the listed terms, of `others_sum` and of the bias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearScore {
    pub class: Garment,
    /// The terms that add the most, the largest first.
    pub supporting: Vec<Term>,
    /// The terms that subtract the most, the most negative first.
    pub opposing: Vec<Term>,
    /// The number of features that are not listed and not 0, and the sum of their terms.
    pub others: u16,
    pub others_sum: f32,
    pub bias: f32,
    pub score: f32,
}

/// A feature times its weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub place: FeaturePlace,
    pub value: f32,
    pub weight: f32,
}

impl Term {
    pub fn product(&self) -> f32 {
        self.value * self.weight
    }
}

impl LinearScore {
    /// The score of a class from all terms, with the largest and the most negative `listed` of them.
    pub(crate) fn new(class: Garment, mut terms: Vec<Term>, bias: f32, listed: usize) -> Self {
        terms.retain(|term| term.product() != 0.0);
        let positive = |value: f32| (value > 0.0).then_some(value);
        let supporting = take_largest(&mut terms, listed, |term| positive(term.product()));
        let opposing = take_largest(&mut terms, listed, |term| positive(-term.product()));
        let others = terms;
        let sum = |terms: &[Term]| terms.iter().map(Term::product).sum::<f32>();
        let others_sum = sum(&others);
        Self {
            class,
            others: others.len() as u16,
            others_sum,
            bias,
            score: sum(&supporting) + sum(&opposing) + others_sum + bias,
            supporting,
            opposing,
        }
    }
}

impl GradientHistograms {
    /// All scales of an image.
    pub(crate) fn all(sample: &Sample) -> Vec<Self> {
        let mut features = sample.features();
        let scales = hog::CELLS.map(|cell| {
            let side = SIDE / cell;
            let (own, rest) = features.split_at(side * side * hog::ORIENTATIONS);
            features = rest;
            Self {
                cell: cell as u8,
                strengths: FeatureMap::new(own),
            }
        });
        scales.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_terms_of_both_signs_are_listed() {
        let products = [0.5, -1.0, 3.0, 0.0, -0.25, 2.0, -4.0];
        let terms = products.iter().enumerate().map(|(i, &product)| Term {
            place: FeaturePlace::of(i).unwrap(),
            value: product,
            weight: 1.0,
        });
        let score = LinearScore::new(Garment::Bag, terms.collect(), 0.125, 2);
        let values = |terms: &[Term]| terms.iter().map(Term::product).collect::<Vec<_>>();
        assert_eq!(values(&score.supporting), [3.0, 2.0]);
        assert_eq!(values(&score.opposing), [-4.0, -1.0]);
        assert_eq!((score.others, score.others_sum), (2, 0.25));
        assert_eq!(score.score, 0.375);
    }
}
