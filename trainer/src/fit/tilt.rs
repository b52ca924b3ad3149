//! Fitting of the tilt estimator to tilted views of training images.

use ndarray::{Array1, Array2, Axis, Zip};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::Grey28;
use shared::artifact::{Artifact, Storage, Tensor};
use shared::features::orientation::mirrored;
use shared::model::tilt::{HIDDEN, INPUTS, NAME, TiltEstimator, inputs};

use super::classical::matrix::from_rows;
use super::garment_views::{product_photo, tilted};

/// The largest tilt that is learned, in degrees.
const MAX_TILT: f32 = 25.0;
/// The share of product photos among the views. The others are 28x28 images that were tilted within their frame.
const PRODUCT_PHOTOS: f64 = 0.7;
const EPOCHS: usize = 24;
const BATCH: usize = 256;
/// Of Adam; it falls to zero along a quarter of a cosine.
const LEARNING_RATE: f32 = 2e-3;
/// An error counts by its square up to so many degrees, and linearly beyond (Huber's loss).
const LARGEST_SQUARED_ERROR: f32 = 6.0;
/// The network is fitted to tilts divided by this, so that its values are near 1.
const SCALE: f32 = 10.0;

/// Fits the estimator to views of the images by Adam.
pub fn fit(images: &[Grey28], seed: u64) -> Artifact {
    let views = views(images, seed);
    let rows = from_rows(&views, INPUTS, |(image, _)| inputs(image));
    let tilts: Vec<f32> = views.iter().map(|(_, tilt)| tilt / SCALE).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut random = |shape: (usize, usize), inputs: usize| {
        let limit = (3.0 / inputs as f32).sqrt();
        Array2::from_shape_simple_fn(shape, || rng.random_range(-limit..limit))
    };
    let mut hidden = Parameter::new(random((INPUTS, HIDDEN), INPUTS));
    let mut output = Parameter::new(random((HIDDEN, 1), HIDDEN));
    let mut linear = Parameter::new(Array2::zeros((INPUTS, 1)));
    let mut order: Vec<usize> = (0..views.len()).collect();
    let steps = EPOCHS * views.len().div_ceil(BATCH);
    let mut step = 0;
    for _ in 0..EPOCHS {
        order.shuffle(&mut rng);
        for batch in order.chunks(BATCH) {
            let x = rows.select(Axis(0), batch);
            let target: Array1<f32> = batch.iter().map(|&i| tilts[i]).collect();
            let units = x.dot(&hidden.values).mapv(f32::tanh);
            let estimate = units.dot(&output.values) + x.dot(&linear.values);
            let limit = LARGEST_SQUARED_ERROR / SCALE;
            let error = (estimate - target.insert_axis(Axis(1))).mapv(|e| e.clamp(-limit, limit))
                * (2.0 / batch.len() as f32);
            let of_units = error.dot(&output.values.t()) * units.mapv(|u| 1.0 - u * u);
            let progress = step as f32 / steps as f32;
            let rate = LEARNING_RATE * (progress * core::f32::consts::FRAC_PI_2).cos();
            step += 1;
            hidden.descend(&x.t().dot(&of_units), rate, step);
            output.descend(&units.t().dot(&error), rate, step);
            linear.descend(&x.t().dot(&error), rate, step);
        }
    }
    let tensor = |name: &str, shape: &[usize], storage: Storage, values: Array2<f32>| Tensor {
        name: name.into(),
        shape: shape.to_vec(),
        storage,
        values: values.iter().copied().collect(),
    };
    Artifact {
        model: NAME.into(),
        tensors: vec![
            tensor(
                "hidden",
                &[HIDDEN, INPUTS],
                Storage::I8,
                hidden.values.reversed_axes(),
            ),
            tensor("output", &[HIDDEN], Storage::F32, output.values * SCALE),
            tensor("linear", &[INPUTS], Storage::I8, linear.values * SCALE),
        ],
    }
}

/// A matrix of weights, and Adam's moments of its gradient.
struct Parameter {
    values: Array2<f32>,
    first: Array2<f32>,
    second: Array2<f32>,
}

impl Parameter {
    fn new(values: Array2<f32>) -> Self {
        let zeros = Array2::zeros(values.raw_dim());
        Self {
            first: zeros.clone(),
            second: zeros,
            values,
        }
    }

    /// One step of Adam; `step` counts from 1.
    fn descend(&mut self, gradient: &Array2<f32>, rate: f32, step: i32) {
        let (beta_1, beta_2) = (0.9f32, 0.999f32);
        let corrections = (1.0 - beta_1.powi(step), 1.0 - beta_2.powi(step));
        Zip::from(&mut self.values)
            .and(&mut self.first)
            .and(&mut self.second)
            .and(gradient)
            .for_each(|value, first, second, &gradient| {
                *first = beta_1 * *first + (1.0 - beta_1) * gradient;
                *second = beta_2 * *second + (1.0 - beta_2) * gradient * gradient;
                let root = (*second / corrections.1).sqrt();
                *value -= rate * (*first / corrections.0) / (root + 1e-8);
            });
    }
}

/// A view of each image, half of them mirrored, and by how many degrees each is tilted clockwise.
fn views(images: &[Grey28], seed: u64) -> Vec<(Grey28, f32)> {
    let views: Vec<_> = images
        .par_iter()
        .enumerate()
        .map(|(i, image)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(i as u64);
            let degrees = rng.random_range(-MAX_TILT..=MAX_TILT);
            let is_mirrored: bool = rng.random();
            let image = if is_mirrored {
                mirrored(image)
            } else {
                image.clone()
            };
            let view = if rng.random_bool(PRODUCT_PHOTOS) {
                product_photo(&image, degrees, &mut rng)?
            } else {
                tilted(&image, degrees)
            };
            Some((view, degrees))
        })
        .collect();
    views.into_iter().flatten().collect()
}

/// The root mean square of the estimator's error, in degrees, on one view of each of these images.
pub fn error(estimator: &TiltEstimator, images: &[Grey28], seed: u64) -> f64 {
    let views = views(images, seed);
    let squares: Vec<f64> = views
        .par_iter()
        .map(|(image, degrees)| f64::from(estimator.estimate(image) - degrees).powi(2))
        .collect();
    (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt()
}
