//! A random forest: trees that compare one feature at a time, and leaves that hold probabilities.

use alloc::vec::Vec;

use super::linear::Linear;
use super::tensors::Tensors;
use super::{Classifier, ModelError, ModelId};
use crate::artifact::Artifact;
use crate::features::Sample;
use crate::garment::CLASSES;

/// A class that a forest gives no share is still possible.
const FLOOR: f32 = 1e-3;

/// A tree's node; the left child follows it.
#[derive(Clone, Copy)]
struct Node {
    /// Which byte of the picture's place is compared; of a leaf, which distribution it holds.
    feature: u16,
    /// At most this goes left.
    threshold: u8,
    /// How far behind this node the right child is; 0 marks a leaf.
    right: u32,
}

/// The trees.
pub struct Forest {
    nodes: Vec<Node>,
    /// Where each tree begins.
    roots: Vec<u32>,
    /// `[distributions, 10]`, shared by the leaves.
    leaves: Vec<[f32; CLASSES]>,
    projection: Linear,
    temperature: f32,
}

impl Forest {
    /// From the projection (`projection` `[dimensions, input]`, `offset` `[dimensions]`), whose numbers are compared
    /// as bytes, and trees in preorder: `shape` has a bit a node, lowest first, 1 for a split; `feature` and
    /// `threshold` have one entry a split, `leaf` one a leaf: a row of `leaves` `[distributions, 10]`.
    ///
    /// # Errors
    /// The artifact is another model's, lacks a tensor, or holds one that makes no sense.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::for_model(ModelId::Forest, artifact)?;
        let shape = &tensors.take("shape", [None])?.values;
        let feature = &tensors.take("feature", [None])?.values;
        let threshold = tensors.values("threshold", &[feature.len()])?;
        let leaf = &tensors.take("leaf", [None])?.values;
        let table = tensors.take("leaves", [None, Some(CLASSES)])?;
        let leaves: Vec<[f32; CLASSES]> = table
            .values
            .chunks_exact(CLASSES)
            .map(|row| core::array::from_fn(|c| row[c]))
            .collect();
        let projection = Linear::new(&tensors, "projection", "offset", None)?;
        if leaves.iter().flatten().any(|p| !(0.0..=1.0).contains(p)) {
            return Err(tensors.malformed("a leaf holds no probabilities"));
        }
        let many = feature.len() + leaf.len();
        if shape.len() != many.div_ceil(8) {
            return Err(tensors.malformed("the trees' shape has another length"));
        }
        let (mut splits, mut ends) = (feature.iter().zip(threshold), leaf.iter());
        let mut nodes = Vec::with_capacity(many);
        let mut roots = Vec::new();
        // Splits whose right child has not come yet.
        let mut open: Vec<usize> = Vec::new();
        // How many nodes the tree still lacks, as far as is known.
        let mut missing = 0_usize;
        for i in 0..many {
            if missing == 0 {
                roots.push(i as u32);
                missing = 1;
            }
            let is_split = (shape[i / 8] as u8 >> (i % 8)) & 1 == 1;
            if is_split {
                let Some((&feature, &threshold)) = splits.next() else {
                    return Err(tensors.malformed("a tree has more splits than features"));
                };
                if !(0.0..projection.output() as f32).contains(&feature) {
                    return Err(tensors.malformed("a split asks for a feature that is not there"));
                }
                open.push(i);
                missing += 1;
                nodes.push(Node {
                    feature: feature as u16,
                    threshold: threshold as u8,
                    right: 0,
                });
            } else {
                let known = |l: &&f32| (0.0..leaves.len() as f32).contains(*l);
                let Some(&leaf) = ends.next().filter(known) else {
                    return Err(tensors.malformed("a leaf holds a distribution that is not there"));
                };
                nodes.push(Node {
                    feature: leaf as u16,
                    threshold: 0,
                    right: 0,
                });
                missing -= 1;
                // What follows a leaf is the right child of the split opened last.
                if let Some(split) = open.pop() {
                    nodes[split].right = (i + 1 - split) as u32;
                }
            }
        }
        let unfinished = many == 0 || missing > 0;
        if unfinished || splits.next().is_some() || ends.next().is_some() {
            return Err(tensors.malformed("the trees are not whole"));
        }
        Ok(Self {
            nodes,
            roots,
            leaves,
            projection,
            temperature: tensors.temperature()?,
        })
    }

    /// The mean of the leaves that a picture falls into.
    pub fn distribution(&self, sample: &Sample) -> [f32; CLASSES] {
        let bytes: Vec<u8> = self
            .projection
            .apply(sample)
            .into_iter()
            .map(quantise)
            .collect();
        let mut sum = [0.0; CLASSES];
        for &root in &self.roots {
            let mut at = root as usize;
            while self.nodes[at].right != 0 {
                let node = self.nodes[at];
                let goes_left = bytes[usize::from(node.feature)] <= node.threshold;
                at += if goes_left { 1 } else { node.right as usize };
            }
            let leaf = &self.leaves[usize::from(self.nodes[at].feature)];
            for (sum, share) in sum.iter_mut().zip(leaf) {
                *sum += share;
            }
        }
        sum.map(|s| s / self.roots.len() as f32)
    }
}

/// A projected number as trees compare it: 0 to 255, rounded down.
pub fn quantise(value: f32) -> u8 {
    // Casts of floats end at the type's limits.
    value as u8
}

impl Classifier for Forest {
    fn id(&self) -> ModelId {
        ModelId::Forest
    }

    fn temperature(&self) -> f32 {
        self.temperature
    }

    /// The logarithm of each class's share.
    fn scores(&mut self, sample: &Sample) -> [f32; CLASSES] {
        self.distribution(sample).map(|p| libm::logf(p + FLOOR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::PIXELS;
    use crate::model::tensors::by_hand::{altered, artifact, first_pixel, lit};
    use alloc::{vec, vec::Vec};

    /// A tree that asks twice for the first pixel, and one that is but a leaf: sure of class 9.
    ///
    /// Up to 100 the first says class 0; up to 200, class 1; above, class 2 or 3.
    fn two() -> Artifact {
        let mut leaves = vec![0.0; 4 * CLASSES];
        let row = |r: usize, c: usize| r * CLASSES + c;
        (leaves[row(0, 0)], leaves[row(1, 1)], leaves[row(3, 9)]) = (1.0, 1.0, 1.0);
        (leaves[row(2, 2)], leaves[row(2, 3)]) = (0.25, 0.75);
        artifact(
            ModelId::Forest,
            &[
                // The pixel's own byte; the half keeps rounding from its edges.
                ("projection", &[1, PIXELS], &first_pixel(255.0)),
                ("offset", &[1], &[0.5]),
                // Split, leaf, split, leaf, leaf; leaf.
                ("shape", &[1], &[f32::from(0b000_101_u8)]),
                ("feature", &[2], &[0.0, 0.0]),
                ("threshold", &[2], &[100.0, 200.0]),
                ("leaf", &[4], &[0.0, 1.0, 2.0, 3.0]),
                ("leaves", &[4, CLASSES], &leaves),
            ],
        )
    }

    #[test]
    fn two_trees_answer_by_the_mean_of_their_leaves() {
        let mut forest = Forest::new(&two()).unwrap();
        assert_eq!(forest.roots, [0, 5]);
        let half = [(0, vec![0]), (100, vec![0]), (101, vec![1]), (200, vec![1])];
        for (pixel, classes) in half {
            let found = forest.distribution(&lit(pixel));
            let expected: [f32; CLASSES] = core::array::from_fn(|c| {
                if c == 9 || classes.contains(&c) {
                    0.5
                } else {
                    0.0
                }
            });
            assert_eq!(found, expected, "{pixel}");
        }
        let found = forest.distribution(&lit(255));
        assert_eq!((found[2], found[3], found[9]), (0.125, 0.375, 0.5));
        let scores = forest.scores(&lit(255));
        assert!((scores[2] - libm::logf(0.126)).abs() < 1e-6);
        assert!((scores[0] - libm::logf(0.001)).abs() < 1e-6);
    }

    #[test]
    fn trees_that_are_not_whole_are_refused() {
        let alterations: [(&str, &[usize], &[f32]); 7] = [
            // A split too many for the leaves, one too few, and one more node than the bits are for.
            ("shape", &[1], &[7.0]),
            ("shape", &[1], &[1.0]),
            ("shape", &[2], &[5.0, 0.0]),
            ("feature", &[2], &[0.0, 1.0]),
            ("feature", &[2], &[-1.0, 0.0]),
            ("leaf", &[4], &[0.0, 1.0, 2.0, 4.0]),
            ("leaf", &[0], &[]),
        ];
        for (name, shape, values) in alterations {
            let error = Forest::new(&altered(&two(), name, shape, values))
                .err()
                .unwrap();
            assert!(matches!(error, ModelError::Malformed { .. }), "{error}");
        }
        // Two splits and a leaf: two more are missing.
        let cut = altered(&two(), "shape", &[1], &[f32::from(0b011_u8)]);
        assert!(Forest::new(&altered(&cut, "leaf", &[1], &[0.0])).is_err());
        let impossible: Vec<f32> = vec![1.5; 4 * CLASSES];
        assert!(Forest::new(&altered(&two(), "leaves", &[4, CLASSES], &impossible)).is_err());
    }

    #[test]
    fn a_long_chain_of_splits_is_walked_to_its_end() {
        // Every left child is a leaf of class 0, the last right one of class 9.
        let splits = 5000;
        let shape: Vec<f32> = (0..(2 * splits + 1_usize).div_ceil(8))
            .map(|byte| {
                f32::from(if byte == splits / 4 {
                    0_u8
                } else {
                    0b0101_0101
                })
            })
            .collect();
        let mut leaf = vec![0.0; splits + 1];
        leaf[splits] = 3.0;
        let mut made = altered(&two(), "shape", &[shape.len()], &shape);
        made = altered(&made, "feature", &[splits], &vec![0.0; splits]);
        made = altered(&made, "threshold", &[splits], &vec![100.0; splits]);
        made = altered(&made, "leaf", &[splits + 1], &leaf);
        let forest = Forest::new(&made).unwrap();
        assert_eq!(forest.distribution(&lit(101))[9], 1.0);
        assert_eq!(forest.distribution(&lit(100))[0], 1.0);
    }
}
