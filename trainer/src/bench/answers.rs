//! What a machine and a forest answer as they were fitted, before a weights file rounds them.

use rayon::prelude::*;
use shared::garment::CLASSES;
use shared::model::argmax;
use shared::model::svm::class_pairs;

use crate::fit::classical::forest::{Node, Tree};
use crate::fit::classical::matrix::Matrix;
use crate::fit::classical::svm::Machine;

/// Each pair of classes votes for one of its own, as in LIBSVM; the first of equals wins.
pub fn of_machine(machine: &Machine, points: &Matrix, gamma: f32, questions: &Matrix) -> Vec<u8> {
    let many = machine.support.len();
    let classes = (0..CLASSES).flat_map(|c| std::iter::repeat_n(c, machine.counts[c]));
    let classes: Vec<usize> = classes.collect();
    let answer = |question: &[f32]| {
        let mut said = [[0.0_f64; CLASSES - 1]; CLASSES];
        for (i, (&row, &class)) in machine.support.iter().zip(&classes).enumerate() {
            let apart = points.row(row).iter().zip(question);
            let distance: f32 = apart.map(|(a, b)| (a - b) * (a - b)).sum();
            let kernel = (-gamma * distance).exp();
            for (other, sum) in said[class].iter_mut().enumerate() {
                *sum += f64::from(machine.coefficients[other * many + i] * kernel);
            }
        }
        let mut votes = [0.0_f32; CLASSES];
        for ((first, second), intercept) in class_pairs().zip(&machine.intercepts) {
            let decision = said[first][second - 1] + said[second][first] + f64::from(*intercept);
            votes[if decision > 0.0 { first } else { second }] += 1.0;
        }
        argmax(&votes) as u8
    };
    let questions: Vec<&[f32]> = questions.rows().collect();
    questions.into_par_iter().map(answer).collect()
}

/// The class with the largest mean share of the leaves' pictures.
pub fn of_forest(trees: &[Tree], questions: &[Vec<u8>]) -> Vec<u8> {
    let mut shares = vec![[0.0_f32; CLASSES]; questions.len()];
    for tree in trees {
        fall(
            &tree.nodes,
            0,
            questions,
            (0..questions.len()).collect(),
            &mut shares,
        );
    }
    shares.iter().map(|shares| argmax(shares) as u8).collect()
}

/// Lets the questions in `rows` fall from a node into its leaves; where the nodes behind that part of the tree begin.
fn fall(
    nodes: &[Node],
    at: usize,
    questions: &[Vec<u8>],
    rows: Vec<usize>,
    shares: &mut [[f32; CLASSES]],
) -> usize {
    match &nodes[at] {
        Node::Split { feature, threshold } => {
            let goes_left = |&row: &usize| questions[row][usize::from(*feature)] <= *threshold;
            let (left, right) = rows.into_iter().partition(goes_left);
            let behind = fall(nodes, at + 1, questions, left, shares);
            fall(nodes, behind, questions, right, shares)
        }
        Node::Leaf(counts) => {
            let all = counts.iter().sum::<u32>().max(1) as f32;
            for row in rows {
                for (share, count) in shares[row].iter_mut().zip(counts) {
                    *share += *count as f32 / all;
                }
            }
            at + 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::classical::svm;

    #[test]
    fn questions_fall_into_the_leaf_that_is_theirs() {
        let leaf = |class: usize| Node::Leaf(core::array::from_fn(|c| u32::from(c == class)));
        let split = |feature, threshold| Node::Split { feature, threshold };
        // Feature 0 up to 10: 3 or, above 5 in feature 1, 4; else 7.
        let nodes = vec![split(0, 10), split(1, 5), leaf(3), leaf(4), leaf(7)];
        let questions = [vec![10, 5], vec![0, 6], vec![11, 0]];
        assert_eq!(of_forest(&[Tree { nodes }], &questions), [3, 4, 7]);
    }

    #[test]
    fn a_fitted_machine_knows_its_own_points() {
        // Class 0 around 0, class 1 around 1, class 2 around 2.
        let values: Vec<f32> = (0..30).map(|i| (i % 3) as f32 + 0.01 * i as f32).collect();
        let labels: Vec<u8> = (0..30).map(|i| i % 3).collect();
        let points = Matrix { columns: 1, values };
        let settings = svm::Settings {
            c: 10.0,
            gamma: 2.0,
            tolerance: 1e-3,
        };
        let machine = svm::fit(&points, &labels, settings, &|| ());
        assert_eq!(
            of_machine(&machine, &points, settings.gamma, &points),
            labels
        );
    }
}
