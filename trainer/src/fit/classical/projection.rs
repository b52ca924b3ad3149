//! Finds the directions of the features in which classes differ most for how much they differ in themselves.
//!
//! Three steps: the features' leading principal components, by subspace iteration (Halko, Martinsson & Tropp 2011,
//! algorithm 4.4); these whitened by the scatter within the classes, as in linear discriminant analysis; and the
//! leading components of what is left. Unlike LDA's, there may be more of them than classes.

use linfa_linalg::eigh::{EigSort, EighInto};
use linfa_linalg::qr::QRInto;
use linfa_linalg::{LinalgError, Order};
use ndarray::{Array1, Array2, Axis, s};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shared::garment::CLASSES;

use super::matrix::Matrix;
use crate::fit::recipe::ProjectionRecipe as Settings;

/// Rows that the principal components are estimated from: more change nothing that the validation split shows.
const ROWS: usize = 20_000;
/// Directions beyond those asked for, which make the others converge.
const SPARE: usize = 20;
const ITERATIONS: usize = 4;

/// `place = weight x input + offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// `[dimensions, input]`.
    pub weight: Matrix,
    /// `[dimensions]`.
    pub offset: Vec<f32>,
}

impl Projection {
    /// The projection that leaves every number where it is.
    pub fn identity(input: usize) -> Self {
        let place = |i: &usize| (0..input).map(|j| f32::from(u8::from(j == *i))).collect();
        Self {
            weight: Matrix::from_rows(&(0..input).collect::<Vec<_>>(), input, place),
            offset: vec![0.0; input],
        }
    }

    /// Where the rows of a matrix come to lie.
    pub fn apply(&self, rows: &Matrix) -> Matrix {
        let weight = &self.weight;
        let weight =
            Array2::from_shape_fn((weight.columns, weight.len()), |(i, o)| weight.row(o)[i]);
        let offset = Array1::from(self.offset.clone());
        Matrix::from(rows.product(&weight) + &offset)
    }

    /// Fits to rows and their classes.
    ///
    /// # Errors
    /// The rows are too few or too alike for as many directions.
    pub fn fit(
        rows: &Matrix,
        labels: &[u8],
        settings: Settings,
        seed: u64,
    ) -> Result<Self, LinalgError> {
        let mean = Array1::from(rows.mean());
        let some = rows.first(ROWS);
        let components = principal(&some, &mean, settings.components, seed)?;
        let shift = mean.dot(&components);
        let places = rows.product(&components) - &shift;
        let (values, vectors) = scatter(&places, labels, settings.ridge).eigh_into()?;
        let whitening = &vectors * &values.mapv(|v| 1.0 / v.max(f32::MIN_POSITIVE).sqrt());
        let places = places.dot(&whitening);
        let directions = components.dot(&whitening);
        let covariance = places.t().dot(&places) / places.nrows() as f32;
        let (_, vectors) = covariance.eigh_into()?.sort_eig(Order::Largest);
        let kept = vectors.slice(s![.., ..settings.dimensions.min(vectors.ncols())]);
        let directions = directions.dot(&kept);
        let offset = mean.dot(&directions).mapv(|v| -v);
        Ok(Self {
            weight: Matrix::from(directions.t().to_owned()),
            offset: offset.to_vec(),
        })
    }
}

/// The leading eigenvectors of the rows' covariance, `[columns, count]`.
pub fn principal(
    rows: &Matrix,
    mean: &Array1<f32>,
    count: usize,
    seed: u64,
) -> Result<Array2<f32>, LinalgError> {
    let wide = (count + SPARE).min(rows.columns);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut basis =
        Array2::from_shape_fn((rows.columns, wide), |_| rng.random_range(-1.0_f32..1.0));
    for _ in 0..ITERATIONS {
        basis = covariance_times(rows, mean, &basis).qr_into()?.generate_q();
    }
    let small = basis.t().dot(&covariance_times(rows, mean, &basis));
    // Symmetric but for rounding, which the eigensolver must not see.
    let small = (&small + &small.t()) / 2.0;
    let (_, vectors) = small.eigh_into()?.sort_eig(Order::Largest);
    Ok(basis.dot(&vectors.slice(s![.., ..count.min(wide)])))
}

/// The rows' covariance times a matrix, without the covariance itself: it would be as wide as high.
fn covariance_times(rows: &Matrix, mean: &Array1<f32>, basis: &Array2<f32>) -> Array2<f32> {
    let places = rows.product(basis) - &mean.dot(basis);
    let sums = places.sum_axis(Axis(0));
    let product = rows.transposed_product(&places);
    let of_means = mean
        .view()
        .insert_axis(Axis(1))
        .dot(&sums.insert_axis(Axis(0)));
    (product - of_means) / rows.len() as f32
}

/// The scatter within the classes, with a share of its mean added to the diagonal.
pub fn scatter(places: &Array2<f32>, labels: &[u8], share: f32) -> Array2<f32> {
    let wide = places.ncols();
    let mut means = vec![Array1::<f32>::zeros(wide); CLASSES];
    let mut counts = [0.0_f32; CLASSES];
    for (place, &label) in places.rows().into_iter().zip(labels) {
        means[usize::from(label)] += &place;
        counts[usize::from(label)] += 1.0;
    }
    let mut centred = places.clone();
    for (mut place, &label) in centred.rows_mut().into_iter().zip(labels) {
        let class = usize::from(label);
        place.scaled_add(-1.0 / counts[class], &means[class]);
    }
    let mut scatter = centred.t().dot(&centred) / places.nrows() as f32;
    let extra = share * scatter.diag().sum() / wide as f32;
    scatter.diag_mut().mapv_inplace(|v| v + extra);
    scatter
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings {
        components: 12,
        ridge: 0.01,
        dimensions: 4,
    };

    /// Ten classes apart along one direction, drowned in noise along all the others.
    fn drowned() -> (Matrix, Vec<u8>) {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let labels: Vec<u8> = (0..600).map(|i| (i % CLASSES) as u8).collect();
        let rows = labels.iter().flat_map(|&l| {
            let mut row = [0.0_f32; 16];
            row.fill_with(|| rng.random_range(-5.0..5.0));
            row[3] = f32::from(l) * 0.3 + rng.random_range(-0.05..0.05);
            row
        });
        let values = rows.collect();
        (
            Matrix {
                columns: 16,
                values,
            },
            labels,
        )
    }

    #[test]
    fn the_first_dimension_is_what_tells_the_classes_apart() {
        let (rows, labels) = drowned();
        let whole = Settings {
            components: 16,
            ..SETTINGS
        };
        let projection = Projection::fit(&rows, &labels, whole, 1).unwrap();
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
    fn the_training_rows_come_to_lie_around_the_middle_however_many_threads() {
        let (rows, labels) = drowned();
        let fitted = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| Projection::fit(&rows, &labels, SETTINGS, 1))
                .unwrap()
        };
        let projection = fitted(1);
        assert_eq!(projection, fitted(3));
        let places = projection.apply(&rows);
        assert_eq!((places.len(), places.columns), (600, 4));
        assert!(
            places.mean().iter().all(|m| m.abs() < 1e-3),
            "{:?}",
            places.mean()
        );
    }

    #[test]
    fn the_identity_leaves_rows_where_they_are() {
        let (rows, _) = drowned();
        assert_eq!(Projection::identity(16).apply(&rows), rows);
    }
}
