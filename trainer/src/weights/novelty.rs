//! What tells garments from other things: fitted, recorded, confirmed.

use rayon::prelude::*;
use shared::model::NoveltyDetector;
use shared::model::novelty::NAME;
use shared::{Grey28, Sample};

use super::provenance::versions;
use super::{Weights, WeightsError, file_name};
use crate::data::DataSet;
use crate::data::split::{VALIDATION, split};
use crate::evaluate::rounded;
use crate::fit::novelty::{Photos, fit};
use crate::fit::train_loop::FitError;
use crate::hash::sha256;
use crate::manifest::{self, NoveltyEntry};
use crate::photos::set::Record;
use crate::training_data::TrainingData;

/// Variants of each photo of a garment that are shown as known: with fewer, more garments are taken for other things, with more,
/// more faces for garments.
const SHOWN_VARIANTS: usize = 4;

impl Weights {
    /// Whether the file is there and the recorded one; made from these photos, where some are given.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn novelty_is_current(
        &self,
        seed: u64,
        photos: Option<&Record>,
    ) -> Result<bool, WeightsError> {
        let Some(entry) = self.manifest()?.novelty else {
            return Ok(false);
        };
        let is_recorded = self.bytes(NAME).is_ok_and(|b| sha256(&b) == entry.sha256);
        let is_same = photos.is_none() || entry.photos.as_ref() == photos;
        Ok(is_recorded && is_same && entry.seed == seed)
    }

    /// Fits it, and writes it with the manifest's entry.
    ///
    /// # Errors
    /// See [`WeightsError`].
    pub fn learn_novelty(
        &self,
        data: &TrainingData,
        seed: u64,
    ) -> Result<NoveltyEntry, WeightsError> {
        let parts = split(&data.fashion_mnist.train, VALIDATION);
        let photos = data.photos.as_ref();
        let seen = photos.map_or_else(Photos::default, |photos| Photos {
            garments: photos.train(SHOWN_VARIANTS).images,
            outsiders: photos.outsiders.clone(),
        });
        let artifact = fit(&parts.train, &parts.validation, &seen, seed)?;
        let bytes = artifact.to_bytes().map_err(FitError::from)?;
        manifest::write_bytes(&self.file(NAME), &bytes)?;
        let novelty = self.novelty()?;
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
        let mut manifest = self.manifest()?;
        manifest.novelty = Some(entry.clone());
        manifest::write(&self.manifest_path(), &manifest)?;
        Ok(entry)
    }

    /// Recomputes the share of unknown test pictures and compares it with what is recorded; of the first `limit` alone it
    /// only gives it.
    ///
    /// # Errors
    /// [`WeightsError::Disagrees`] where it differs, or the file is another one.
    pub fn confirm_novelty(
        &self,
        data: &DataSet,
        limit: Option<usize>,
    ) -> Result<f64, WeightsError> {
        let entry = self.manifest()?.novelty;
        let entry = entry.ok_or_else(|| WeightsError::Missing {
            path: self.manifest_path(),
        })?;
        let disagrees = |what: &str, found: String, recorded: String| WeightsError::Disagrees {
            what: format!("{NAME}'s {what}"),
            found,
            recorded,
        };
        let hash = sha256(&self.bytes(NAME)?);
        if hash != entry.sha256 {
            return Err(disagrees("SHA-256", hash, entry.sha256));
        }
        let count = limit.unwrap_or(data.test.len());
        let found = unknown(&self.novelty()?, &data.test.first(count).images);
        if limit.is_none() && found != entry.test_unknown {
            let (found, recorded) = (found.to_string(), entry.test_unknown.to_string());
            return Err(disagrees("share of unknown test pictures", found, recorded));
        }
        Ok(found)
    }
}

/// How strange each picture is.
pub fn strangeness(novelty: &NoveltyDetector, pictures: &[Grey28]) -> Vec<f32> {
    let samples = pictures.par_iter().map(|p| Sample::new(p.clone()));
    samples.map(|sample| novelty.score(&sample)).collect()
}

/// The share of pictures that are none of the ten.
fn unknown(novelty: &NoveltyDetector, pictures: &[Grey28]) -> f64 {
    let all = strangeness(novelty, pictures);
    let strange = all.iter().filter(|&&s| s > 0.0).count();
    rounded(strange as f64 / all.len().max(1) as f64)
}
