//! Fits the random forest: Breiman's, on bytes, with probabilities in its leaves.
//!
//! linfa's forest chooses features once a tree, answers by hard votes and cannot be saved; see ARCHITECTURE.md.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::garment::CLASSES;

use crate::fit::recipe::ForestRecipe as Settings;

/// Below this many pictures, sorting them beats counting 256 bins.
const FEW: usize = 96;
const BINS: usize = 256;

/// Pictures described by bytes, feature by feature.
pub struct Columns {
    /// `[features, pictures]`.
    values: Vec<u8>,
    pictures: usize,
    features: usize,
}

impl Columns {
    /// From one row of bytes a picture.
    pub fn from_rows(rows: &[Vec<u8>]) -> Self {
        let features = rows.first().map_or(0, Vec::len);
        let by_feature = |f: usize| rows.iter().map(move |row| row[f]);
        Self {
            values: (0..features).flat_map(by_feature).collect(),
            pictures: rows.len(),
            features,
        }
    }

    fn column(&self, feature: usize) -> &[u8] {
        &self.values[feature * self.pictures..(feature + 1) * self.pictures]
    }
}

/// A fitted tree in preorder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    pub nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Bytes up to the threshold go to the next node.
    Split { feature: u16, threshold: u8 },
    /// How many pictures of each class ended here.
    Leaf([u32; CLASSES]),
}

/// Grows the trees, on all of rayon's threads; each draws from its own stream of random numbers, so the result does
/// not depend on how many threads there are. `grown_one` is called after each.
pub fn fit(
    columns: &Columns,
    labels: &[u8],
    settings: Settings,
    seed: u64,
    grown_one: &(dyn Fn() + Sync),
) -> Vec<Tree> {
    (0..settings.trees)
        .into_par_iter()
        .map(|tree| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(tree as u64);
            let tree = Grower {
                columns,
                labels,
                settings,
                rng,
                order: (0..columns.features as u16).collect(),
                bins: vec![Part::default(); BINS],
                tree: Tree::default(),
            }
            .grow();
            grown_one();
            tree
        })
        .collect()
}

/// A bin of a feature's values, or a part of the pictures.
#[derive(Clone, Copy, Default)]
struct Part {
    /// How often pictures of each class were drawn.
    counts: [u32; CLASSES],
    /// How many different pictures that are: what a leaf's least size is counted in, as scikit-learn does.
    pictures: u32,
}

impl Part {
    fn add(&mut self, label: u8, times: u32) {
        self.counts[usize::from(label)] += times;
        self.pictures += 1;
    }
}

/// A picture drawn for a tree, and how often.
type Drawn = (u32, u32);

/// What trying a feature led to.
enum Tried {
    /// All pictures have the same value.
    Alike,
    /// Whatever threshold, a part would be too small.
    TooSmall,
    Parted(Split),
}

/// A way to part pictures; the higher the score, the purer the parts.
struct Split {
    feature: u16,
    threshold: u8,
    score: f64,
}

struct Grower<'a> {
    columns: &'a Columns,
    labels: &'a [u8],
    settings: Settings,
    rng: ChaCha8Rng,
    /// The features; those in front are tried next.
    order: Vec<u16>,
    bins: Vec<Part>,
    tree: Tree,
}

impl Grower<'_> {
    fn grow(mut self) -> Tree {
        let mut times = vec![0_u32; self.columns.pictures];
        for _ in 0..times.len() {
            let drawn = self.rng.random_range(0..times.len());
            times[drawn] += 1;
        }
        let drawn: Vec<Drawn> = (0..).zip(times).filter(|&(_, n)| n > 0).collect();
        // Preorder: the left part is grown first, so it is laid on top.
        let mut waiting = vec![drawn];
        while let Some(mut drawn) = waiting.pop() {
            let counts = self.count(&drawn);
            match self.best(&drawn, &counts) {
                Some(split) => {
                    let column = self.columns.column(usize::from(split.feature));
                    let goes_left = |d: &Drawn| column[d.0 as usize] <= split.threshold;
                    let right = drawn.iter().copied().filter(|d| !goes_left(d)).collect();
                    drawn.retain(goes_left);
                    self.tree.nodes.push(Node::Split {
                        feature: split.feature,
                        threshold: split.threshold,
                    });
                    waiting.push(right);
                    waiting.push(drawn);
                }
                None => self.tree.nodes.push(Node::Leaf(counts)),
            }
        }
        self.tree
    }

    fn count(&self, drawn: &[Drawn]) -> [u32; CLASSES] {
        let mut counts = [0; CLASSES];
        for &(picture, times) in drawn {
            counts[usize::from(self.labels[picture as usize])] += times;
        }
        counts
    }

    /// The split that makes the parts purest by Gini's measure, of a few features drawn anew; `None` for a leaf.
    fn best(&mut self, drawn: &[Drawn], counts: &[u32; CLASSES]) -> Option<Split> {
        let all: u32 = counts.iter().sum();
        if drawn.len() < 2 * self.settings.min_samples_leaf as usize || counts.contains(&all) {
            return None;
        }
        let mut best: Option<Split> = None;
        let mut telling = 0;
        for place in 0..self.order.len() {
            // As scikit-learn has it: features in which all pictures are alike do not count as tried.
            if telling == self.settings.max_features {
                break;
            }
            let other = self.rng.random_range(place..self.order.len());
            self.order.swap(place, other);
            let feature = self.order[place];
            let tried = match drawn.len() < FEW {
                true => self.by_sorting(drawn, counts, feature),
                false => self.by_bins(drawn, counts, feature),
            };
            telling += usize::from(!matches!(tried, Tried::Alike));
            if let Tried::Parted(split) = tried
                && best.as_ref().is_none_or(|b| split.score > b.score)
            {
                best = Some(split);
            }
        }
        best
    }

    fn by_bins(&mut self, drawn: &[Drawn], counts: &[u32; CLASSES], feature: u16) -> Tried {
        self.bins.fill(Part::default());
        let column = self.columns.column(usize::from(feature));
        for &(picture, times) in drawn {
            let picture = picture as usize;
            self.bins[usize::from(column[picture])].add(self.labels[picture], times);
        }
        let filled = (0_u8..=255)
            .zip(&self.bins)
            .filter(|(_, bin)| bin.pictures > 0);
        sweep(
            filled.map(|(b, part)| (b, *part)),
            counts,
            feature,
            self.settings.min_samples_leaf,
        )
    }

    fn by_sorting(&self, drawn: &[Drawn], counts: &[u32; CLASSES], feature: u16) -> Tried {
        let column = self.columns.column(usize::from(feature));
        let mut sorted = [(0_u8, 0_u8, 0_u32); FEW];
        let sorted = &mut sorted[..drawn.len()];
        for (place, &(picture, times)) in sorted.iter_mut().zip(drawn) {
            let picture = picture as usize;
            *place = (column[picture], self.labels[picture], times);
        }
        sorted.sort_unstable();
        let bins = sorted.chunk_by(|a, b| a.0 == b.0).map(|same| {
            let mut part = Part::default();
            for &(_, label, times) in same {
                part.add(label, times);
            }
            (same[0].0, part)
        });
        sweep(bins, counts, feature, self.settings.min_samples_leaf)
    }
}

/// Tries each threshold between two filled bins, of pictures that have these classes in all.
fn sweep(
    bins: impl Iterator<Item = (u8, Part)> + Clone,
    counts: &[u32; CLASSES],
    feature: u16,
    leaf: u32,
) -> Tried {
    let pictures: u32 = bins.clone().map(|(_, part)| part.pictures).sum();
    let all: u32 = counts.iter().sum();
    let mut left = Part::default();
    let mut best = None::<(f64, u8, u8)>;
    let mut before: Option<u8> = None;
    let mut alike = true;
    for (bin, part) in bins {
        if let Some(threshold) = before {
            alike = false;
            if left.pictures >= leaf && pictures - left.pictures >= leaf {
                let score = purity(&left.counts, counts, all);
                if best.is_none_or(|(b, ..)| score > b) {
                    best = Some((score, threshold, bin));
                }
            }
        }
        for (sum, n) in left.counts.iter_mut().zip(part.counts) {
            *sum += n;
        }
        left.pictures += part.pictures;
        before = Some(bin);
    }
    match best {
        // Halfway between the bins that it parts, where new pictures will fall too.
        Some((score, below, above)) => Tried::Parted(Split {
            feature,
            threshold: below + (above - below - 1) / 2,
            score,
        }),
        None if alike => Tried::Alike,
        None => Tried::TooSmall,
    }
}

/// How pure a left part and what it leaves are: Gini's impurity falls as each part's sum of squares over its size rises.
fn purity(left: &[u32; CLASSES], counts: &[u32; CLASSES], all: u32) -> f64 {
    let lefts: u32 = left.iter().sum();
    let (mut of_left, mut of_right) = (0.0, 0.0);
    for (l, c) in left.iter().zip(counts) {
        let (l, r) = (f64::from(*l), f64::from(c - l));
        of_left += l * l;
        of_right += r * r;
    }
    of_left / f64::from(lefts) + of_right / f64::from(all - lefts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::recipe::{Input, ProjectionRecipe};

    const SETTINGS: Settings = Settings {
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

    /// The class is told by the third byte's tens; the others are noise.
    fn tens() -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let labels: Vec<u8> = (0..400).map(|i| (i % CLASSES) as u8).collect();
        let row = |&l: &u8| vec![rng.random(), rng.random(), l * 20 + 10, rng.random()];
        (labels.iter().map(row).collect(), labels)
    }

    /// Walks down a tree.
    fn leaf<'a>(tree: &'a Tree, row: &[u8]) -> &'a [u32; CLASSES] {
        let mut at = 0;
        loop {
            match &tree.nodes[at] {
                Node::Leaf(counts) => return counts,
                Node::Split { feature, threshold } if row[usize::from(*feature)] <= *threshold => {
                    at += 1;
                }
                Node::Split { .. } => {
                    // Past the left subtree.
                    let mut missing = 1;
                    at += 1;
                    while missing > 0 {
                        match tree.nodes[at] {
                            Node::Split { .. } => missing += 1,
                            Node::Leaf(_) => missing -= 1,
                        }
                        at += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn what_tells_the_classes_apart_is_found() {
        let (rows, labels) = tens();
        let trees = fit(&Columns::from_rows(&rows), &labels, SETTINGS, 1, &|| {});
        assert_eq!(trees.len(), 5);
        let mut right = 0;
        for class in 0..CLASSES as u8 {
            // Anywhere between the training pictures' values, not only at them.
            let row = [128, 128, class * 20 + 14, 128];
            let mut sum = [0; CLASSES];
            for tree in &trees {
                for (sum, n) in sum.iter_mut().zip(leaf(tree, &row)) {
                    *sum += n;
                }
            }
            let most = (0..CLASSES).max_by_key(|&c| sum[c]).unwrap();
            right += usize::from(most == usize::from(class));
        }
        assert_eq!(right, CLASSES);
    }

    #[test]
    fn leaves_are_as_large_as_asked_and_hold_every_drawn_picture() {
        let (rows, labels) = tens();
        for tree in fit(&Columns::from_rows(&rows), &labels, SETTINGS, 1, &|| {}) {
            let mut all = 0;
            for node in &tree.nodes {
                if let Node::Leaf(counts) = node {
                    let size: u32 = counts.iter().sum();
                    // Pictures drawn twice count once: there may be more, never fewer.
                    assert!(size >= SETTINGS.min_samples_leaf, "a leaf of {size}");
                    all += size;
                }
            }
            assert_eq!(all as usize, labels.len());
        }
    }

    #[test]
    fn threads_change_nothing_and_the_seed_does() {
        let (rows, labels) = tens();
        let columns = Columns::from_rows(&rows);
        let grown = |threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| fit(&columns, &labels, SETTINGS, seed, &|| {}))
        };
        assert_eq!(grown(1, 1), grown(3, 1));
        assert_ne!(grown(1, 1), grown(1, 2));
    }

    #[test]
    fn sorting_and_counting_bins_find_the_same_split() {
        let (rows, labels) = tens();
        let columns = Columns::from_rows(&rows);
        let mut grower = Grower {
            columns: &columns,
            labels: &labels,
            settings: SETTINGS,
            rng: ChaCha8Rng::seed_from_u64(1),
            order: vec![0, 1, 2, 3],
            bins: vec![Part::default(); BINS],
            tree: Tree::default(),
        };
        let drawn: Vec<Drawn> = (0..60).map(|i| (i, 1 + i % 3)).collect();
        let counts = grower.count(&drawn);
        for feature in 0..4 {
            let sorted = grower.by_sorting(&drawn, &counts, feature);
            let counted = grower.by_bins(&drawn, &counts, feature);
            let (Tried::Parted(a), Tried::Parted(b)) = (sorted, counted) else {
                panic!("feature {feature} parts nothing");
            };
            assert_eq!((a.threshold, a.score), (b.threshold, b.score));
        }
    }
}
