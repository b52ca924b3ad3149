//! Supervised linear projection of the features: PCA, then whitening by the within-class scatter.
//!
//! Three steps: the leading principal components, by subspace iteration (Halko, Martinsson & Tropp 2011, algorithm 4.4);
//! whitening by the within-class scatter, as in linear discriminant analysis (LDA); the leading principal components of the
//! whitened points. Unlike LDA, this gives more dimensions than classes.

use linfa_linalg::eigh::{EigSort, EighInto};
use linfa_linalg::qr::QRInto;
use linfa_linalg::{LinalgError, Order};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shared::garment::CLASSES;

use super::matrix::{column_means, product, transposed_product};
use crate::fit::recipe::ProjectionRecipe;

/// Rows that the principal components are estimated from. More rows do not change the validation accuracy.
const PCA_ROWS: usize = 20_000;
/// Extra directions of the subspace iteration, with which the wanted ones converge faster.
const OVERSAMPLING: usize = 20;
const ITERATIONS: usize = 4;

/// `point = weight x features + offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// `[dimensions, features]`.
    pub weight: Array2<f32>,
    /// `[dimensions]`.
    pub offset: Vec<f32>,
}

impl Projection {
    /// The projection that changes nothing.
    pub fn identity(features: usize) -> Self {
        Self {
            weight: Array2::eye(features),
            offset: vec![0.0; features],
        }
    }

    /// Projects each row.
    ///
    /// # Shapes
    /// `[rows, features] -> [rows, dimensions]`.
    pub fn apply(&self, features: &Array2<f32>) -> Array2<f32> {
        let weight = self.weight.t().as_standard_layout().into_owned();
        let offset = Array1::from(self.offset.clone());
        product(features.view(), &weight) + &offset
    }

    /// Fits the projection to features and their classes.
    ///
    /// # Errors
    /// There are too few rows, or they are too similar, for this number of dimensions.
    pub fn fit(
        features: &Array2<f32>,
        labels: &[u8],
        recipe: ProjectionRecipe,
        seed: u64,
    ) -> Result<Self, LinalgError> {
        let mean = column_means(features.view());
        let sample = features.slice(s![..PCA_ROWS.min(features.nrows()), ..]);
        let components = principal_components(sample, &mean, recipe.components, seed)?;
        let shift = mean.dot(&components);
        let points = product(features.view(), &components) - &shift;
        let scatter = within_class_scatter(&points, labels, recipe.ridge);
        let (values, vectors) = scatter.eigh_into()?;
        let whitening = &vectors * &values.mapv(|v| 1.0 / v.max(f32::MIN_POSITIVE).sqrt());
        let points = points.dot(&whitening);
        let directions = components.dot(&whitening);
        let covariance = points.t().dot(&points) / points.nrows() as f32;
        let (_, vectors) = covariance.eigh_into()?.sort_eig(Order::Largest);
        let kept = vectors.slice(s![.., ..recipe.dimensions.min(vectors.ncols())]);
        let directions = directions.dot(&kept);
        let offset = mean.dot(&directions).mapv(|v| -v);
        Ok(Self {
            weight: directions.t().as_standard_layout().into_owned(),
            offset: offset.to_vec(),
        })
    }
}

/// The leading eigenvectors of the rows' covariance, `[columns, count]`.
///
/// # Errors
/// There are too few rows, or they are too similar.
pub fn principal_components(
    rows: ArrayView2<f32>,
    mean: &Array1<f32>,
    count: usize,
    seed: u64,
) -> Result<Array2<f32>, LinalgError> {
    let columns = rows.ncols();
    let width = (count + OVERSAMPLING).min(columns);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut basis = Array2::from_shape_fn((columns, width), |_| rng.random_range(-1.0_f32..1.0));
    for _ in 0..ITERATIONS {
        basis = covariance_product(rows, mean, &basis)
            .qr_into()?
            .generate_q();
    }
    let projected = basis.t().dot(&covariance_product(rows, mean, &basis));
    // The eigensolver needs an exactly symmetric matrix.
    let projected = (&projected + &projected.t()) / 2.0;
    let (_, vectors) = projected.eigh_into()?.sort_eig(Order::Largest);
    Ok(basis.dot(&vectors.slice(s![.., ..count.min(width)])))
}

/// The rows' covariance times a matrix. The covariance itself, `[columns, columns]`, is not computed: it is too large.
fn covariance_product(
    rows: ArrayView2<f32>,
    mean: &Array1<f32>,
    basis: &Array2<f32>,
) -> Array2<f32> {
    let points = product(rows, basis) - &mean.dot(basis);
    let sums = points.sum_axis(Axis(0));
    let uncentred = transposed_product(rows, &points);
    let correction = mean
        .view()
        .insert_axis(Axis(1))
        .dot(&sums.insert_axis(Axis(0)));
    (uncentred - correction) / rows.nrows() as f32
}

/// The within-class scatter of points, `[dimensions, dimensions]`. `ridge` times the mean of the diagonal is added to the
/// diagonal.
pub fn within_class_scatter(points: &Array2<f32>, labels: &[u8], ridge: f32) -> Array2<f32> {
    let dimensions = points.ncols();
    let mut sums = vec![Array1::<f32>::zeros(dimensions); CLASSES];
    let mut counts = [0.0_f32; CLASSES];
    for (point, &label) in points.rows().into_iter().zip(labels) {
        sums[usize::from(label)] += &point;
        counts[usize::from(label)] += 1.0;
    }
    let mut centred = points.clone();
    for (mut point, &label) in centred.rows_mut().into_iter().zip(labels) {
        let class = usize::from(label);
        point.scaled_add(-1.0 / counts[class], &sums[class]);
    }
    let mut scatter = centred.t().dot(&centred) / points.nrows() as f32;
    let added = ridge * scatter.diag().sum() / dimensions as f32;
    scatter.diag_mut().mapv_inplace(|v| v + added);
    scatter
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: ProjectionRecipe = ProjectionRecipe {
        components: 12,
        ridge: 0.01,
        dimensions: 4,
    };

    /// Ten classes that differ along one direction, with stronger noise along all others.
    fn noisy() -> (Array2<f32>, Vec<u8>) {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let labels: Vec<u8> = (0..600).map(|i| (i % CLASSES) as u8).collect();
        let rows = labels.iter().flat_map(|&l| {
            let mut row = [0.0_f32; 16];
            row.fill_with(|| rng.random_range(-5.0..5.0));
            row[3] = f32::from(l) * 0.3 + rng.random_range(-0.05..0.05);
            row
        });
        let rows = Array2::from_shape_vec((labels.len(), 16), rows.collect()).unwrap();
        (rows, labels)
    }

    #[test]
    fn the_first_dimension_separates_the_classes() {
        let (rows, labels) = noisy();
        let all_components = ProjectionRecipe {
            components: 16,
            ..RECIPE
        };
        let projection = Projection::fit(&rows, &labels, all_components, 1).unwrap();
        let first = projection.weight.row(0);
        let largest = first.iter().map(|w| w.abs()).fold(0.0, f32::max);
        assert_eq!(first[3].abs(), largest, "{first:?}");
        assert!(
            first
                .iter()
                .enumerate()
                .all(|(i, w)| i == 3 || w.abs() < 0.2 * largest)
        );
    }

    #[test]
    fn projected_rows_are_centred_for_any_number_of_threads() {
        let (rows, labels) = noisy();
        let fitted = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| Projection::fit(&rows, &labels, RECIPE, 1))
                .unwrap()
        };
        let projection = fitted(1);
        assert_eq!(projection, fitted(3));
        let points = projection.apply(&rows);
        assert_eq!(points.dim(), (600, 4));
        let means = column_means(points.view());
        assert!(means.iter().all(|m| m.abs() < 1e-3), "{means:?}");
    }

    #[test]
    fn the_identity_changes_nothing() {
        let (rows, _) = noisy();
        assert_eq!(Projection::identity(16).apply(&rows), rows);
    }
}
