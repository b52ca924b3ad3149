//! The support vector machine: one-against-one with RBF kernels, parameters as in LIBSVM.

use alloc::{vec, vec::Vec};

use serde::{Deserialize, Serialize};

use super::classifier::Classifier;
use super::linear::Linear;
use super::model_id::ModelId;
use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::features::Sample;
use crate::garment::{CLASSES, Garment};
use crate::rows::Rows;
use crate::shuffle::Shuffle;
use crate::simd;

/// Pairs of classes, in LIBSVM's order: 0 against 1, 0 against 2, ..., 8 against 9.
pub const PAIRS: usize = CLASSES * (CLASSES - 1) / 2;

/// A support vector's part in the decisions for or against a class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportVector {
    /// Its number, in the order of the weights file.
    pub vector: u32,
    /// Its number among the vectors of its class, in the same order.
    pub of_class: u32,
    /// Its class.
    pub label: u8,
    /// The kernel's value, 0 to 1: how near it is to the sample.
    pub kernel: f32,
    /// The sum of its coefficients in the pairs of the class, positive for the class.
    pub coefficient: f32,
    /// Coefficient times kernel: what it adds to the sum of the class's nine decision values.
    pub contribution: f32,
}

/// The decision for or against a class, vector by vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassDecision {
    /// The sum of the class's nine decision values, each positive for the class.
    pub sum: f32,
    /// The part of the sum that does not depend on the sample.
    pub intercept: f32,
    /// The largest contributions for the class, largest first.
    pub supporting: Vec<SupportVector>,
    /// The largest contributions against it, largest first.
    pub opposing: Vec<SupportVector>,
}

/// The model: support vectors with coefficients for the nine pairs of each vector's class.
pub struct Svm {
    projection: Linear,
    /// Class by class.
    vectors: Rows,
    squares: Vec<f32>,
    /// `[vectors, 9]`: LIBSVM's `sv_coef`, with the sign of the pair's first class positive.
    coefficients: Vec<f32>,
    /// The class of each vector.
    classes: Vec<u8>,
    /// `[PAIRS]`, added to each pair's sum.
    intercepts: Vec<f32>,
    gamma: f32,
    /// A pair's probability is the logistic function of this factor times the decision value.
    slope: f32,
    temperature: f32,
}

impl Svm {
    /// From the projection (`projection` `[dimensions, input]`, `offset` `[dimensions]`), `vectors`
    /// `[vectors, dimensions]` ordered by class, `counts` `[10]` (vectors per class), `coefficients` `[9, vectors]`, `intercepts`
    /// `[45]`, `gamma`, `slope` and the temperature.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::for_model(ModelId::Svm, artifact)?;
        let projection = Linear::new(&tensors, "projection", "offset", None)?;
        let dimensions = projection.output();
        let vectors = tensors.tensor("vectors", [None, Some(dimensions)])?;
        let count = vectors.shape[0];
        let counts = tensors.values("counts", &[CLASSES])?;
        let known = |c: &f32| (0.0..=count as f32).contains(c);
        if dimensions == 0
            || !counts.iter().all(known)
            || counts.iter().map(|&c| c as usize).sum::<usize>() != count
        {
            return Err(tensors.malformed("the counts do not match the vectors"));
        }
        let classes = (0u8..).zip(counts);
        let classes = classes.flat_map(|(class, &count)| vec![class; count as usize]);
        let rows = tensors.values("coefficients", &[CLASSES - 1, count])?;
        let coefficients = (0..count * (CLASSES - 1))
            .map(|i| rows[i % (CLASSES - 1) * count + i / (CLASSES - 1)])
            .collect();
        let square = |v: &[f32]| simd::dot(v, v);
        Ok(Self {
            squares: vectors
                .values
                .chunks_exact(dimensions)
                .map(square)
                .collect(),
            vectors: Rows::new(&vectors.values, dimensions),
            coefficients,
            classes: classes.collect(),
            intercepts: tensors.values("intercepts", &[PAIRS])?.to_vec(),
            gamma: tensors.positive("gamma")?,
            slope: tensors.positive("slope")?,
            temperature: tensors.temperature()?,
            projection,
        })
    }

    /// The `count` support vectors that contribute most to the decisions for a class, and against it.
    pub fn class_decision(&self, sample: &Sample, class: Garment, count: usize) -> ClassDecision {
        let class = class.index();
        let query = self.project(sample);
        let square = simd::dot(&query, &query);
        let mut products = Vec::with_capacity(self.squares.len());
        let queries = core::slice::from_ref(&query);
        self.vectors
            .products(queries, |_, _, found| products.extend_from_slice(found));
        let coefficients = self.coefficients.chunks_exact(CLASSES - 1);
        let all = products
            .iter()
            .zip(&self.squares)
            .zip(coefficients)
            .zip(&self.classes);
        // Index, kernel, coefficient for the class.
        let mut parts: Vec<(usize, f32, f32)> = all
            .enumerate()
            .map(|(i, (((product, own), coefficients), &label))| {
                let distance = own + square - 2.0 * product;
                let kernel = libm::expf(-self.gamma * distance.max(0.0));
                (
                    i,
                    kernel,
                    class_coefficient(coefficients, usize::from(label), class),
                )
            })
            .collect();
        let sum: f64 = parts.iter().map(|(_, k, c)| f64::from(c * k)).sum();
        let intercepts = class_pairs().zip(&self.intercepts);
        let intercept: f32 = intercepts
            .map(|((first, second), value)| match class {
                c if c == first => *value,
                c if c == second => -value,
                _ => 0.0,
            })
            .sum();
        // The order of equal contributions is that of the file.
        parts.sort_by(|a, b| (b.1 * b.2).total_cmp(&(a.1 * a.2)));
        // Vectors are ordered by class.
        let first = |i: usize| self.classes.partition_point(|c| *c < self.classes[i]);
        let vector = |&(i, kernel, coefficient): &(usize, f32, f32)| SupportVector {
            vector: i as u32,
            of_class: (i - first(i)) as u32,
            label: self.classes[i],
            kernel,
            coefficient,
            contribution: coefficient * kernel,
        };
        let supporting = parts.iter().take(count).map(vector);
        let opposing = parts.iter().rev().take(count).map(vector);
        ClassDecision {
            sum: sum as f32 + intercept,
            intercept,
            supporting: supporting.filter(|v| v.contribution > 0.0).collect(),
            opposing: opposing.filter(|v| v.contribution < 0.0).collect(),
        }
    }

    /// The number of weighted sums that the features are reduced to.
    pub fn projection_size(&self) -> usize {
        self.projection.output()
    }

    /// The same vectors with their coefficients in another order: a model of the same kind that has learned nothing.
    pub fn shuffled(&self, order: &mut Shuffle) -> Self {
        let mut coefficients = self.coefficients.clone();
        order.shuffle(&mut coefficients);
        Self {
            projection: self.projection.clone(),
            vectors: self.vectors.clone(),
            squares: self.squares.clone(),
            coefficients,
            classes: self.classes.clone(),
            intercepts: self.intercepts.clone(),
            ..*self
        }
    }

    /// The position of a sample in the projection, in which the vectors are.
    ///
    /// # Shapes
    /// `[dimensions]`.
    pub fn project(&self, sample: &Sample) -> Vec<f32> {
        self.projection.apply(sample)
    }

    /// The decision values of some samples, of each the 45 pairs': positive for a pair's first class.
    pub fn decision_values(&self, samples: &[Sample]) -> Vec<[f32; PAIRS]> {
        let queries: Vec<Vec<f32>> = samples.iter().map(|s| self.project(s)).collect();
        let squares: Vec<f32> = queries.iter().map(|q| simd::dot(q, q)).collect();
        // Of each sample, the sums of each class's vectors in its pairs with the other classes. In 64 bits, since thousands of terms of
        // both signs are added.
        let mut sums = vec![[[0.0_f64; CLASSES - 1]; CLASSES]; queries.len()];
        self.vectors.products(&queries, |query, first, products| {
            let (sums, square) = (&mut sums[query], squares[query]);
            let coefficients = self.coefficients.chunks_exact(CLASSES - 1).skip(first);
            for (((product, own), coefficients), &class) in products
                .iter()
                .zip(&self.squares[first..])
                .zip(coefficients)
                .zip(&self.classes[first..])
            {
                let distance = own + square - 2.0 * product;
                let kernel = libm::expf(-self.gamma * distance.max(0.0));
                for (sum, coefficient) in sums[usize::from(class)].iter_mut().zip(coefficients) {
                    *sum += f64::from(coefficient * kernel);
                }
            }
        });
        sums.iter().map(|sums| self.decisions_by(sums)).collect()
    }

    /// The decision values for the sums of each class's vectors.
    fn decisions_by(&self, sums: &[[f64; CLASSES - 1]; CLASSES]) -> [f32; PAIRS] {
        let mut decisions = [0.0; PAIRS];
        for (pair, (first, second)) in class_pairs().enumerate() {
            // A class has no coefficient for itself, so those of later classes are one index lower.
            let sum = sums[first][second - 1] + sums[second][first];
            decisions[pair] = sum as f32 + self.intercepts[pair];
        }
        decisions
    }
}

/// The sum of a vector's coefficients in the pairs of a class, positive for the class. A vector of the class itself is in all nine.
fn class_coefficient(coefficients: &[f32], label: usize, class: usize) -> f32 {
    // A class has no coefficient for itself, so those of later classes are one index lower. Coefficients are positive for a
    // pair's first class.
    if label == class {
        let signs = (0..CLASSES - 1).map(|i| if i < class { -1.0 } else { 1.0 });
        coefficients
            .iter()
            .zip(signs)
            .map(|(c, sign)| c * sign)
            .sum()
    } else if class < label {
        coefficients[class]
    } else {
        -coefficients[class - 1]
    }
}

/// The pairs of classes, in the order of [`PAIRS`].
pub fn class_pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..CLASSES).flat_map(|first| (first + 1..CLASSES).map(move |second| (first, second)))
}

/// Class scores from decision values: the sum of the logarithms of the probabilities of a class in its nine pairs.
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
        let decisions = self.decision_values(core::slice::from_ref(sample));
        pairwise_scores(&decisions[0], self.slope)
    }

    fn scores_batch(&mut self, samples: &[Sample]) -> Vec<[f32; CLASSES]> {
        let decisions = self.decision_values(samples);
        decisions
            .iter()
            .map(|decisions| pairwise_scores(decisions, self.slope))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Artifact;
    use crate::image::PIXELS;
    use crate::model::tensors::fixtures::{
        artifact, first_pixel_row, first_pixel_sample, with_tensor,
    };

    const GAMMA: f32 = 1.5;

    /// Two vectors: a black first pixel is class 0, a white one class 2.
    fn two_vectors() -> Artifact {
        let mut counts = [0.0; CLASSES];
        (counts[0], counts[2]) = (1.0, 1.0);
        let mut coefficients = [0.0; 2 * (CLASSES - 1)];
        // The pair (0, 2) is class 0's second pair and class 2's first.
        (coefficients[2], coefficients[1]) = (0.75, -0.5);
        let mut intercepts = [0.0; PAIRS];
        intercepts[1] = 0.125;
        artifact(
            ModelId::Svm,
            &[
                ("projection", &[1, PIXELS], &first_pixel_row(1.0)),
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
    fn decision_values_and_scores_match_the_formula() {
        let mut svm = Svm::new(&two_vectors()).unwrap();
        for pixel in [0, 100, 255] {
            let x = f32::from(pixel) / 255.0;
            let kernel = |v: f32| libm::expf(-GAMMA * (x - v) * (x - v));
            let expected = 0.75 * kernel(0.0) - 0.5 * kernel(1.0) + 0.125;
            let decisions = svm.decision_values(&[first_pixel_sample(pixel)])[0];
            for (pair, (found, classes)) in decisions.iter().zip(class_pairs()).enumerate() {
                let expected = if classes == (0, 2) { expected } else { 0.0 };
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{pixel}, pair {pair}: {found}"
                );
            }
            // All other pairs have probability 1/2.
            let ln2 = core::f32::consts::LN_2;
            let scores = svm.scores(&first_pixel_sample(pixel));
            let log_probability = |x: f32| -libm::log1pf(libm::expf(-x));
            assert!((scores[0] - (log_probability(2.0 * expected) - 8.0 * ln2)).abs() < 1e-5);
            assert!((scores[2] - (log_probability(-2.0 * expected) - 8.0 * ln2)).abs() < 1e-5);
            assert!((scores[1] + 9.0 * ln2).abs() < 1e-5);
        }
    }

    #[test]
    fn a_class_decision_is_the_sum_of_its_pairs() {
        let svm = Svm::new(&two_vectors()).unwrap();
        let sample = first_pixel_sample(100);
        let decisions = svm.decision_values(core::slice::from_ref(&sample))[0];
        for class in Garment::ALL {
            let expected: f32 = decisions
                .iter()
                .zip(class_pairs())
                .map(|(d, (first, second))| match class.index() {
                    c if c == first => *d,
                    c if c == second => -d,
                    _ => 0.0,
                })
                .sum();
            let decision = svm.class_decision(&sample, class, 3);
            assert!(
                (decision.sum - expected).abs() < 1e-6,
                "{class}: {decision:?}"
            );
        }
        let decision = svm.class_decision(&sample, Garment::ALL[0], 3);
        let vectors = [&decision.supporting[..], &decision.opposing[..]];
        assert_eq!(
            vectors.map(|v| v.iter().map(|v| v.label).collect::<Vec<_>>()),
            [[0], [2]]
        );
        let mirrored = svm.class_decision(&sample, Garment::ALL[2], 3);
        assert_eq!(
            mirrored.supporting[0].contribution,
            -decision.opposing[0].contribution
        );
        assert_eq!(decision.intercept, 0.125);
    }

    #[test]
    fn a_batch_has_the_scores_of_its_samples() {
        let mut svm = Svm::new(&two_vectors()).unwrap();
        let samples: Vec<Sample> = (0..20).map(|i| first_pixel_sample(9 * i)).collect();
        let single: Vec<_> = samples.iter().map(|s| svm.scores(s)).collect();
        assert_eq!(svm.scores_batch(&samples), single);
        assert_ne!(single[0], single[19]);
    }

    #[test]
    fn vectors_are_numbered_within_their_class() {
        let mut counts = [0.0; CLASSES];
        (counts[0], counts[2]) = (1.0, 2.0);
        let mut coefficients = [0.0; 3 * (CLASSES - 1)];
        // The pair (0, 2) is class 0's second pair and class 2's first.
        (coefficients[3], coefficients[1], coefficients[2]) = (0.75, -0.5, -0.6);
        let made = with_tensor(&two_vectors(), "counts", &[CLASSES], &counts);
        let made = with_tensor(&made, "vectors", &[3, 1], &[0.0, 1.0, 0.5]);
        let made = with_tensor(&made, "coefficients", &[CLASSES - 1, 3], &coefficients);
        let decision =
            Svm::new(&made)
                .unwrap()
                .class_decision(&first_pixel_sample(120), Garment::ALL[0], 3);
        let numbers = decision
            .opposing
            .iter()
            .map(|v| (v.vector, v.label, v.of_class));
        assert!(numbers.eq([(2, 2, 1), (1, 2, 0)]), "{decision:?}");
    }

    #[test]
    fn the_log_logistic_function_handles_large_arguments() {
        assert_eq!(log_logistic(1e30), 0.0);
        assert_eq!(log_logistic(-1e30), -1e30);
    }

    #[test]
    fn rejects_invalid_counts_and_shapes() {
        for counts in [[1.0; CLASSES], [0.0; CLASSES], [-1.0; CLASSES]] {
            let made = with_tensor(&two_vectors(), "counts", &[CLASSES], &counts);
            let error = Svm::new(&made).err().unwrap();
            assert!(matches!(error, ModelError::Malformed { .. }), "{error}");
        }
        assert!(Svm::new(&with_tensor(&two_vectors(), "gamma", &[1], &[0.0])).is_err());
        assert!(
            Svm::new(&with_tensor(
                &two_vectors(),
                "vectors",
                &[1, 2],
                &[0.0, 1.0]
            ))
            .is_err()
        );
        assert!(
            Svm::new(&with_tensor(
                &two_vectors(),
                "coefficients",
                &[2, 9],
                &[0.0; 18]
            ))
            .is_err()
        );
    }
}
