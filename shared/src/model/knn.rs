//! The k-nearest-neighbours classifier, in a learned projection of the features.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::classifier::Classifier;
use super::linear::Linear;
use super::model_id::ModelId;
use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::features::Sample;
use crate::garment::CLASSES;
use crate::rows::Rows;
use crate::shuffle::Shuffle;
use crate::simd;

/// The largest number of neighbours that is accepted.
const MAX_NEIGHBOURS: f32 = 64.0;
/// The weight of a class that no neighbour has.
const FLOOR: f32 = 1e-3;

/// A training sample near to a sample that is classified.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its number among the points of the model, in the order of the training images.
    pub point: u32,
    /// Its number among the points of its class, in the same order.
    pub of_class: u32,
    /// Its class.
    pub label: u8,
    /// The Euclidean distance in the projection.
    pub distance: f32,
    /// Its share of the weight of all neighbours, 0 to 1.
    pub share: f32,
}

/// One of the nearest points.
#[derive(Clone, Copy)]
struct Near {
    /// Half the squared distance, up to a constant.
    half: f32,
    point: usize,
    label: u8,
}

/// The model: projected training samples with their classes.
pub struct Knn {
    projection: Linear,
    points: Rows,
    /// Half of each point's squared length.
    half_squares: Vec<f32>,
    labels: Vec<u8>,
    neighbours: usize,
    /// The kernel width: a neighbour whose squared distance exceeds the nearest one's by this has 1/e of its weight.
    width: f32,
    temperature: f32,
}

impl Knn {
    /// From the projection (`projection` `[dimensions, input]`, `offset` `[dimensions]`), `points`
    /// `[points, dimensions]`, `labels` `[points]`, `neighbours`, `width` and the temperature.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::for_model(ModelId::Knn, artifact)?;
        let projection = Linear::new(&tensors, "projection", "offset", None)?;
        let dimensions = projection.output();
        let points = tensors.tensor("points", [None, Some(dimensions)])?;
        let labels = tensors.values("labels", &[points.shape[0]])?;
        let neighbours = tensors.positive("neighbours")?;
        if !(1.0..=MAX_NEIGHBOURS).contains(&neighbours) || points.shape[0] < neighbours as usize {
            return Err(tensors.malformed("the number of neighbours is out of range"));
        }
        if dimensions == 0 || labels.iter().any(|&l| !(0.0..CLASSES as f32).contains(&l)) {
            return Err(tensors.malformed("a point has no class"));
        }
        let half = |point: &[f32]| simd::dot(point, point) / 2.0;
        Ok(Self {
            half_squares: points.values.chunks_exact(dimensions).map(half).collect(),
            points: Rows::new(&points.values, dimensions),
            labels: labels.iter().map(|&l| l as u8).collect(),
            projection,
            neighbours: neighbours as usize,
            width: tensors.positive("width")?,
            temperature: tensors.temperature()?,
        })
    }

    /// The position of a sample in the projection, in which the points are.
    ///
    /// # Shapes
    /// `[dimensions]`.
    pub fn project(&self, sample: &Sample) -> Vec<f32> {
        self.projection.apply(sample)
    }

    /// The nearest points of each position, nearest first.
    fn nearest(&self, queries: &[Vec<f32>]) -> Vec<Vec<Near>> {
        let empty = |_| Vec::with_capacity(self.neighbours + 1);
        let mut all: Vec<Vec<Near>> = queries.iter().map(empty).collect();
        self.points.products(queries, |query, first, products| {
            let nearest = &mut all[query];
            let points = self.half_squares[first..].iter().zip(&self.labels[first..]);
            for (i, (product, (half, &label))) in products.iter().zip(points).enumerate() {
                let half = half - product;
                let last = nearest.last().map_or(f32::INFINITY, |n| n.half);
                if nearest.len() < self.neighbours || half < last {
                    let at = nearest.partition_point(|n| n.half <= half);
                    let point = first + i;
                    nearest.insert(at, Near { half, point, label });
                    nearest.truncate(self.neighbours);
                }
            }
        });
        all
    }

    /// The weight of each of the nearest points.
    fn weights(&self, nearest: &[Near]) -> Vec<f32> {
        // There is at least one neighbour: `new` checks it.
        let first = nearest[0].half;
        let weight = |n: &Near| libm::expf(-2.0 * (n.half - first) / self.width);
        nearest.iter().map(weight).collect()
    }

    /// The logarithm of each class's share of the weight of the nearest points.
    fn class_scores(&self, nearest: &[Near]) -> [f32; CLASSES] {
        let mut weights = [FLOOR; CLASSES];
        for (near, weight) in nearest.iter().zip(self.weights(nearest)) {
            weights[usize::from(near.label)] += weight;
        }
        let sum: f32 = weights.iter().sum();
        weights.map(|w| libm::logf(w / sum))
    }

    /// The neighbours that decide the class of a sample, nearest first.
    pub fn neighbours(&self, sample: &Sample) -> Vec<Neighbour> {
        let queries = [self.project(sample)];
        let nearest = self.nearest(&queries).concat();
        let weights = self.weights(&nearest);
        let sum: f32 = weights.iter().sum();
        let neighbours = nearest.iter().zip(&weights).map(|(near, weight)| {
            // Not from `half`, which loses digits where the distance is small beside the positions.
            let position = self.points.row(near.point);
            let squares = position.zip(&queries[0]);
            let squares = squares.map(|(a, b)| (a - b) * (a - b));
            let before = &self.labels[..near.point];
            Neighbour {
                point: near.point as u32,
                of_class: before.iter().filter(|l| **l == near.label).count() as u32,
                label: near.label,
                distance: libm::sqrtf(squares.sum()),
                share: weight / sum,
            }
        });
        neighbours.collect()
    }

    /// The number of weighted sums that the features are reduced to.
    pub fn projection_size(&self) -> usize {
        self.projection.output()
    }

    /// The same points with their classes in another order: a model of the same kind that has learned nothing.
    pub fn shuffled(&self, order: &mut Shuffle) -> Self {
        let mut labels = self.labels.clone();
        order.shuffle(&mut labels);
        Self {
            projection: self.projection.clone(),
            points: self.points.clone(),
            half_squares: self.half_squares.clone(),
            labels,
            ..*self
        }
    }
}

impl Classifier for Knn {
    fn id(&self) -> ModelId {
        ModelId::Knn
    }

    fn temperature(&self) -> f32 {
        self.temperature
    }

    /// The logarithm of each class's share of the total weight of the neighbours.
    fn scores(&mut self, sample: &Sample) -> [f32; CLASSES] {
        self.class_scores(&self.nearest(&[self.project(sample)]).concat())
    }

    fn scores_batch(&mut self, samples: &[Sample]) -> Vec<[f32; CLASSES]> {
        let queries: Vec<Vec<f32>> = samples.iter().map(|s| self.project(s)).collect();
        let nearest = self.nearest(&queries);
        nearest.iter().map(|n| self.class_scores(n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::PIXELS;
    use crate::model::tensors::fixtures::{
        artifact, first_pixel_row, first_pixel_sample, with_tensor,
    };

    const WIDTH: f32 = 0.25;

    /// Three points along the first pixel: class 1 at 0, class 2 at 0.5, class 3 at 1.
    fn three() -> Artifact {
        artifact(
            ModelId::Knn,
            &[
                ("projection", &[1, PIXELS], &first_pixel_row(1.0)),
                ("offset", &[1], &[0.0]),
                ("points", &[3, 1], &[0.0, 0.5, 1.0]),
                ("labels", &[3], &[1.0, 2.0, 3.0]),
                ("neighbours", &[1], &[2.0]),
                ("width", &[1], &[WIDTH]),
            ],
        )
    }

    #[test]
    fn neighbours_are_weighted_by_distance() {
        let mut knn = Knn::new(&three()).unwrap();
        let scores = knn.scores(&first_pixel_sample(51));
        // 0.2 from the first, 0.3 from the second; the third is no neighbour.
        let second = libm::expf(-(0.09 - 0.04) / WIDTH);
        let sum = 1.0 + second + 10.0 * FLOOR;
        let mut expected = [FLOOR / sum; CLASSES];
        expected[1] = (1.0 + FLOOR) / sum;
        expected[2] = (second + FLOOR) / sum;
        for (score, share) in scores.iter().zip(expected) {
            assert!((score - libm::logf(share)).abs() < 1e-5, "{scores:?}");
        }
    }

    #[test]
    fn neighbours_have_distances_and_shares() {
        let knn = Knn::new(&three()).unwrap();
        let found = knn.neighbours(&first_pixel_sample(51));
        let second = libm::expf(-(0.09 - 0.04) / WIDTH);
        let expected = [(0, 1, 0.2, 1.0), (1, 2, 0.3, second)];
        assert_eq!(found.len(), 2);
        for (found, (point, label, distance, weight)) in found.iter().zip(expected) {
            assert_eq!((found.point, found.label), (point, label));
            assert_eq!(found.of_class, 0);
            assert!((found.distance - distance).abs() < 1e-6, "{found:?}");
            assert!(
                (found.share - weight / (1.0 + second)).abs() < 1e-6,
                "{found:?}"
            );
        }
    }

    #[test]
    fn points_are_numbered_within_their_class() {
        let made = with_tensor(&three(), "labels", &[3], &[2.0, 1.0, 2.0]);
        let found = Knn::new(&made)
            .unwrap()
            .neighbours(&first_pixel_sample(255));
        let numbers = found.iter().map(|n| (n.point, n.label, n.of_class));
        assert!(numbers.eq([(2, 2, 1), (1, 1, 0)]), "{found:?}");
    }

    #[test]
    fn a_batch_has_the_scores_of_its_samples() {
        let mut knn = Knn::new(&three()).unwrap();
        let samples: Vec<Sample> = (0..20).map(|i| first_pixel_sample(9 * i)).collect();
        let single: Vec<_> = samples.iter().map(|s| knn.scores(s)).collect();
        assert_eq!(knn.scores_batch(&samples), single);
        assert_ne!(single[0], single[19]);
    }

    #[test]
    fn a_sample_at_a_point_has_that_point_s_class() {
        let mut knn = Knn::new(&with_tensor(&three(), "neighbours", &[1], &[1.0])).unwrap();
        for (pixel, class) in [(0, 1), (127, 2), (255, 3)] {
            assert_eq!(
                knn.classify(&first_pixel_sample(pixel)).garment().index(),
                class
            );
        }
    }

    #[test]
    fn rejects_too_few_points_and_unknown_classes() {
        for neighbours in [0.5, 4.0, 65.0] {
            let made = with_tensor(&three(), "neighbours", &[1], &[neighbours]);
            let error = Knn::new(&made).err().unwrap();
            assert!(matches!(error, ModelError::Malformed { .. }), "{error}");
        }
        for label in [-1.0, 10.0] {
            let made = with_tensor(&three(), "labels", &[3], &[0.0, 1.0, label]);
            let error = Knn::new(&made).err().unwrap();
            assert!(matches!(error, ModelError::Malformed { .. }), "{error}");
        }
        assert!(Knn::new(&with_tensor(&three(), "labels", &[2], &[0.0, 1.0])).is_err());
    }
}
