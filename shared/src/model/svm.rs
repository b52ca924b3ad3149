//! A support vector machine: one against one, radial basis functions, the parameters that LIBSVM would have.

use alloc::{vec, vec::Vec};

use super::linear::Linear;
use super::tensors::Tensors;
use super::{Classifier, ModelError, ModelId};
use crate::artifact::Artifact;
use crate::features::Sample;
use crate::garment::CLASSES;
use crate::simd;

/// Pairs of classes, in LIBSVM's order: 0 against 1, 0 against 2, ..., 8 against 9.
pub const PAIRS: usize = CLASSES * (CLASSES - 1) / 2;

/// The support vectors and what each says in the nine pairs that its class takes part in.
pub struct Svm {
    projection: Linear,
    /// `[vectors, dimensions]`, class by class.
    vectors: Vec<f32>,
    squares: Vec<f32>,
    /// `[vectors, 9]`: LIBSVM's `sv_coef`, with the sign of the pair's first class positive.
    coefficients: Vec<f32>,
    /// The class of each vector.
    classes: Vec<u8>,
    /// `[PAIRS]`: added to a pair's sum.
    intercepts: Vec<f32>,
    gamma: f32,
    /// A decision value becomes a probability by the logistic function of this many times the value.
    slope: f32,
    temperature: f32,
}

impl Svm {
    /// From the projection (`projection` `[dimensions, input]`, `offset` `[dimensions]`), `vectors`
    /// `[vectors, dimensions]` ordered by class, `counts` `[10]` of them, `coefficients` `[9, vectors]`, `intercepts`
    /// `[45]`, `gamma`, `slope` and the temperature.
    ///
    /// # Errors
    /// The artifact is another model's, lacks a tensor, or holds one that makes no sense.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::for_model(ModelId::Svm, artifact)?;
        let projection = Linear::new(&tensors, "projection", "offset", None)?;
        let dimensions = projection.output();
        let vectors = tensors.take("vectors", [None, Some(dimensions)])?;
        let many = vectors.shape[0];
        let counts = tensors.values("counts", &[CLASSES])?;
        let known = |c: &f32| (0.0..=many as f32).contains(c);
        if dimensions == 0
            || !counts.iter().all(known)
            || counts.iter().map(|&c| c as usize).sum::<usize>() != many
        {
            return Err(tensors.malformed("the vectors are not counted rightly"));
        }
        let classes = (0u8..).zip(counts);
        let classes = classes.flat_map(|(class, &count)| vec![class; count as usize]);
        let rows = tensors.values("coefficients", &[CLASSES - 1, many])?;
        let coefficients = (0..many * (CLASSES - 1))
            .map(|i| rows[i % (CLASSES - 1) * many + i / (CLASSES - 1)])
            .collect();
        let square = |v: &[f32]| simd::dot(v, v);
        Ok(Self {
            squares: vectors
                .values
                .chunks_exact(dimensions)
                .map(square)
                .collect(),
            vectors: vectors.values.clone(),
            coefficients,
            classes: classes.collect(),
            intercepts: tensors.values("intercepts", &[PAIRS])?.to_vec(),
            gamma: tensors.positive("gamma")?,
            slope: tensors.positive("slope")?,
            temperature: tensors.temperature()?,
            projection,
        })
    }

    /// Each pair's decision value: positive for its first class.
    pub fn decision_values(&self, sample: &Sample) -> [f32; PAIRS] {
        let place = self.projection.apply(sample);
        let square = simd::dot(&place, &place);
        // What the vectors of each class say in the pair with each other class; thousands of them, of both signs.
        let mut said = [[0.0_f64; CLASSES - 1]; CLASSES];
        let vectors = self.vectors.chunks_exact(place.len());
        let coefficients = self.coefficients.chunks_exact(CLASSES - 1);
        for (((vector, own), coefficients), &class) in vectors
            .zip(&self.squares)
            .zip(coefficients)
            .zip(&self.classes)
        {
            let distance = own + square - 2.0 * simd::dot(vector, &place);
            let kernel = libm::expf(-self.gamma * distance.max(0.0));
            for (sum, coefficient) in said[usize::from(class)].iter_mut().zip(coefficients) {
                *sum += f64::from(coefficient * kernel);
            }
        }
        let mut decisions = [0.0; PAIRS];
        for (pair, (first, second)) in class_pairs().enumerate() {
            // A class's coefficients leave itself out, so those of later classes are one place earlier.
            let sum = said[first][second - 1] + said[second][first];
            decisions[pair] = sum as f32 + self.intercepts[pair];
        }
        decisions
    }
}

/// The pairs of classes in their order.
pub fn class_pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..CLASSES).flat_map(|first| (first + 1..CLASSES).map(move |second| (first, second)))
}

/// A class's score: the logarithm of the product of its nine pairs' probabilities.
pub fn pairwise_scores(decisions: &[f32; PAIRS], slope: f32) -> [f32; CLASSES] {
    let mut scores = [0.0; CLASSES];
    for (decision, (first, second)) in decisions.iter().zip(class_pairs()) {
        scores[first] += log_logistic(slope * decision);
        scores[second] += log_logistic(-slope * decision);
    }
    scores
}

/// ln(1 / (1 + e^-x)) without overflow.
fn log_logistic(x: f32) -> f32 {
    x.min(0.0) - libm::log1pf(libm::expf(-x.abs()))
}

impl Classifier for Svm {
    fn id(&self) -> ModelId {
        ModelId::Svm
    }

    fn temperature(&self) -> f32 {
        self.temperature
    }

    fn scores(&mut self, sample: &Sample) -> [f32; CLASSES] {
        pairwise_scores(&self.decision_values(sample), self.slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Artifact;
    use crate::image::PIXELS;
    use crate::model::tensors::by_hand::{altered, artifact, first_pixel, lit};

    const GAMMA: f32 = 1.5;

    /// Two vectors: a dark first pixel is class 0, a bright one class 2.
    fn two() -> Artifact {
        let mut counts = [0.0; CLASSES];
        (counts[0], counts[2]) = (1.0, 1.0);
        let mut coefficients = [0.0; 2 * (CLASSES - 1)];
        // Class 0's word against class 2 comes second, class 2's against class 0 first.
        (coefficients[2], coefficients[1]) = (0.75, -0.5);
        let mut intercepts = [0.0; PAIRS];
        intercepts[1] = 0.125;
        artifact(
            ModelId::Svm,
            &[
                ("projection", &[1, PIXELS], &first_pixel(1.0)),
                ("offset", &[1], &[0.0]),
                ("vectors", &[2, 1], &[0.0, 1.0]),
                ("counts", &[CLASSES], &counts),
                ("coefficients", &[CLASSES - 1, 2], &coefficients),
                ("intercepts", &[PAIRS], &intercepts),
                ("gamma", &[1], &[GAMMA]),
                ("slope", &[1], &[2.0]),
            ],
        )
    }

    #[test]
    fn two_vectors_decide_as_the_formula_says() {
        let mut svm = Svm::new(&two()).unwrap();
        for pixel in [0, 100, 255] {
            let x = f32::from(pixel) / 255.0;
            let kernel = |v: f32| libm::expf(-GAMMA * (x - v) * (x - v));
            let expected = 0.75 * kernel(0.0) - 0.5 * kernel(1.0) + 0.125;
            let decisions = svm.decision_values(&lit(pixel));
            for (pair, (found, classes)) in decisions.iter().zip(class_pairs()).enumerate() {
                let expected = if classes == (0, 2) { expected } else { 0.0 };
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{pixel}, pair {pair}: {found}"
                );
            }
            // Nine fair coins each, but for this pair.
            let ln2 = core::f32::consts::LN_2;
            let scores = svm.scores(&lit(pixel));
            let word = |x: f32| -libm::log1pf(libm::expf(-x));
            assert!((scores[0] - (word(2.0 * expected) - 8.0 * ln2)).abs() < 1e-5);
            assert!((scores[2] - (word(-2.0 * expected) - 8.0 * ln2)).abs() < 1e-5);
            assert!((scores[1] + 9.0 * ln2).abs() < 1e-5);
        }
    }

    #[test]
    fn decisions_far_out_neither_overflow_nor_vanish() {
        assert_eq!(log_logistic(1e30), 0.0);
        assert_eq!(log_logistic(-1e30), -1e30);
    }

    #[test]
    fn vectors_that_are_not_counted_rightly_are_refused() {
        for counts in [[1.0; CLASSES], [0.0; CLASSES], [-1.0; CLASSES]] {
            let made = altered(&two(), "counts", &[CLASSES], &counts);
            let error = Svm::new(&made).err().unwrap();
            assert!(matches!(error, ModelError::Malformed { .. }), "{error}");
        }
        assert!(Svm::new(&altered(&two(), "gamma", &[1], &[0.0])).is_err());
        assert!(Svm::new(&altered(&two(), "vectors", &[1, 2], &[0.0, 1.0])).is_err());
        assert!(Svm::new(&altered(&two(), "coefficients", &[2, 9], &[0.0; 18])).is_err());
    }
}
