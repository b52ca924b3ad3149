//! The directions and distances that pictures are measured by.

use linfa_linalg::LinalgError;
use linfa_linalg::cholesky::Cholesky;
use ndarray::{Array1, Array2, Axis};
use shared::artifact::{Artifact, Storage, Tensor};
use shared::features::{DIMENSIONS, extract};
use shared::garment::CLASSES;
use shared::model::novelty::{COMPONENTS, NAME};

use crate::data::Examples;
use crate::fit::classical::matrix::Matrix;
use crate::fit::classical::projection::{principal, scatter};

/// Added to the scatter within the classes, as a share of its mean.
const RIDGE: f32 = 1e-3;

/// Fits the yardstick's tensors.
pub fn fit(examples: &Examples, seed: u64) -> Result<Artifact, LinalgError> {
    let rows = Matrix::from_rows(&examples.images, DIMENSIONS, extract);
    let labels: Vec<u8> = examples.labels.iter().map(|l| l.index() as u8).collect();
    let mean = Array1::from(rows.mean());
    let directions = principal(&rows, &mean, COMPONENTS, seed)?;
    let places = rows.product(&directions) - &mean.dot(&directions);
    let variances = places
        .mapv(|z| z * z)
        .mean_axis(Axis(0))
        .unwrap_or_default();
    let scale = variances.mapv(|v| 1.0 / v.max(f32::MIN_POSITIVE).sqrt());
    let directions = &directions * &scale;
    let places = &places * &scale;
    // With S the scatter and S^-1 = L L^T, places times L have a scatter of 1.
    let whitening = inverse(&scatter(&places, &labels, RIDGE).cholesky()?);
    let white = places.dot(&whitening);
    let mut middles = Array2::<f32>::zeros((CLASSES, COMPONENTS));
    let mut counts = [0.0f32; CLASSES];
    for (place, &label) in white.rows().into_iter().zip(&labels) {
        let class = usize::from(label);
        middles.row_mut(class).scaled_add(1.0, &place);
        counts[class] += 1.0;
    }
    for (mut middle, count) in middles.rows_mut().into_iter().zip(counts) {
        middle.mapv_inplace(|m| m / count.max(1.0));
    }
    let offset = mean.dot(&directions).mapv(|v| -v);
    let tensor = |name: &str, storage: Storage, shape: &[usize], values: Vec<f32>| Tensor {
        name: name.into(),
        shape: shape.to_vec(),
        storage,
        values,
    };
    let flat = |array: &Array2<f32>| array.iter().copied().collect::<Vec<f32>>();
    let artifact = Artifact {
        model: NAME.into(),
        tensors: vec![
            tensor(
                "components",
                Storage::I8,
                &[COMPONENTS, DIMENSIONS],
                flat(&directions.t().to_owned()),
            ),
            tensor("offset", Storage::F32, &[COMPONENTS], offset.to_vec()),
            tensor("variances", Storage::F32, &[COMPONENTS], variances.to_vec()),
            tensor("mean", Storage::F16, &[DIMENSIONS], mean.to_vec()),
            tensor(
                "whitening",
                Storage::F16,
                &[COMPONENTS, COMPONENTS],
                flat(&whitening),
            ),
            tensor(
                "middles",
                Storage::F16,
                &[CLASSES, COMPONENTS],
                flat(&middles),
            ),
        ],
    };
    // As a file holds it: rounding is part of what is measured by.
    let bytes = artifact.to_bytes();
    Ok(bytes
        .ok()
        .and_then(|bytes| Artifact::from_bytes(&bytes).ok())
        .unwrap_or(artifact))
}

/// The transpose of a lower triangular matrix's inverse.
fn inverse(lower: &Array2<f32>) -> Array2<f32> {
    let count = lower.nrows();
    let mut inverse = Array2::<f32>::zeros((count, count));
    for column in 0..count {
        for row in column..count {
            let known: f32 = (column..row)
                .map(|k| lower[(row, k)] * inverse[(k, column)])
                .sum();
            inverse[(row, column)] = (f32::from(row == column) - known) / lower[(row, row)];
        }
    }
    inverse.reversed_axes()
}
