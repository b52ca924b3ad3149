//! The records beside the weights: `manifest.json` and `metrics/*.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::ModelId;
use shared::metrics::ConfusionMatrix;
use shared::model::{ensemble, novelty, photo_network};

use crate::evaluate::{Evaluation, Figures, LabelledReport, class_reports, digits};
use crate::fit::Recipe;
use crate::fit::checkpoint::EpochMetrics;
use crate::fit::distillation::TeacherRecord;
use crate::fit::photo_network::recipe::PhotoRecipe;
use crate::photos::photo_set::PhotoSetRecord;

/// All models' entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub models: Vec<Entry>,
    /// The ensemble; `None` before all seven models are trained.
    #[serde(default)]
    pub vote: Option<VoteEntry>,
    /// The novelty detector.
    #[serde(default)]
    pub novelty: Option<NoveltyEntry>,
    /// The photo network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoNetworkEntry>,
    /// The thumbnails of training images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnails: Option<ThumbnailsEntry>,
}

/// A model's weights file: recipe, provenance and figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub model: ModelId,
    /// The file's name, in the manifest's folder.
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    pub parameters: usize,
    pub recipe: Recipe,
    pub seed: u64,
    /// The training device, as in `trainer --device`.
    pub device: String,
    /// SHA-256 of the data set's decompressed files.
    pub data: BTreeMap<String, String>,
    /// The photos it was also trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<PhotoSetRecord>,
    pub duration_seconds: u64,
    /// Versions of the crates that affect the result, and the repository's revision.
    pub versions: BTreeMap<String, String>,
    /// The epoch chosen on the validation split; networks only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<usize>,
    /// The teachers of a network trained with distillation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<TeacherRecord>,
    /// The calibration temperature, fitted on the validation split.
    pub temperature: f64,
    /// Median time of a native prediction on one thread, in microseconds, without the features that the classical models
    /// share.
    pub micros: f64,
    /// Figures on the training split without augmentation and photos; networks only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<Figures>,
    pub validation: Figures,
    pub test: Figures,
}

/// The ensemble's weights file and figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoteEntry {
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    /// SHA-256 of the weights it was fitted on, by model.
    pub members: BTreeMap<ModelId, String>,
    /// The photos it was also fitted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<PhotoSetRecord>,
    /// The weight of each model.
    pub weights: BTreeMap<ModelId, f64>,
    /// Median time of an image's features, which the classical models share, on one thread, in microseconds.
    pub features_micros: f64,
    pub validation: Figures,
    pub test: Figures,
}

/// The novelty detector's file: provenance, and the share of garments that it refuses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoveltyEntry {
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    pub seed: u64,
    /// The photos it was also trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<PhotoSetRecord>,
    pub versions: BTreeMap<String, String>,
    /// The share of Fashion-MNIST's validation and test images that it refuses.
    pub validation_unknown: f64,
    pub test_unknown: f64,
}

/// The photo network's weights file: origin, provenance and figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoNetworkEntry {
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    pub parameters: usize,
    /// What the pretrained weights are, where they come from, and their licence.
    pub origin: String,
    pub licence: String,
    /// SHA-256 of the file with the pretrained weights.
    pub backbone: String,
    pub recipe: PhotoRecipe,
    pub seed: u64,
    pub photos: PhotoSetRecord,
    /// SHA-256 of the data set's decompressed files.
    pub data: BTreeMap<String, String>,
    pub duration_seconds: u64,
    pub versions: BTreeMap<String, String>,
    /// The side of the images that it classifies, in pixels.
    pub side: usize,
    /// The calibration temperature, fitted on the validation photos.
    pub temperature: f64,
    /// The share of right predictions on the validation photos, as the mean of the groups.
    pub validation_accuracy: f64,
}

/// The thumbnails' files, and the models whose points they are looked up for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ThumbnailsEntry {
    pub files: Vec<FileEntry>,
    /// SHA-256 of the weights, by model.
    pub models: BTreeMap<ModelId, String>,
}

/// A file beside the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
}

/// A model's detailed metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// A model's name, or the ensemble's.
    pub model: String,
    /// Rows are the true classes, in label order.
    pub confusion: ConfusionMatrix,
    pub classes: Vec<LabelledReport>,
    /// The predicted class of each test image, one digit each.
    pub answers: String,
    pub epochs: Vec<EpochMetrics>,
}

impl Metrics {
    /// The metrics of an evaluation on the test set; `epochs` is empty for a model that is not trained in epochs.
    pub fn new(model: &str, test: Evaluation, epochs: Vec<EpochMetrics>) -> Self {
        Self {
            model: model.into(),
            classes: class_reports(&test.confusion),
            answers: digits(&test.predicted),
            confusion: test.confusion,
            epochs,
        }
    }
}

impl Manifest {
    /// The entry of a model.
    pub fn entry(&self, model: ModelId) -> Option<&Entry> {
        self.models.iter().find(|e| e.model == model)
    }

    /// SHA-256 of every file of weights, by name.
    pub fn hashes(&self) -> BTreeMap<String, String> {
        let models = self.models.iter().map(|e| (e.model.name(), &e.sha256));
        let vote = self.vote.iter().map(|e| (ensemble::NAME, &e.sha256));
        let novelty = self.novelty.iter().map(|e| (novelty::NAME, &e.sha256));
        let photo = self.photo.iter().map(|e| (photo_network::NAME, &e.sha256));
        let all = models.chain(vote).chain(novelty).chain(photo);
        all.map(|(name, hash)| (name.into(), hash.clone()))
            .collect()
    }

    /// Inserts or replaces a model's entry; models stay in order. Thumbnails that were made for other weights are no longer recorded.
    pub fn insert(&mut self, entry: Entry) {
        let made_for = |t: &ThumbnailsEntry| {
            let recorded = t.models.get(&entry.model);
            recorded.is_none_or(|sha256| *sha256 == entry.sha256)
        };
        self.thumbnails = self.thumbnails.take().filter(made_for);
        self.models.retain(|e| e.model != entry.model);
        self.models.push(entry);
        self.models.sort_by_key(|e| e.model);
    }
}
