//! Vector quantisation of a forest's leaves: each leaf is stored as one byte, an index into 256 class distributions.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::garment::CLASSES;

use super::forest::{Node, Tree};

/// Class distributions that approximate those of the leaves, and the index of each leaf's distribution, tree by tree.
pub struct LeafCodebook {
    /// `[distributions, 10]`, at most 256.
    pub distributions: Vec<[f32; CLASSES]>,
    /// `[leaves]`.
    pub codes: Vec<u8>,
}

/// Iterations of k-means; it has converged by then.
const ITERATIONS: usize = 12;

impl LeafCodebook {
    /// Fits the codebook by k-means. A leaf's weight is its number of training images.
    pub fn fit(trees: &[Tree], seed: u64) -> Self {
        let nodes = trees.iter().flat_map(|tree| &tree.nodes);
        let leaves: Vec<([f32; CLASSES], f32)> = nodes
            .filter_map(|node| match node {
                Node::Split { .. } => None,
                Node::Leaf(counts) => {
                    let total = counts.iter().sum::<u32>() as f32;
                    Some((counts.map(|n| n as f32 / total.max(1.0)), total))
                }
            })
            .collect();
        // The first ten are the pure leaves, and stay so; the others start as randomly drawn leaves.
        let mut distributions: Vec<[f32; CLASSES]> = (0..CLASSES)
            .map(|class| core::array::from_fn(|c| f32::from(u8::from(c == class))))
            .collect();
        let mut mixed: Vec<&[f32; CLASSES]> = leaves
            .iter()
            .map(|(leaf, _)| leaf)
            .filter(|leaf| leaf.iter().all(|&p| p < 1.0))
            .collect();
        mixed.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        distributions.extend(mixed.into_iter().take(256 - CLASSES));
        for _ in 0..ITERATIONS {
            let mut sums = vec![([0.0_f64; CLASSES], 0.0_f64); distributions.len()];
            for (code, (leaf, weight)) in encode(&leaves, &distributions).iter().zip(&leaves) {
                let (sum, total) = &mut sums[usize::from(*code)];
                for (s, &p) in sum.iter_mut().zip(leaf) {
                    *s += f64::from(p * weight);
                }
                *total += f64::from(*weight);
            }
            for (distribution, (sum, total)) in distributions.iter_mut().zip(sums).skip(CLASSES) {
                if total > 0.0 {
                    *distribution = sum.map(|s| (s / total) as f32);
                }
            }
        }
        Self {
            codes: encode(&leaves, &distributions),
            distributions,
        }
    }
}

/// The index of the distribution that is nearest to each leaf.
fn encode(leaves: &[([f32; CLASSES], f32)], distributions: &[[f32; CLASSES]]) -> Vec<u8> {
    let nearest = |leaf: &[f32; CLASSES]| {
        let mut nearest = (0_u8, f32::INFINITY);
        for (code, distribution) in (0_u8..=255).zip(distributions) {
            let pairs = distribution.iter().zip(leaf);
            let distance = pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
            if distance < nearest.1 {
                nearest = (code, distance);
            }
        }
        nearest.0
    };
    leaves.par_iter().map(|(leaf, _)| nearest(leaf)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_close_to_their_leaves() {
        let mixed = |a: u32| {
            let mut counts = [0; CLASSES];
            (counts[1], counts[6]) = (a, 10 - a);
            Node::Leaf(counts)
        };
        let nodes = (0..=10).map(mixed).collect();
        let codebook = LeafCodebook::fit(&[Tree { nodes }], 1);
        for (a, &code) in codebook.codes.iter().enumerate() {
            let row = codebook.distributions[usize::from(code)];
            assert!((row[1] - a as f32 / 10.0).abs() < 1e-6, "{a}: {row:?}");
        }
        assert_eq!(codebook.codes[10], 1);
        assert_eq!(codebook.codes[0], 6);
    }
}
