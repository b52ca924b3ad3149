//! A forest's leaves in a byte each: 256 distributions that stand for all of them.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::garment::CLASSES;

use super::forest::{Node, Tree};

/// Distributions that stand for all leaves of a forest, and which of them each leaf takes, tree by tree.
pub struct Codebook {
    /// `[distributions, 10]`.
    pub rows: Vec<[f32; CLASSES]>,
    pub leaves: Vec<u8>,
}

/// Rounds of k-means; the last ones move nothing that shows.
const ROUNDS: usize = 12;

impl Codebook {
    /// 256 distributions for the leaves, by k-means, each leaf weighing as much as it has pictures.
    pub fn of(trees: &[Tree], seed: u64) -> Self {
        let counts = trees.iter().flat_map(|tree| &tree.nodes);
        let leaves: Vec<([f32; CLASSES], f32)> = counts
            .filter_map(|node| match node {
                Node::Split { .. } => None,
                Node::Leaf(counts) => {
                    let all = counts.iter().sum::<u32>() as f32;
                    Some((counts.map(|n| n as f32 / all.max(1.0)), all))
                }
            })
            .collect();
        // Pure leaves stay pure; the other codes begin as leaves drawn at random.
        let mut rows: Vec<[f32; CLASSES]> = (0..CLASSES)
            .map(|class| core::array::from_fn(|c| f32::from(u8::from(c == class))))
            .collect();
        let mut mixed: Vec<&[f32; CLASSES]> = leaves
            .iter()
            .map(|(leaf, _)| leaf)
            .filter(|leaf| leaf.iter().all(|&p| p < 1.0))
            .collect();
        mixed.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        rows.extend(mixed.into_iter().take(256 - CLASSES));
        let nearest = |rows: &[[f32; CLASSES]]| -> Vec<u8> {
            let code = |leaf: &[f32; CLASSES]| {
                let apart = |row: &[f32; CLASSES]| {
                    let pairs = row.iter().zip(leaf);
                    pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
                };
                let first = (0_u8, f32::INFINITY);
                let closer = |best: (u8, f32), (i, row)| match apart(row) {
                    d if d < best.1 => (i, d),
                    _ => best,
                };
                (0_u8..=255).zip(rows).fold(first, closer).0
            };
            leaves.par_iter().map(|(leaf, _)| code(leaf)).collect()
        };
        for _ in 0..ROUNDS {
            let mut sums = vec![([0.0_f64; CLASSES], 0.0_f64); rows.len()];
            for (code, (leaf, weight)) in nearest(&rows).iter().zip(&leaves) {
                let (sum, all) = &mut sums[usize::from(*code)];
                for (s, &p) in sum.iter_mut().zip(leaf) {
                    *s += f64::from(p * weight);
                }
                *all += f64::from(*weight);
            }
            for (row, (sum, all)) in rows.iter_mut().zip(sums).skip(CLASSES) {
                if all > 0.0 {
                    *row = sum.map(|s| (s / all) as f32);
                }
            }
        }
        Self {
            leaves: nearest(&rows),
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pure_leaves_stay_pure_and_the_others_are_close_to_theirs() {
        let mixed = |a: u32| {
            let mut counts = [0; CLASSES];
            (counts[1], counts[6]) = (a, 10 - a);
            Node::Leaf(counts)
        };
        let nodes = (0..=10).map(mixed).collect();
        let codes = Codebook::of(&[Tree { nodes }], 1);
        for (a, &code) in codes.leaves.iter().enumerate() {
            let row = codes.rows[usize::from(code)];
            assert!((row[1] - a as f32 / 10.0).abs() < 1e-6, "{a}: {row:?}");
        }
        assert_eq!(codes.leaves[10], 1);
        assert_eq!(codes.leaves[0], 6);
    }
}
