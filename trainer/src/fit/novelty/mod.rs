//! Fitting of the novelty detector, which decides whether an image shows one of the ten classes.

mod classifier;
mod error;
mod mahalanobis;
pub(super) mod noise;
pub(super) mod synthetic_object;
mod synthetic_outliers;
pub(super) mod synthetic_scenes;

use ndarray::Array2;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::artifact::{Artifact, Storage, Tensor};
use shared::model::novelty::{DistanceFeatures, HIDDEN, INPUTS};
use shared::{Garment, Grey28, Sample};

use super::classical::matrix::{from_rows, row_slices};
use super::garment_views::{garment_view, lying_view};
use crate::data::Examples;
pub use error::NoveltyError;
use synthetic_outliers::synthetic_outliers;

/// Training images that the distance measure is fitted to.
const DISTANCE_IMAGES: usize = 14_000;
/// Other training images, which the classifier is fitted to as known.
const KNOWN_IMAGES: usize = 16_000;
/// Other views of training images, such as tilted ones, which it is fitted to as known.
const VIEWS: usize = 12_000;
/// Training images on their side or upside down, which it is fitted to as unknown.
const LYING_VIEWS: usize = 3_000;
/// Synthetic outliers of each kind, which the classifier is fitted to as unknown.
const OUTLIERS_PER_KIND: usize = 1_500;
/// The weight of a photo of a garment in the loss, as there are few; photos of shoes, of which there are fewest, have a higher one.
const PHOTO_WEIGHT: f32 = 3.0;
const SHOE_PHOTO_WEIGHT: f32 = 12.0;
/// The share of the validation split that is classified as unknown. It decides the threshold.
const FALSE_ALARMS: f64 = 0.025;

/// Images made from photos, for the classifier.
#[derive(Clone, Debug, Default)]
pub struct PhotoImages {
    /// Of the ten classes, without shoes.
    pub known: Vec<Grey28>,
    /// Of shoes.
    pub shoes: Vec<Grey28>,
    /// Of none of the ten classes.
    pub unknown: Vec<Grey28>,
}

/// Fits the detector to training images and photos. The validation split decides the threshold.
///
/// # Errors
/// There are no images, or they are too few or too similar.
pub fn fit(
    train: &Examples,
    validation: &Examples,
    photos: &PhotoImages,
    seed: u64,
) -> Result<Artifact, NoveltyError> {
    if train.is_empty() || validation.is_empty() {
        return Err(NoveltyError::NoExamples);
    }
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let (for_distance, rest) = order.split_at(DISTANCE_IMAGES.min(order.len()));
    let mut artifact = mahalanobis::fit(&train.select(for_distance), seed)?;
    let distance = DistanceFeatures::new(&artifact)?;
    let features = |images: &[Grey28]| -> Array2<f32> {
        from_rows(images, INPUTS, |image| {
            distance.compute(&Sample::new(image.clone()))
        })
    };
    let mut known = train.select(&rest[..KNOWN_IMAGES.min(rest.len())]).images;
    known.extend(views(train, rest, VIEWS, seed, |image, _, rng| {
        garment_view(image, rng)
    }));
    let mut unknown = synthetic_outliers(train, OUTLIERS_PER_KIND, seed);
    unknown.extend(photos.unknown.iter().cloned());
    unknown.extend(views(train, rest, LYING_VIEWS, seed ^ 1, lying_view));
    let classifier = classifier::fit(
        &[
            (features(&known), 1.0),
            (features(&photos.known), PHOTO_WEIGHT),
            (features(&photos.shoes), SHOE_PHOTO_WEIGHT),
        ],
        &features(&unknown),
        seed,
    );
    let validation = features(&validation.images);
    let rows = row_slices(&validation).into_par_iter();
    let mut scores: Vec<f32> = rows.map(|row| classifier.score(row)).collect();
    scores.sort_unstable_by(f32::total_cmp);
    let last = (scores.len() as f64 * (1.0 - FALSE_ALARMS)) as usize;
    let threshold = scores[last.min(scores.len() - 1)];
    let tensor = |name: &str, shape: &[usize], values: Vec<f32>| Tensor {
        name: name.into(),
        shape: shape.to_vec(),
        storage: Storage::F32,
        values,
    };
    artifact.tensors.extend([
        tensor("hidden", &[HIDDEN, INPUTS], classifier.hidden),
        tensor("hidden_bias", &[HIDDEN], classifier.hidden_bias),
        tensor("output", &[HIDDEN], classifier.output),
        tensor("bias", &[1], vec![classifier.bias - threshold]),
    ]);
    Ok(artifact)
}

/// Views of some training images, one each; those that the pipeline refuses are left out.
fn views(
    train: &Examples,
    indices: &[usize],
    count: usize,
    seed: u64,
    view: impl Fn(&Grey28, Garment, &mut ChaCha8Rng) -> Option<Grey28> + Sync,
) -> Vec<Grey28> {
    // From the end: the first ones are in use as they are.
    let indices: Vec<usize> = indices.iter().rev().take(count).copied().collect();
    let views: Vec<Option<Grey28>> = indices
        .par_iter()
        .map(|&i| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(i as u64);
            view(&train.images[i], train.labels[i], &mut rng)
        })
        .collect();
    views.into_iter().flatten().collect()
}
