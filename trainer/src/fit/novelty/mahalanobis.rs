//! The distance measure of the novelty detector: principal components, and Mahalanobis distances to the class means.

use linfa_linalg::cholesky::Cholesky;
use ndarray::{Array2, Axis};
use shared::artifact::{Artifact, Storage, Tensor};
use shared::features::{DIMENSIONS, extract};
use shared::garment::CLASSES;
use shared::model::novelty::{COMPONENTS, NAME};

use super::error::NoveltyError;
use crate::data::Examples;
use crate::fit::classical::matrix::{column_means, from_rows, product};
use crate::fit::classical::projection::{principal_components, within_class_scatter};

/// Added to the diagonal of the within-class scatter, as a share of the diagonal's mean.
const RIDGE: f32 = 1e-3;

/// Fits the tensors of the distance measure, rounded as in a weights file.
///
/// # Errors
/// There are no examples, or they are too few or too similar.
pub fn fit(examples: &Examples, seed: u64) -> Result<Artifact, NoveltyError> {
    let rows = from_rows(&examples.images, DIMENSIONS, extract);
    let labels: Vec<u8> = examples.labels.iter().map(|l| l.index() as u8).collect();
    let mean = column_means(rows.view());
    let directions = principal_components(rows.view(), &mean, COMPONENTS, seed)?;
    let points = product(rows.view(), &directions) - &mean.dot(&directions);
    let variances = points
        .mapv(|z| z * z)
        .mean_axis(Axis(0))
        .ok_or(NoveltyError::NoExamples)?;
    let scale = variances.mapv(|v| 1.0 / v.max(f32::MIN_POSITIVE).sqrt());
    let directions = &directions * &scale;
    let points = &points * &scale;
    // With the scatter S and S^-1 = L L^T, the points times L have the identity as scatter.
    let scatter = within_class_scatter(&points, &labels, RIDGE);
    let whitening = inverse_transpose(&scatter.cholesky()?);
    let white = points.dot(&whitening);
    let mut class_means = Array2::<f32>::zeros((CLASSES, COMPONENTS));
    let mut counts = [0.0f32; CLASSES];
    for (point, &label) in white.rows().into_iter().zip(&labels) {
        let class = usize::from(label);
        class_means.row_mut(class).scaled_add(1.0, &point);
        counts[class] += 1.0;
    }
    for (mut class_mean, count) in class_means.rows_mut().into_iter().zip(counts) {
        class_mean.mapv_inplace(|m| m / count.max(1.0));
    }
    let offset = mean.dot(&directions).mapv(|v| -v);
    let matrix = |name: &str, storage: Storage, matrix: &Array2<f32>| Tensor {
        name: name.into(),
        shape: matrix.shape().to_vec(),
        storage,
        values: matrix.iter().copied().collect(),
    };
    let vector = |name: &str, storage: Storage, values: Vec<f32>| Tensor {
        name: name.into(),
        shape: vec![values.len()],
        storage,
        values,
    };
    let artifact = Artifact {
        model: NAME.into(),
        tensors: vec![
            matrix("components", Storage::I8, &directions.t().to_owned()),
            vector("offset", Storage::F32, offset.to_vec()),
            vector("variances", Storage::F32, variances.to_vec()),
            vector("mean", Storage::F16, mean.to_vec()),
            matrix("whitening", Storage::F16, &whitening),
            matrix("middles", Storage::F16, &class_means),
        ],
    };
    // The classifier must be fitted to the distances that the weights file gives.
    Ok(Artifact::from_bytes(&artifact.to_bytes()?)?)
}

/// The transpose of the inverse of a lower triangular matrix.
fn inverse_transpose(lower: &Array2<f32>) -> Array2<f32> {
    let size = lower.nrows();
    let mut inverse = Array2::<f32>::zeros((size, size));
    for column in 0..size {
        for row in column..size {
            let known: f32 = (column..row)
                .map(|k| lower[(row, k)] * inverse[(k, column)])
                .sum();
            inverse[(row, column)] = (f32::from(row == column) - known) / lower[(row, row)];
        }
    }
    inverse.reversed_axes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_inverse_transpose_matches_the_definition() {
        let lower = array![[2.0, 0.0], [3.0, 4.0]];
        let inverse = inverse_transpose(&lower).reversed_axes();
        assert_eq!(lower.dot(&inverse), Array2::<f32>::eye(2));
    }
}
