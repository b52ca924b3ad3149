//! A batch of files: what is known of each file, and whether the batch runs.

use leptos::prelude::*;
use shared::garment::CLASSES;
use shared::model::{Answer, PHOTO_CLASSES, argmax};
use shared::{Garment, Grey28, ModelId, Prediction};
use web_sys::File;

use super::stale_answers::RequestCounter;
use shared::image::RgbaImage;

/// Several files that are classified one after the other.
#[derive(Clone, Copy)]
pub struct BatchState {
    items: RwSignal<Vec<BatchItem>>,
    files: StoredValue<Vec<File>, LocalStorage>,
    /// Counts the batches; the answers for the files of an earlier batch are stale.
    batches: RequestCounter,
    /// The file that was shown last, and the number that it got as an image.
    shown: RwSignal<Option<(usize, u32)>>,
    is_running: RwSignal<bool>,
    is_stopped: RwSignal<bool>,
}

/// One file of a batch.
#[derive(Clone)]
pub struct BatchItem {
    /// The file's index in the batch.
    pub index: usize,
    pub name: String,
    pub status: ArcRwSignal<ItemStatus>,
}

/// What became of a file.
#[derive(Clone, Default)]
pub enum ItemStatus {
    #[default]
    Waiting,
    Answering,
    Answered(ItemPredictions),
    /// Why it has no predictions, as a sentence.
    Failed(String),
}

/// The predictions for a file: of the models whose weights were loaded at its turn, and of those loaded later.
#[derive(Clone)]
pub struct ItemPredictions {
    pub thumbnail: RgbaImage,
    pub grey: Grey28,
    pub predictions: Vec<Prediction>,
    /// The models that were asked; a model that failed is not asked again.
    pub requested: Vec<ModelId>,
    /// Whether the novelty detector accepts the image; `None` before it has checked it, and if it failed.
    pub is_known: Option<bool>,
    /// Whether the novelty detector was asked; it is not asked again after it has failed.
    pub is_checked: bool,
    /// The ensemble's probabilities, in label order.
    pub ensemble: Option<[f32; CLASSES]>,
    /// How many predictions the ensemble combines.
    pub combined: usize,
    /// Whether it is a photo, which the photo network can classify.
    pub is_photo: bool,
    /// Whether the photo's background is plain.
    pub is_plain: bool,
    /// Whether the photo network was asked; it is not asked again after it has failed.
    pub is_photo_requested: bool,
    /// The photo network's probabilities.
    pub photo: Option<[f32; PHOTO_CLASSES]>,
}

/// What is loaded and can classify a file.
#[derive(Clone, PartialEq)]
pub struct Available {
    pub models: Vec<ModelId>,
    pub ensemble: bool,
    pub novelty: bool,
    pub photo_network: bool,
}

impl Default for BatchState {
    fn default() -> Self {
        Self {
            items: RwSignal::default(),
            files: StoredValue::new_local(Vec::new()),
            batches: RequestCounter::default(),
            shown: RwSignal::default(),
            is_running: RwSignal::default(),
            is_stopped: RwSignal::default(),
        }
    }
}

impl BatchState {
    /// Replaces the batch by these files with their names.
    pub fn replace(self, files: Vec<File>, names: Vec<String>) {
        self.batches.next();
        let items = names
            .into_iter()
            .enumerate()
            .map(|(index, name)| BatchItem {
                index,
                name,
                status: ArcRwSignal::default(),
            });
        self.items.set(items.collect());
        self.files.set_value(files);
        self.is_stopped.set(false);
        self.is_running.set(false);
    }

    /// The batch's number.
    pub fn number(self) -> u32 {
        self.batches.latest()
    }

    /// Whether another batch has replaced the one of that number.
    pub fn is_stale(self, batch: u32) -> bool {
        self.batches.is_stale(batch)
    }

    pub fn items(self) -> ReadSignal<Vec<BatchItem>> {
        self.items.read_only()
    }

    pub fn file(self, index: usize) -> Option<File> {
        self.files.with_value(|files| files.get(index).cloned())
    }

    /// Whether one of the files is known to be a photo.
    pub fn has_photo(self) -> bool {
        let is_photo = |i: &BatchItem| {
            i.status
                .with(|s| s.predictions().is_some_and(|p| p.is_photo))
        };
        self.items.with(|items| items.iter().any(is_photo))
    }

    /// How many files have predictions or an error.
    pub fn done(self) -> usize {
        self.items.with(|items| {
            let done = |i: &&BatchItem| i.status.with(ItemStatus::is_done);
            items.iter().filter(done).count()
        })
    }

    /// Whether the batch runs now.
    pub fn is_running(self) -> bool {
        self.is_running.get()
    }

    pub fn set_running(self, is_running: bool) {
        self.is_running.set(is_running);
    }

    /// Whether the visitor has stopped the batch.
    pub fn is_stopped(self) -> bool {
        self.is_stopped.get()
    }

    pub fn set_stopped(self, is_stopped: bool) {
        self.is_stopped.set(is_stopped);
    }

    /// Records that a file is shown as the image of that number.
    pub fn set_shown(self, index: usize, image: u32) {
        self.shown.set(Some((index, image)));
    }

    /// Whether a file is the photo of that number.
    pub fn is_shown(self, index: usize, photo: Option<u32>) -> bool {
        self.shown
            .get()
            .is_some_and(|(shown, number)| shown == index && photo == Some(number))
    }

    /// The next file: those that wait, then those that lack a model, the ensemble, the novelty detector or the photo network that was loaded later.
    pub fn next(self, available: &Available) -> Option<BatchItem> {
        if self.is_stopped.get_untracked() || available.models.is_empty() {
            return None;
        }
        self.items.with_untracked(|items| {
            let is_new = |i: &&BatchItem| i.status.with_untracked(|s| !s.is_done());
            let is_incomplete = |i: &&BatchItem| {
                i.status
                    .with_untracked(|s| s.predictions().is_some_and(|p| !p.are_complete(available)))
            };
            let mut new = items.iter().filter(is_new);
            let mut incomplete = items.iter().filter(is_incomplete);
            new.next().or_else(|| incomplete.next()).cloned()
        })
    }
}

impl ItemStatus {
    /// The status in exported files, and the value of `data-state`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Answering => "answering",
            Self::Answered(_) => "answered",
            Self::Failed(_) => "error",
        }
    }

    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Answered(_) | Self::Failed(_))
    }

    pub const fn predictions(&self) -> Option<&ItemPredictions> {
        match self {
            Self::Answered(predictions) => Some(predictions),
            _ => None,
        }
    }
}

impl ItemPredictions {
    /// No predictions yet.
    pub const fn new(thumbnail: RgbaImage, grey: Grey28) -> Self {
        Self {
            thumbnail,
            grey,
            predictions: Vec::new(),
            requested: Vec::new(),
            is_known: None,
            is_checked: false,
            ensemble: None,
            combined: 0,
            is_photo: false,
            is_plain: false,
            is_photo_requested: false,
            photo: None,
        }
    }

    /// The ensemble's class and confidence.
    pub fn ensemble(&self) -> Option<(Garment, f32)> {
        let probabilities = self.ensemble?;
        let best = argmax(&probabilities);
        Some((Garment::ALL[best], probabilities[best]))
    }

    /// What is said of the image; `None` without the ensemble.
    pub fn answer(&self) -> Option<Answer> {
        let vote = self.ensemble?;
        let is_accepted = self.is_known.unwrap_or(true);
        Some(match &self.photo {
            Some(photo) => Answer::from_photo(&vote, is_accepted, photo, self.is_plain),
            None => Answer::from_vote(&vote, is_accepted),
        })
    }

    /// Whether the image is one of the ten classes; `None` before that is checked.
    pub fn known(&self) -> Option<bool> {
        let answer = self.answer().filter(|_| self.photo.is_some());
        answer.map_or(self.is_known, |answer| Some(answer.is_known))
    }

    /// Whether the photo network is loaded and was not asked about the photo.
    pub fn lacks_photo(&self, available: &Available) -> bool {
        available.photo_network && self.is_photo && !self.is_photo_requested
    }

    /// A model's class and confidence.
    pub fn model(&self, model: ModelId) -> Option<(Garment, f32)> {
        let prediction = self.predictions.iter().find(|p| p.model == model)?;
        Some((prediction.garment(), prediction.confidence()))
    }

    /// Whether nothing that is available is missing here.
    pub fn are_complete(&self, available: &Available) -> bool {
        let all_requested = available.models.iter().all(|m| self.requested.contains(m));
        all_requested
            && (!available.ensemble || self.combined == self.predictions.len())
            && (!available.novelty || self.is_checked)
            && !self.lacks_photo(available)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_complete_when_everything_available_was_asked() {
        let available = |models: &[ModelId], ensemble, novelty| Available {
            models: models.to_vec(),
            ensemble,
            novelty,
            photo_network: true,
        };
        let blank = RgbaImage::default();
        let mut item = ItemPredictions::new(blank, Grey28::new([0; 784]));
        assert!(item.are_complete(&available(&[], true, false)));
        assert!(!item.are_complete(&available(&[ModelId::Cnn], false, false)));
        item.requested.push(ModelId::Cnn);
        item.predictions.push(Prediction {
            model: ModelId::Cnn,
            probabilities: core::array::from_fn(|i| if i == 8 { 0.91 } else { 0.01 }),
        });
        assert!(item.are_complete(&available(&[ModelId::Cnn], false, false)));
        assert!(!item.are_complete(&available(&[ModelId::Cnn], true, false)));
        item.combined = 1;
        assert!(item.are_complete(&available(&[ModelId::Cnn], true, false)));
        assert!(!item.are_complete(&available(&[ModelId::Cnn], true, true)));
        item.is_checked = true;
        assert!(item.are_complete(&available(&[ModelId::Cnn], true, true)));
        assert_eq!(item.model(ModelId::Cnn), Some((Garment::Bag, 0.91)));
        assert_eq!(item.model(ModelId::Svm), None);
        item.is_photo = true;
        assert!(!item.are_complete(&available(&[ModelId::Cnn], true, true)));
        item.is_photo = false;
        // A model that was loaded later.
        assert!(!item.are_complete(&available(&[ModelId::Cnn, ModelId::Svm], true, false)));
    }
}
