//! Random forest (Breiman 2001) on features of one byte, with class counts in its leaves.
//!
//! linfa's forest chooses features once per tree, predicts by majority vote and cannot be saved; see ARCHITECTURE.md.

use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::garment::CLASSES;

use crate::fit::recipe::ForestRecipe;

/// Nodes with fewer samples search for a split by sorting, which is faster there than a histogram of 256 bins.
const SORTING_LIMIT: usize = 96;
const BINS: usize = 256;

/// The training samples, feature by feature: `[features, samples]`.
pub struct FeatureColumns(Array2<u8>);

impl FeatureColumns {
    /// Transposes samples, `[samples, features]`.
    pub fn from_samples(samples: &Array2<u8>) -> Self {
        Self(samples.t().as_standard_layout().into_owned())
    }

    fn column(&self, feature: u16) -> &[u8] {
        let row = self.0.row(usize::from(feature));
        row.to_slice().expect("invariant: rows are contiguous")
    }

    fn features(&self) -> usize {
        self.0.nrows()
    }

    fn samples(&self) -> usize {
        self.0.ncols()
    }
}

/// A fitted tree, its nodes in preorder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    pub nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Values up to the threshold go left, to the next node.
    Split { feature: u16, threshold: u8 },
    /// Samples of each class.
    Leaf([u32; CLASSES]),
}

/// Grows the trees in parallel. Each has its own stream of random numbers, so the result does not depend on the number of
/// threads. `on_tree` is called after each tree.
pub fn fit(
    columns: &FeatureColumns,
    labels: &[u8],
    recipe: ForestRecipe,
    seed: u64,
    on_tree: &(dyn Fn() + Sync),
) -> Vec<Tree> {
    (0..recipe.trees)
        .into_par_iter()
        .map(|tree| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(tree as u64);
            let tree = TreeBuilder {
                columns,
                labels,
                recipe,
                rng,
                features: (0..columns.features() as u16).collect(),
                histogram: vec![ClassCounts::default(); BINS],
                tree: Tree::default(),
            }
            .build();
            on_tree();
            tree
        })
        .collect()
}

/// Samples of each class in a histogram bin or in one side of a split.
#[derive(Clone, Copy, Default)]
struct ClassCounts {
    /// With repetitions: a bootstrap sample contains some images several times.
    counts: [u32; CLASSES],
    /// Without repetitions. The minimum size of a leaf is counted like this, as in scikit-learn.
    distinct: u32,
}

impl ClassCounts {
    fn add(&mut self, label: u8, repetitions: u32) {
        self.counts[usize::from(label)] += repetitions;
        self.distinct += 1;
    }
}

/// An image of a tree's bootstrap sample, and how often it was drawn.
type BootstrapEntry = (u32, u32);

/// The result of searching one feature for a split.
enum Search {
    /// All samples have the same value.
    Constant,
    /// With every threshold one side would be smaller than the minimum size of a leaf.
    TooSmall,
    Found(Split),
}

/// A split of a node's samples; the higher the score, the purer the two sides.
struct Split {
    feature: u16,
    threshold: u8,
    score: f64,
}

struct TreeBuilder<'a> {
    columns: &'a FeatureColumns,
    labels: &'a [u8],
    recipe: ForestRecipe,
    rng: ChaCha8Rng,
    /// A permutation of all features; a node searches those at the front.
    features: Vec<u16>,
    histogram: Vec<ClassCounts>,
    tree: Tree,
}

impl TreeBuilder<'_> {
    fn build(mut self) -> Tree {
        let mut repetitions = vec![0_u32; self.columns.samples()];
        for _ in 0..repetitions.len() {
            let drawn = self.rng.random_range(0..repetitions.len());
            repetitions[drawn] += 1;
        }
        let samples = (0..).zip(repetitions).filter(|&(_, n)| n > 0).collect();
        // A stack of nodes; the left child is on top, so that nodes are in preorder.
        let mut stack: Vec<Vec<BootstrapEntry>> = vec![samples];
        while let Some(mut samples) = stack.pop() {
            let counts = self.count_classes(&samples);
            match self.find_split(&samples, &counts) {
                Some(split) => {
                    let column = self.columns.column(split.feature);
                    let goes_left = |s: &BootstrapEntry| column[s.0 as usize] <= split.threshold;
                    let right = samples.iter().copied().filter(|s| !goes_left(s)).collect();
                    samples.retain(goes_left);
                    self.tree.nodes.push(Node::Split {
                        feature: split.feature,
                        threshold: split.threshold,
                    });
                    stack.push(right);
                    stack.push(samples);
                }
                None => self.tree.nodes.push(Node::Leaf(counts)),
            }
        }
        self.tree
    }

    fn count_classes(&self, samples: &[BootstrapEntry]) -> [u32; CLASSES] {
        let mut counts = [0; CLASSES];
        for &(image, repetitions) in samples {
            counts[usize::from(self.labels[image as usize])] += repetitions;
        }
        counts
    }

    /// The best split by Gini impurity, among randomly drawn features; `None` for a leaf.
    fn find_split(&mut self, samples: &[BootstrapEntry], counts: &[u32; CLASSES]) -> Option<Split> {
        let total: u32 = counts.iter().sum();
        let min_samples = 2 * self.recipe.min_samples_leaf as usize;
        if samples.len() < min_samples || counts.contains(&total) {
            return None;
        }
        let mut best: Option<Split> = None;
        let mut searched = 0;
        for i in 0..self.features.len() {
            // As in scikit-learn, features that are constant in this node do not count.
            if searched == self.recipe.max_features {
                break;
            }
            let other = self.rng.random_range(i..self.features.len());
            self.features.swap(i, other);
            let feature = self.features[i];
            let search = if samples.len() < SORTING_LIMIT {
                self.search_by_sorting(samples, counts, feature)
            } else {
                self.search_by_histogram(samples, counts, feature)
            };
            searched += usize::from(!matches!(search, Search::Constant));
            if let Search::Found(split) = search
                && best.as_ref().is_none_or(|b| split.score > b.score)
            {
                best = Some(split);
            }
        }
        best
    }

    fn search_by_histogram(
        &mut self,
        samples: &[BootstrapEntry],
        counts: &[u32; CLASSES],
        feature: u16,
    ) -> Search {
        self.histogram.fill(ClassCounts::default());
        let column = self.columns.column(feature);
        for &(image, repetitions) in samples {
            let image = image as usize;
            self.histogram[usize::from(column[image])].add(self.labels[image], repetitions);
        }
        let bins = (0_u8..=255)
            .zip(&self.histogram)
            .filter(|(_, bin)| bin.distinct > 0)
            .map(|(value, bin)| (value, *bin));
        best_threshold(bins, counts, feature, self.recipe.min_samples_leaf)
    }

    fn search_by_sorting(
        &self,
        samples: &[BootstrapEntry],
        counts: &[u32; CLASSES],
        feature: u16,
    ) -> Search {
        let column = self.columns.column(feature);
        // Value, label, repetitions.
        let mut sorted = [(0_u8, 0_u8, 0_u32); SORTING_LIMIT];
        let sorted = &mut sorted[..samples.len()];
        for (slot, &(image, repetitions)) in sorted.iter_mut().zip(samples) {
            let image = image as usize;
            *slot = (column[image], self.labels[image], repetitions);
        }
        sorted.sort_unstable();
        let bins = sorted.chunk_by(|a, b| a.0 == b.0).map(|equal| {
            let mut bin = ClassCounts::default();
            for &(_, label, repetitions) in equal {
                bin.add(label, repetitions);
            }
            (equal[0].0, bin)
        });
        best_threshold(bins, counts, feature, self.recipe.min_samples_leaf)
    }
}

/// Tries each threshold between two bins with samples. `bins` are in the order of their values; `counts` is their sum.
fn best_threshold(
    bins: impl Iterator<Item = (u8, ClassCounts)> + Clone,
    counts: &[u32; CLASSES],
    feature: u16,
    min_samples_leaf: u32,
) -> Search {
    let distinct: u32 = bins.clone().map(|(_, bin)| bin.distinct).sum();
    let total: u32 = counts.iter().sum();
    let mut left = ClassCounts::default();
    let mut best = None::<(f64, u8, u8)>;
    let mut previous: Option<u8> = None;
    let mut is_constant = true;
    for (value, bin) in bins {
        if let Some(below) = previous {
            is_constant = false;
            let right = distinct - left.distinct;
            if left.distinct >= min_samples_leaf && right >= min_samples_leaf {
                let score = gini_score(&left.counts, counts, total);
                if best.is_none_or(|(b, ..)| score > b) {
                    best = Some((score, below, value));
                }
            }
        }
        for (sum, n) in left.counts.iter_mut().zip(bin.counts) {
            *sum += n;
        }
        left.distinct += bin.distinct;
        previous = Some(value);
    }
    match best {
        // Halfway between the two values.
        Some((score, below, above)) => Search::Found(Split {
            feature,
            threshold: below + (above - below - 1) / 2,
            score,
        }),
        None if is_constant => Search::Constant,
        None => Search::TooSmall,
    }
}

/// The purity of a split: for both sides, the sum of the squared counts over the number of samples. The Gini impurity of the
/// split is lowest where this is highest.
fn gini_score(left: &[u32; CLASSES], counts: &[u32; CLASSES], total: u32) -> f64 {
    let left_total: u32 = left.iter().sum();
    let (mut left_squares, mut right_squares) = (0.0, 0.0);
    for (l, c) in left.iter().zip(counts) {
        let (l, r) = (f64::from(*l), f64::from(c - l));
        left_squares += l * l;
        right_squares += r * r;
    }
    left_squares / f64::from(left_total) + right_squares / f64::from(total - left_total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::recipe::{Input, ProjectionRecipe};

    const RECIPE: ForestRecipe = ForestRecipe {
        input: Input::Pixels,
        projection: ProjectionRecipe {
            components: 0,
            ridge: 0.0,
            dimensions: 0,
        },
        mirror: false,
        trees: 5,
        max_features: 2,
        min_samples_leaf: 3,
    };

    /// The class is in the third feature; the others are noise.
    fn samples() -> (Array2<u8>, Vec<u8>) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let labels: Vec<u8> = (0..400).map(|i| (i % CLASSES) as u8).collect();
        let sample = |&l: &u8| [rng.random(), rng.random(), l * 20 + 10, rng.random()];
        let values = labels.iter().flat_map(sample).collect();
        let samples = Array2::from_shape_vec((labels.len(), 4), values).unwrap();
        (samples, labels)
    }

    /// The leaf that a sample falls into.
    fn leaf<'a>(tree: &'a Tree, sample: &[u8]) -> &'a [u32; CLASSES] {
        let mut index = 0;
        loop {
            match &tree.nodes[index] {
                Node::Leaf(counts) => return counts,
                Node::Split { feature, threshold }
                    if sample[usize::from(*feature)] <= *threshold =>
                {
                    index += 1;
                }
                Node::Split { .. } => {
                    // Skips the left subtree.
                    let mut missing = 1;
                    index += 1;
                    while missing > 0 {
                        match tree.nodes[index] {
                            Node::Split { .. } => missing += 1,
                            Node::Leaf(_) => missing -= 1,
                        }
                        index += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn finds_the_informative_feature() {
        let (samples, labels) = samples();
        let trees = fit(
            &FeatureColumns::from_samples(&samples),
            &labels,
            RECIPE,
            1,
            &|| {},
        );
        assert_eq!(trees.len(), 5);
        let mut correct = 0;
        for class in 0..CLASSES as u8 {
            // Between the training values, not only at them.
            let sample = [128, 128, class * 20 + 14, 128];
            let mut sum = [0; CLASSES];
            for tree in &trees {
                for (sum, n) in sum.iter_mut().zip(leaf(tree, &sample)) {
                    *sum += n;
                }
            }
            let predicted = (0..CLASSES).max_by_key(|&c| sum[c]).unwrap();
            correct += usize::from(predicted == usize::from(class));
        }
        assert_eq!(correct, CLASSES);
    }

    #[test]
    fn leaves_respect_the_minimum_size_and_contain_every_sample() {
        let (samples, labels) = samples();
        for tree in fit(
            &FeatureColumns::from_samples(&samples),
            &labels,
            RECIPE,
            1,
            &|| {},
        ) {
            let mut total = 0;
            for node in &tree.nodes {
                if let Node::Leaf(counts) = node {
                    let size: u32 = counts.iter().sum();
                    // The minimum counts repeated samples once, so a leaf may only be larger.
                    assert!(size >= RECIPE.min_samples_leaf, "a leaf of {size}");
                    total += size;
                }
            }
            assert_eq!(total as usize, labels.len());
        }
    }

    #[test]
    fn the_result_depends_on_the_seed_and_not_on_threads() {
        let (samples, labels) = samples();
        let columns = FeatureColumns::from_samples(&samples);
        let fitted = |threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| fit(&columns, &labels, RECIPE, seed, &|| {}))
        };
        assert_eq!(fitted(1, 1), fitted(3, 1));
        assert_ne!(fitted(1, 1), fitted(1, 2));
    }

    #[test]
    fn sorting_and_histogram_find_the_same_split() {
        let (samples, labels) = samples();
        let columns = FeatureColumns::from_samples(&samples);
        let mut builder = TreeBuilder {
            columns: &columns,
            labels: &labels,
            recipe: RECIPE,
            rng: ChaCha8Rng::seed_from_u64(1),
            features: vec![0, 1, 2, 3],
            histogram: vec![ClassCounts::default(); BINS],
            tree: Tree::default(),
        };
        let node: Vec<BootstrapEntry> = (0..60).map(|i| (i, 1 + i % 3)).collect();
        let counts = builder.count_classes(&node);
        for feature in 0..4 {
            let sorted = builder.search_by_sorting(&node, &counts, feature);
            let counted = builder.search_by_histogram(&node, &counts, feature);
            let (Search::Found(a), Search::Found(b)) = (sorted, counted) else {
                panic!("no split of feature {feature}");
            };
            assert_eq!((a.threshold, a.score), (b.threshold, b.score));
        }
    }
}
