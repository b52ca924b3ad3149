//! Fitting of the novelty detector.

mod head;
mod outliers;
mod scenes;
mod texture;
mod yardstick;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::artifact::{Artifact, Storage, Tensor};
use shared::model::novelty::{DistanceFeatures, HIDDEN, INPUTS};
use shared::{Grey28, Sample};

use super::classical::ClassicalError;
use super::classical::matrix::Matrix;
use crate::data::Examples;
pub use outliers::outliers;

/// Training pictures that directions and distances are taken from.
const MEASURED: usize = 14_000;
/// Training pictures beyond those that the network is shown as known.
const SHOWN: usize = 16_000;
/// Of each kind that is drawn as unknown.
const DRAWN: usize = 500;
/// The share of the validation split that is allowed to be unknown: somewhat less than what the test set is allowed.
pub const UNKNOWN: f64 = 0.043;

/// What was learned from photos: garments, and what is none of the ten.
#[derive(Clone, Debug, Default)]
pub struct Photos {
    pub garments: Vec<Grey28>,
    pub outsiders: Vec<Grey28>,
}

/// Fits to training pictures and photos; the threshold is the validation split's choice.
///
/// # Errors
/// The pictures are too few or too alike.
pub fn fit(
    train: &Examples,
    validation: &Examples,
    photos: &Photos,
    seed: u64,
) -> Result<Artifact, ClassicalError> {
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let (measured, rest) = order.split_at(MEASURED.min(order.len()));
    let mut artifact = yardstick::fit(&train.select(measured), seed)
        .map_err(|e| ClassicalError::Novelty(e.to_string()))?;
    let yardstick = DistanceFeatures::new(&artifact)?;
    let measures = |pictures: &[Grey28]| {
        let samples = pictures.par_iter().map(|p| Sample::new(p.clone()));
        let rows: Vec<Vec<f32>> = samples.map(|s| yardstick.compute(&s)).collect();
        Matrix {
            columns: INPUTS,
            values: rows.concat(),
        }
    };
    let mut known = train.select(&rest[..SHOWN.min(rest.len())]).images;
    known.extend(photos.garments.iter().cloned());
    let mut unknown = outliers(train, DRAWN, seed);
    unknown.extend(photos.outsiders.iter().cloned());
    let head = head::fit(&measures(&known), &measures(&unknown), seed);
    let mut scores: Vec<f32> = measures(&validation.images)
        .rows()
        .map(|row| head.score(row))
        .collect();
    scores.sort_unstable_by(f32::total_cmp);
    let last = ((scores.len() as f64 * (1.0 - UNKNOWN)) as usize).min(scores.len().max(1) - 1);
    let threshold = scores.get(last).copied().unwrap_or_default();
    let tensor = |name: &str, shape: &[usize], values: Vec<f32>| Tensor {
        name: name.into(),
        shape: shape.to_vec(),
        storage: Storage::F32,
        values,
    };
    artifact.tensors.extend([
        tensor("hidden", &[HIDDEN, INPUTS], head.hidden),
        tensor("hidden_bias", &[HIDDEN], head.hidden_bias),
        tensor("output", &[HIDDEN], head.output),
        tensor("bias", &[1], vec![head.bias - threshold]),
    ]);
    Ok(artifact)
}
