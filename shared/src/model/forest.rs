//! The random forest classifier: decision trees whose leaves are class distributions.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::classifier::{Classifier, argmax};
use super::linear::Linear;
use super::model_id::ModelId;
use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::features::Sample;
use crate::garment::{CLASSES, Garment};
use crate::shuffle::Shuffle;

/// Added to each probability before the logarithm.
const FLOOR: f32 = 1e-3;

/// A tree's node; its left child is the next node.
#[derive(Clone, Copy)]
struct Node {
    /// The index of the feature that is compared; in a leaf, the index of its distribution.
    feature: u16,
    /// A feature up to this value goes left.
    threshold: u8,
    /// The distance to the right child; 0 in a leaf.
    right: u32,
}

/// A comparison on a tree's path to its leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The index of the projected feature.
    pub feature: u16,
    /// The feature's value.
    pub value: u8,
    /// A value up to this goes to the left.
    pub threshold: u8,
    /// The mean distribution of all leaves that can still be reached afterwards, each counted once.
    pub reachable: [f32; CLASSES],
}

/// The path of a sample through a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreePath {
    /// The tree's number.
    pub tree: u32,
    /// From the root.
    pub comparisons: Vec<Comparison>,
    /// The distribution of the leaf.
    pub leaf: [f32; CLASSES],
}

/// What each tree says of a sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreeVotes {
    /// How many trees reach a leaf in which a class is the most frequent one, in label order.
    pub votes: [u32; CLASSES],
    /// The mean distribution of the leaves.
    pub distribution: [f32; CLASSES],
    /// The path through the first of the trees that give a class the highest probability.
    pub path: TreePath,
}

/// The sum of the distributions of some leaves, and their number.
#[derive(Default)]
struct LeafSum {
    sum: [f32; CLASSES],
    count: f32,
}

impl LeafSum {
    fn add(&mut self, other: &Self) {
        for (sum, share) in self.sum.iter_mut().zip(&other.sum) {
            *sum += share;
        }
        self.count += other.count;
    }
}

/// The model.
pub struct Forest {
    nodes: Vec<Node>,
    /// The first node of each tree.
    roots: Vec<u32>,
    /// `[distributions, 10]`, shared by the leaves.
    leaves: Vec<[f32; CLASSES]>,
    projection: Linear,
    temperature: f32,
}

impl Forest {
    /// From the projection (`projection` `[dimensions, input]`, `offset` `[dimensions]`), whose outputs are compared as bytes,
    /// and the trees in preorder: `shape` has one bit per node, lowest first, 1 for a split; `feature` and `threshold` have
    /// one entry per split; `leaf` has one entry per leaf, the index of a row of `leaves` `[distributions, 10]`.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::for_model(ModelId::Forest, artifact)?;
        let shape = &tensors.tensor("shape", [None])?.values;
        let feature = &tensors.tensor("feature", [None])?.values;
        let threshold = tensors.values("threshold", &[feature.len()])?;
        let leaf = &tensors.tensor("leaf", [None])?.values;
        let table = tensors.tensor("leaves", [None, Some(CLASSES)])?;
        let leaves: Vec<[f32; CLASSES]> = table
            .values
            .chunks_exact(CLASSES)
            .map(|row| core::array::from_fn(|c| row[c]))
            .collect();
        let projection = Linear::new(&tensors, "projection", "offset", None)?;
        if leaves.iter().flatten().any(|p| !(0.0..=1.0).contains(p)) {
            return Err(tensors.malformed("a leaf is not a distribution"));
        }
        let count = feature.len() + leaf.len();
        if shape.len() != count.div_ceil(8) {
            return Err(tensors.malformed("the length of the trees' shape does not match"));
        }
        let (mut splits, mut ends) = (feature.iter().zip(threshold), leaf.iter());
        let mut nodes = Vec::with_capacity(count);
        let mut roots = Vec::new();
        // Splits that have no right child yet.
        let mut open: Vec<usize> = Vec::new();
        // How count subtrees the tree still lacks.
        let mut missing = 0_usize;
        for i in 0..count {
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
                    return Err(tensors.malformed("a split compares a feature that does not exist"));
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
                    return Err(tensors.malformed("a leaf has a distribution that does not exist"));
                };
                nodes.push(Node {
                    feature: leaf as u16,
                    threshold: 0,
                    right: 0,
                });
                missing -= 1;
                // The node after a leaf is the right child of the last open split.
                if let Some(split) = open.pop() {
                    nodes[split].right = (i + 1 - split) as u32;
                }
            }
        }
        let unfinished = count == 0 || missing > 0;
        if unfinished || splits.next().is_some() || ends.next().is_some() {
            return Err(tensors.malformed("a tree is incomplete"));
        }
        Ok(Self {
            nodes,
            roots,
            leaves,
            projection,
            temperature: tensors.temperature()?,
        })
    }

    /// The mean of the distributions of the leaves that the sample reaches.
    pub fn distribution(&self, sample: &Sample) -> [f32; CLASSES] {
        let bytes = self.bytes(sample);
        let mut sum = [0.0; CLASSES];
        for &root in &self.roots {
            let leaf = self.leaf(root, &bytes, |_| {});
            for (sum, share) in sum.iter_mut().zip(leaf) {
                *sum += share;
            }
        }
        sum.map(|s| s / self.roots.len() as f32)
    }

    /// The projected features as the bytes that trees compare.
    fn bytes(&self, sample: &Sample) -> Vec<u8> {
        let projected = self.projection.apply(sample).into_iter();
        projected.map(quantise).collect()
    }

    /// The distribution of the leaf that a sample reaches from a root; `visit` is called with the index of each node after it.
    fn leaf(&self, root: u32, bytes: &[u8], mut visit: impl FnMut(usize)) -> &[f32; CLASSES] {
        let mut at = root as usize;
        while self.nodes[at].right != 0 {
            let node = self.nodes[at];
            let goes_left = bytes[usize::from(node.feature)] <= node.threshold;
            at += if goes_left { 1 } else { node.right as usize };
            visit(at);
        }
        &self.leaves[usize::from(self.nodes[at].feature)]
    }

    /// The votes of all trees, and the path through the tree that speaks most clearly for a class.
    pub fn votes(&self, sample: &Sample, class: Garment) -> TreeVotes {
        let bytes = self.bytes(sample);
        let mut votes = [0; CLASSES];
        let mut clearest = (0, -1.0);
        for (tree, &root) in self.roots.iter().enumerate() {
            let leaf = self.leaf(root, &bytes, |_| {});
            votes[argmax(leaf)] += 1;
            if leaf[class.index()] > clearest.1 {
                clearest = (tree, leaf[class.index()]);
            }
        }
        TreeVotes {
            votes,
            distribution: self.distribution(sample),
            path: self.path(clearest.0, &bytes),
        }
    }

    fn path(&self, tree: usize, bytes: &[u8]) -> TreePath {
        let root = self.roots[tree] as usize;
        let mut visited = alloc::vec![root];
        let leaf = *self.leaf(root as u32, bytes, |at| visited.push(at));
        // From the leaf upwards, so that each node of the tree is visited once.
        let mut reachable = self.leaf_sum(visited[visited.len() - 1]);
        let mut comparisons = Vec::with_capacity(visited.len() - 1);
        for step in visited.windows(2).rev() {
            let (at, next) = (step[0], step[1]);
            let node = self.nodes[at];
            comparisons.push(Comparison {
                feature: node.feature,
                value: bytes[usize::from(node.feature)],
                threshold: node.threshold,
                reachable: reachable.sum.map(|s| s / reachable.count),
            });
            let right = at + node.right as usize;
            let other = if next == right { at + 1 } else { right };
            reachable.add(&self.leaf_sum(other));
        }
        comparisons.reverse();
        TreePath {
            tree: tree as u32,
            comparisons,
            leaf,
        }
    }

    /// The sum of the distributions of the leaves below a node.
    fn leaf_sum(&self, node: usize) -> LeafSum {
        let mut all = LeafSum::default();
        // Nodes are in preorder: a subtree ends after as many leaves as it has splits, and one more.
        let mut missing = 1;
        for node in &self.nodes[node..] {
            if node.right > 0 {
                missing += 1;
                continue;
            }
            all.add(&LeafSum {
                sum: self.leaves[usize::from(node.feature)],
                count: 1.0,
            });
            missing -= 1;
            if missing == 0 {
                break;
            }
        }
        all
    }

    /// The number of weighted sums that the features are reduced to.
    pub fn projection_size(&self) -> usize {
        self.projection.output()
    }

    /// The same trees with their leaves in another order: a model of the same kind that has learned nothing.
    pub fn shuffled(&self, order: &mut Shuffle) -> Self {
        let is_leaf = |node: &Node| node.right == 0;
        let leaves = self.nodes.iter().filter(|n| is_leaf(n));
        let mut leaves: Vec<u16> = leaves.map(|n| n.feature).collect();
        order.shuffle(&mut leaves);
        let mut nodes = self.nodes.clone();
        for (node, leaf) in nodes.iter_mut().filter(|n| is_leaf(n)).zip(leaves) {
            node.feature = leaf;
        }
        Self {
            nodes,
            roots: self.roots.clone(),
            leaves: self.leaves.clone(),
            projection: self.projection.clone(),
            temperature: self.temperature,
        }
    }
}

/// A projected feature as the byte that trees compare: rounded down, and clamped to 0 to 255.
pub fn quantise(value: f32) -> u8 {
    // A cast from float saturates.
    value as u8
}

impl Classifier for Forest {
    fn id(&self) -> ModelId {
        ModelId::Forest
    }

    fn temperature(&self) -> f32 {
        self.temperature
    }

    /// The logarithm of each class's probability.
    fn scores(&mut self, sample: &Sample) -> [f32; CLASSES] {
        self.distribution(sample).map(|p| libm::logf(p + FLOOR))
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

    /// A tree that compares the first pixel twice (up to 100: class 0; up to 200: class 1; above: class 2 or 3), and a tree that
    /// is a single leaf of class 9.
    fn two_trees() -> Artifact {
        let mut leaves = vec![0.0; 4 * CLASSES];
        let row = |r: usize, c: usize| r * CLASSES + c;
        (leaves[row(0, 0)], leaves[row(1, 1)], leaves[row(3, 9)]) = (1.0, 1.0, 1.0);
        (leaves[row(2, 2)], leaves[row(2, 3)]) = (0.25, 0.75);
        artifact(
            ModelId::Forest,
            &[
                // The pixel's value; one half more, so that rounding down is exact.
                ("projection", &[1, PIXELS], &first_pixel_row(255.0)),
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
    fn the_distribution_is_the_mean_of_the_reached_leaves() {
        let mut forest = Forest::new(&two_trees()).unwrap();
        assert_eq!(forest.roots, [0, 5]);
        let half = [(0, vec![0]), (100, vec![0]), (101, vec![1]), (200, vec![1])];
        for (pixel, classes) in half {
            let found = forest.distribution(&first_pixel_sample(pixel));
            let expected: [f32; CLASSES] = core::array::from_fn(|c| {
                if c == 9 || classes.contains(&c) {
                    0.5
                } else {
                    0.0
                }
            });
            assert_eq!(found, expected, "{pixel}");
        }
        let found = forest.distribution(&first_pixel_sample(255));
        assert_eq!((found[2], found[3], found[9]), (0.125, 0.375, 0.5));
        let scores = forest.scores(&first_pixel_sample(255));
        assert!((scores[2] - libm::logf(0.126)).abs() < 1e-6);
        assert!((scores[0] - libm::logf(0.001)).abs() < 1e-6);
    }

    #[test]
    fn votes_are_of_whole_trees_and_the_path_is_the_clearest_one() {
        let forest = Forest::new(&two_trees()).unwrap();
        let found = forest.votes(&first_pixel_sample(255), Garment::ALL[2]);
        let expected: [u32; CLASSES] = core::array::from_fn(|c| u32::from(c == 3 || c == 9));
        assert_eq!(found.votes, expected);
        assert_eq!(
            found.distribution,
            forest.distribution(&first_pixel_sample(255))
        );
        assert_eq!((found.path.tree, found.path.leaf[3]), (0, 0.75));
        let [first, second] = &found.path.comparisons[..] else {
            panic!("{:?}", found.path);
        };
        assert_eq!((first.feature, first.value, first.threshold), (0, 255, 100));
        // Two leaves are left: class 1 alone, and classes 2 and 3.
        assert_eq!(first.reachable[1..4], [0.5, 0.125, 0.375]);
        assert_eq!((second.threshold, second.reachable[3]), (200, 0.75));
        // The second tree is a leaf, which nothing leads to.
        let found = forest.votes(&first_pixel_sample(255), Garment::ALL[9]);
        assert_eq!((found.path.tree, found.path.comparisons.len()), (1, 0));
    }

    #[test]
    fn rejects_incomplete_trees() {
        let alterations: [(&str, &[usize], &[f32]); 7] = [
            // One split too count, one too few, and bits for more nodes than there are.
            ("shape", &[1], &[7.0]),
            ("shape", &[1], &[1.0]),
            ("shape", &[2], &[5.0, 0.0]),
            ("feature", &[2], &[0.0, 1.0]),
            ("feature", &[2], &[-1.0, 0.0]),
            ("leaf", &[4], &[0.0, 1.0, 2.0, 4.0]),
            ("leaf", &[0], &[]),
        ];
        for (name, shape, values) in alterations {
            let error = Forest::new(&with_tensor(&two_trees(), name, shape, values))
                .err()
                .unwrap();
            assert!(matches!(error, ModelError::Malformed { .. }), "{error}");
        }
        // Two splits and one leaf: two leaves are missing.
        let cut = with_tensor(&two_trees(), "shape", &[1], &[f32::from(0b011_u8)]);
        assert!(Forest::new(&with_tensor(&cut, "leaf", &[1], &[0.0])).is_err());
        let impossible: Vec<f32> = vec![1.5; 4 * CLASSES];
        assert!(
            Forest::new(&with_tensor(
                &two_trees(),
                "leaves",
                &[4, CLASSES],
                &impossible
            ))
            .is_err()
        );
    }

    #[test]
    fn a_deep_tree_is_followed_to_its_last_leaf() {
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
        let mut made = with_tensor(&two_trees(), "shape", &[shape.len()], &shape);
        made = with_tensor(&made, "feature", &[splits], &vec![0.0; splits]);
        made = with_tensor(&made, "threshold", &[splits], &vec![100.0; splits]);
        made = with_tensor(&made, "leaf", &[splits + 1], &leaf);
        let forest = Forest::new(&made).unwrap();
        assert_eq!(forest.distribution(&first_pixel_sample(101))[9], 1.0);
        assert_eq!(forest.distribution(&first_pixel_sample(100))[0], 1.0);
    }
}
