//! Predictions of a fitted SVM and forest, before the weights file rounds them.

use ndarray::Array2;
use rayon::prelude::*;
use shared::garment::CLASSES;
use shared::model::argmax;
use shared::model::svm::class_pairs;

use crate::fit::classical::forest::{Node, Tree};
use crate::fit::classical::matrix::row_slices;
use crate::fit::classical::svm::SvmModel;

/// The class of each query. Each pair of classes votes for one of its two, as in LIBSVM; of equals, the first wins.
pub fn svm(model: &SvmModel, points: &Array2<f32>, gamma: f32, queries: &Array2<f32>) -> Vec<u8> {
    let support_count = model.support.len();
    let classes = (0..CLASSES).flat_map(|c| std::iter::repeat_n(c, model.counts[c]));
    let classes: Vec<usize> = classes.collect();
    let points = row_slices(points);
    let predict = |query: &[f32]| {
        let mut sums = [[0.0_f64; CLASSES - 1]; CLASSES];
        for (i, (&index, &class)) in model.support.iter().zip(&classes).enumerate() {
            let pairs = points[index].iter().zip(query);
            let distance: f32 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
            let kernel = (-gamma * distance).exp();
            for (other, sum) in sums[class].iter_mut().enumerate() {
                *sum += f64::from(model.coefficients[other * support_count + i] * kernel);
            }
        }
        let mut votes = [0.0_f32; CLASSES];
        for ((first, second), intercept) in class_pairs().zip(&model.intercepts) {
            let decision = sums[first][second - 1] + sums[second][first] + f64::from(*intercept);
            votes[if decision > 0.0 { first } else { second }] += 1.0;
        }
        argmax(&votes) as u8
    };
    row_slices(queries).into_par_iter().map(predict).collect()
}

/// The class of each query with the largest mean share in the leaves.
pub fn forest(trees: &[Tree], queries: &Array2<u8>) -> Vec<u8> {
    let mut shares = vec![[0.0_f32; CLASSES]; queries.nrows()];
    for tree in trees {
        let rows = (0..queries.nrows()).collect();
        add_leaf_shares(&tree.nodes, 0, queries, rows, &mut shares);
    }
    shares.iter().map(|shares| argmax(shares) as u8).collect()
}

/// Adds the class shares of the leaves below a node to the queries in `rows`. Returns the index of the node after its subtree.
fn add_leaf_shares(
    nodes: &[Node],
    index: usize,
    queries: &Array2<u8>,
    rows: Vec<usize>,
    shares: &mut [[f32; CLASSES]],
) -> usize {
    match &nodes[index] {
        Node::Split { feature, threshold } => {
            let goes_left = |&row: &usize| queries[(row, usize::from(*feature))] <= *threshold;
            let (left, right) = rows.into_iter().partition(goes_left);
            let next = add_leaf_shares(nodes, index + 1, queries, left, shares);
            add_leaf_shares(nodes, next, queries, right, shares)
        }
        Node::Leaf(counts) => {
            let total = counts.iter().sum::<u32>().max(1) as f32;
            for row in rows {
                for (share, count) in shares[row].iter_mut().zip(counts) {
                    *share += *count as f32 / total;
                }
            }
            index + 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::classical::svm as fit_svm;
    use ndarray::array;

    #[test]
    fn queries_reach_their_leaf() {
        let leaf = |class: usize| Node::Leaf(core::array::from_fn(|c| u32::from(c == class)));
        let split = |feature, threshold| Node::Split { feature, threshold };
        // Feature 0 up to 10: 3 or, above 5 in feature 1, 4; else 7.
        let nodes = vec![split(0, 10), split(1, 5), leaf(3), leaf(4), leaf(7)];
        let queries = array![[10, 5], [0, 6], [11, 0]];
        assert_eq!(forest(&[Tree { nodes }], &queries), [3, 4, 7]);
    }

    #[test]
    fn a_fitted_svm_classifies_its_training_points() {
        // Class 0 around 0, class 1 around 1, class 2 around 2.
        let points = Array2::from_shape_fn((30, 1), |(i, _)| (i % 3) as f32 + 0.01 * i as f32);
        let labels: Vec<u8> = (0..30).map(|i| i % 3).collect();
        let settings = fit_svm::Settings {
            c: 10.0,
            gamma: 2.0,
            tolerance: 1e-3,
        };
        let model = fit_svm::fit(&points, &labels, settings, &|| ());
        assert_eq!(svm(&model, &points, settings.gamma, &points), labels);
    }
}
