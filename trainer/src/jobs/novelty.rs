//! Training and verification of the novelty detector.

use rayon::prelude::*;
use shared::model::NoveltyDetector;
use shared::model::novelty::NAME;
use shared::{Grey28, Sample};

use super::JobError;
use crate::data::DataSet;
use crate::data::split::{VALIDATION, split};
use crate::evaluate::rounded;
use crate::fit::novelty::{PhotoImages, fit};
use crate::fit::train_loop::FitError;
use crate::hash::sha256;
use crate::manifest::NoveltyEntry;
use crate::photos::listing::PhotoGroup;
use crate::photos::photo_set::{PhotoSet, PhotoSetRecord};
use crate::provenance::versions;
use crate::training_data::TrainingData;
use crate::weights_store::{WeightsStore, file_name};

/// Variants of each photo of a garment in training. With fewer, more garments are refused; with more, fewer faces are.
const PHOTO_VARIANTS: usize = 4;

/// Whether the file is the recorded one, fitted from this seed and, if photos are given, on these photos.
///
/// # Errors
/// The manifest cannot be read.
pub fn is_current(
    store: &WeightsStore,
    seed: u64,
    photos: Option<&PhotoSetRecord>,
) -> Result<bool, JobError> {
    let Some(entry) = store.manifest()?.novelty else {
        return Ok(false);
    };
    let is_recorded = store.file_hash(NAME)?.as_ref() == Some(&entry.sha256);
    let is_same = photos.is_none() || entry.photos.as_ref() == photos;
    Ok(is_recorded && is_same && entry.seed == seed)
}

/// Fits the detector, and writes it with its manifest entry.
///
/// # Errors
/// See [`JobError`].
pub fn train(
    store: &WeightsStore,
    data: &TrainingData,
    seed: u64,
) -> Result<NoveltyEntry, JobError> {
    let parts = split(&data.fashion_mnist.train, VALIDATION);
    let photos = data.photos.as_ref();
    let photo_images = photos.map_or_else(PhotoImages::default, photo_images);
    let artifact = fit(&parts.train, &parts.validation, &photo_images, seed)?;
    let bytes = artifact.to_bytes().map_err(FitError::from)?;
    store.write_bytes(NAME, &bytes)?;
    let novelty = store.novelty()?;
    let entry = NoveltyEntry {
        file: file_name(NAME),
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
        seed,
        photos: photos.map(|p| p.record.clone()),
        versions: versions(),
        validation_unknown: unknown(&novelty, &parts.validation.images),
        test_unknown: unknown(&novelty, &data.fashion_mnist.test.images),
    };
    let mut manifest = store.manifest()?;
    manifest.novelty = Some(entry.clone());
    store.write_manifest(&manifest)?;
    Ok(entry)
}

/// The photos that the detector is fitted on.
fn photo_images(photos: &PhotoSet) -> PhotoImages {
    let examples = photos.training_examples(PHOTO_VARIANTS);
    let mut images = PhotoImages {
        known: Vec::new(),
        shoes: photos.inexact.clone(),
        unknown: photos.unknown.clone(),
    };
    for (image, class) in examples.images.into_iter().zip(examples.labels) {
        if PhotoGroup::Shoes.classes().contains(&class) {
            images.shoes.push(image);
        } else {
            images.known.push(image);
        }
    }
    images
}

/// Recomputes the share of test images that are refused, and compares it with the recorded one; with `limit`, it only
/// computes the share of the first images.
///
/// # Errors
/// [`JobError::Mismatch`] where it differs, or the file is another one.
pub fn verify(store: &WeightsStore, data: &DataSet, limit: Option<usize>) -> Result<f64, JobError> {
    let entry = store.manifest()?.novelty;
    let entry = entry.ok_or_else(|| store.missing_entry())?;
    let mismatch = |what: &str, found: String, recorded: String| JobError::Mismatch {
        what: format!("{NAME}'s {what}"),
        found,
        recorded,
    };
    let hash = sha256(&store.bytes(NAME)?);
    if hash != entry.sha256 {
        return Err(mismatch("SHA-256", hash, entry.sha256));
    }
    let count = limit.unwrap_or(data.test.len());
    let found = unknown(&store.novelty()?, &data.test.first(count).images);
    if limit.is_none() && found != entry.test_unknown {
        let (found, recorded) = (found.to_string(), entry.test_unknown.to_string());
        return Err(mismatch("share of unknown test images", found, recorded));
    }
    Ok(found)
}

/// The novelty score of each image; above 0 it is none of the ten classes.
pub fn scores(novelty: &NoveltyDetector, images: &[Grey28]) -> Vec<f32> {
    let samples = images.par_iter().map(|p| Sample::new(p.clone()));
    samples.map(|sample| novelty.score(&sample)).collect()
}

/// The share of images classified as none of the ten classes.
fn unknown(novelty: &NoveltyDetector, images: &[Grey28]) -> f64 {
    let scores = scores(novelty, images);
    let refused = scores.iter().filter(|&&s| s > 0.0).count();
    rounded(refused as f64 / scores.len().max(1) as f64)
}
