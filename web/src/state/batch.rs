//! A batch of files: what is known of each file, and whether the batch runs.

use leptos::prelude::*;
use protocol::FileAnswer;
use shared::garment::CLASSES;
use shared::model::{Answer, PHOTO_CLASSES, argmax};
use shared::{Garment, Grey28, ModelId, Prediction};
use web_sys::File;

use super::stale_answers::RequestCounter;
use crate::file_name::FileName;

/// Several files that are classified one after the other.
#[derive(Clone, Copy)]
pub struct BatchState {
    /// One signal for all files: a signal for each would make every update as slow as the batch is long.
    items: RwSignal<Vec<BatchItem>>,
    files: StoredValue<Vec<File>, LocalStorage>,
    /// What the visitor should know of the chosen files.
    notes: StoredValue<BatchNotes>,
    /// Counts the batches; the answers for the files of an earlier batch are stale.
    batches: RequestCounter,
    /// The number of the batch on the page.
    current: RwSignal<Option<u32>>,
    cursors: StoredValue<Cursors>,
    /// The file that was shown last, and the number that it got as an image.
    shown: RwSignal<Option<(usize, u32)>>,
    has_photo: RwSignal<bool>,
    is_running: RwSignal<bool>,
    is_stopped: RwSignal<bool>,
}

/// One file of a batch.
#[derive(Clone, Debug, Default)]
pub struct BatchItem {
    pub name: FileName,
    /// The class that its folder is named after.
    pub folder_class: Option<Garment>,
    /// The true class, if the visitor has corrected it.
    pub correction: Option<Garment>,
    pub status: ItemStatus,
    /// Changes with each change of the item.
    pub revision: u32,
}

/// Sentences about the chosen files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchNotes {
    /// Which files were left out, and why.
    pub left_out: Option<String>,
    /// Which folders are not named after a class.
    pub folders: Option<String>,
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub enum ItemStatus {
    #[default]
    Waiting,
    Answering,
    Answered(Box<ItemPredictions>),
    /// Why it has no predictions, as a sentence.
    Failed(String),
}

/// The predictions for a file: of what was loaded at its turn, and of what was loaded later.
#[derive(Clone, Debug)]
pub struct ItemPredictions {
    pub grey: Grey28,
    pub predictions: Vec<Prediction>,
    /// What was asked; what has failed is not asked again.
    pub asked: Available,
    /// Whether the novelty detector accepts the image; `None` before it has checked it, and if it failed.
    pub is_accepted: Option<bool>,
    /// The ensemble's probabilities, in label order.
    pub ensemble: Option<[f32; CLASSES]>,
    /// Whether it is a photo, which the photo network can classify.
    pub is_photo: bool,
    /// Whether the photo's background is plain.
    pub is_plain: bool,
    /// Whether parts of the file are damaged or missing.
    pub is_damaged: bool,
    /// The photo network's probabilities.
    pub photo: Option<[f32; PHOTO_CLASSES]>,
}

/// What is loaded and can classify a file, as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Available(u16);

/// Where the next files are looked for, so that the whole batch is not searched each time.
#[derive(Clone, Copy, Default)]
struct Cursors {
    /// No file before this one waits.
    waiting: usize,
    /// No file before this one lacks anything of `available`.
    incomplete: usize,
    available: Available,
}

impl Available {
    const ENSEMBLE: u16 = 1 << 8;
    const NOVELTY: u16 = 1 << 9;
    const PHOTO_NETWORK: u16 = 1 << 10;

    pub fn new(models: &[ModelId], ensemble: bool, novelty: bool, photo_network: bool) -> Self {
        let models = models
            .iter()
            .fold(0, |bits, model| bits | 1 << *model as u16);
        let bit = |is_set: bool, bit: u16| if is_set { bit } else { 0 };
        Self(
            models
                | bit(ensemble, Self::ENSEMBLE)
                | bit(novelty, Self::NOVELTY)
                | bit(photo_network, Self::PHOTO_NETWORK),
        )
    }

    const fn has_model(self) -> bool {
        self.0 & (Self::ENSEMBLE - 1) != 0
    }
}

impl Default for BatchState {
    fn default() -> Self {
        Self {
            items: RwSignal::default(),
            files: StoredValue::new_local(Vec::new()),
            notes: StoredValue::default(),
            batches: RequestCounter::default(),
            current: RwSignal::default(),
            cursors: StoredValue::default(),
            shown: RwSignal::default(),
            has_photo: RwSignal::default(),
            is_running: RwSignal::default(),
            is_stopped: RwSignal::default(),
        }
    }
}

impl BatchState {
    /// Replaces the batch by these files, one for each item; by none, there is no batch.
    pub fn replace(self, files: Vec<File>, items: Vec<BatchItem>, notes: BatchNotes) {
        let number = self.batches.next();
        let current = (!items.is_empty()).then_some(number);
        self.files.set_value(files);
        self.notes.set_value(notes);
        self.cursors.set_value(Cursors::default());
        self.items.set(items);
        self.has_photo.set(false);
        self.is_stopped.set(false);
        self.is_running.set(false);
        self.current.set(current);
    }

    /// The number of the latest batch.
    pub fn number(self) -> u32 {
        self.batches.latest()
    }

    /// The number of the batch on the page, if there is one.
    pub fn current(self) -> ReadSignal<Option<u32>> {
        self.current.read_only()
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

    pub fn notes(self) -> BatchNotes {
        self.notes.get_value()
    }

    /// Whether one of the files is known to be a photo.
    pub fn has_photo(self) -> bool {
        self.has_photo.get()
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

    /// The file that is the photo of that number.
    pub fn shown(self, photo: Option<u32>) -> Option<usize> {
        let (index, number) = self.shown.get()?;
        (photo == Some(number)).then_some(index)
    }

    /// Sets the status of some files, in one update.
    pub fn set_statuses(self, statuses: Vec<(usize, ItemStatus)>) {
        let is_photo = |s: &ItemStatus| s.predictions().is_some_and(|p| p.is_photo);
        if !self.has_photo.get_untracked() && statuses.iter().any(|(_, s)| is_photo(s)) {
            self.has_photo.set(true);
        }
        let waiting = statuses
            .iter()
            .filter(|(_, s)| matches!(s, ItemStatus::Waiting));
        if let Some(first) = waiting.map(|(index, _)| *index).min() {
            self.cursors
                .update_value(|c| c.waiting = c.waiting.min(first));
        }
        self.items.update(|items| {
            for (index, status) in statuses {
                if let Some(item) = items.get_mut(index) {
                    item.status = status;
                    item.revision += 1;
                }
            }
        });
    }

    /// Corrects the true class of a file, or with `None` removes the correction. Returns the correction before.
    pub fn correct(self, index: usize, class: Option<Garment>) -> Option<Garment> {
        let mut before = None;
        self.items.update(|items| {
            if let Some(item) = items.get_mut(index) {
                before = std::mem::replace(&mut item.correction, class);
                item.revision += 1;
            }
        });
        before
    }

    /// The next files, at most `count`: those that wait, then those that lack something of what is available. Files of one chunk have not
    /// more than `max_bytes` together, unless it is a single file.
    pub fn next(self, available: Available, count: usize, max_bytes: f64) -> Vec<usize> {
        if self.is_stopped.get_untracked() || !available.has_model() {
            return Vec::new();
        }
        let mut cursors = self.cursors.get_value();
        if cursors.available != available {
            cursors.available = available;
            cursors.incomplete = 0;
        }
        let chunk = self.items.with_untracked(|items| {
            let mut chunk = Vec::new();
            let mut bytes = 0.0;
            let mut has_room = |index: usize, chunk: &Vec<usize>| {
                bytes += self.file(index).map_or(0.0, |file| file.size());
                chunk.len() < count && (chunk.is_empty() || bytes <= max_bytes)
            };
            let is_waiting = |item: &BatchItem| matches!(item.status, ItemStatus::Waiting);
            let lacks = |item: &BatchItem| {
                let predictions = item.status.predictions();
                predictions.is_some_and(|p| !p.are_complete(available))
            };
            let start = items.iter().skip(cursors.waiting).position(is_waiting);
            cursors.waiting = start.map_or(items.len(), |start| cursors.waiting + start);
            for (index, item) in items.iter().enumerate().skip(cursors.waiting) {
                if is_waiting(item) {
                    if !has_room(index, &chunk) {
                        break;
                    }
                    chunk.push(index);
                }
            }
            if chunk.is_empty() {
                let start = items.iter().skip(cursors.incomplete).position(lacks);
                cursors.incomplete = start.map_or(items.len(), |s| cursors.incomplete + s);
                for (index, item) in items.iter().enumerate().skip(cursors.incomplete) {
                    if lacks(item) {
                        if !has_room(index, &chunk) {
                            break;
                        }
                        chunk.push(index);
                    }
                }
            }
            chunk
        });
        self.cursors.set_value(cursors);
        chunk
    }
}

impl BatchItem {
    /// The true class: the visitor's correction, or the class that the folder is named after.
    pub fn true_class(&self) -> Option<Garment> {
        self.correction.or(self.folder_class)
    }

    /// Whether the answer's class is the true class; `None` without an answer or a true class.
    pub fn is_right(&self) -> Option<bool> {
        let truth = self.true_class()?;
        let answer = self.status.predictions()?.answer()?;
        Some(answer.class.garment() == Some(truth))
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

    pub fn predictions(&self) -> Option<&ItemPredictions> {
        match self {
            Self::Answered(predictions) => Some(predictions),
            _ => None,
        }
    }
}

impl ItemPredictions {
    /// From the engine's answer; `None` if its image is not valid. `asked` is what was loaded when the file was sent.
    pub fn new(answer: FileAnswer, asked: Available) -> Option<Self> {
        Some(Self {
            grey: answer.grey.grey()?,
            predictions: answer.predictions,
            asked,
            is_accepted: answer.is_known,
            ensemble: answer.ensemble,
            is_photo: answer.is_photo,
            is_plain: answer.is_plain,
            is_damaged: answer.is_damaged,
            photo: answer.photo,
        })
    }

    /// The predictions for the same image by more models. What is known of the file itself stays.
    pub fn completed(self, later: Self) -> Self {
        Self {
            predictions: later.predictions,
            asked: later.asked,
            is_accepted: later.is_accepted.or(self.is_accepted),
            ensemble: later.ensemble.or(self.ensemble),
            ..self
        }
    }

    /// How many predictions the ensemble combines.
    pub fn voters(&self) -> usize {
        self.ensemble.map_or(0, |_| self.predictions.len())
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
        let is_accepted = self.is_accepted.unwrap_or(true);
        Some(match &self.photo {
            Some(photo) => Answer::from_photo(&vote, is_accepted, photo, self.is_plain),
            None => Answer::from_vote(&vote, is_accepted),
        })
    }

    /// Whether the image is one of the ten classes; `None` before that is checked.
    pub fn known(&self) -> Option<bool> {
        let answer = self.answer().filter(|_| self.photo.is_some());
        answer.map_or(self.is_accepted, |answer| Some(answer.is_known))
    }

    /// Whether the novelty detector was asked.
    pub const fn is_checked(&self) -> bool {
        self.asked.0 & Available::NOVELTY != 0
    }

    /// A model's prediction.
    pub fn prediction(&self, model: ModelId) -> Option<&Prediction> {
        self.predictions.iter().find(|p| p.model == model)
    }

    /// Whether the photo network is loaded and was not asked about the photo.
    pub const fn lacks_photo(&self, available: Available) -> bool {
        self.is_photo && available.0 & !self.asked.0 & Available::PHOTO_NETWORK != 0
    }

    /// Whether nothing that is available is missing here.
    pub const fn are_complete(&self, available: Available) -> bool {
        available.0 & !self.asked.0 & !Available::PHOTO_NETWORK == 0 && !self.lacks_photo(available)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Pixels;

    fn answer(is_photo: bool) -> FileAnswer {
        FileAnswer {
            grey: Pixels::from(&Grey28::new([0; 784])),
            is_photo,
            is_plain: false,
            is_damaged: false,
            predictions: Vec::new(),
            is_known: None,
            ensemble: None,
            photo: None,
        }
    }

    #[test]
    fn predictions_are_complete_when_everything_available_was_asked() {
        let none = Available::default();
        let cnn = Available::new(&[ModelId::Cnn], false, false, false);
        let vote = Available::new(&[ModelId::Cnn], true, false, false);
        let checked = Available::new(&[ModelId::Cnn], true, true, false);
        let photo = Available::new(&[ModelId::Cnn], true, true, true);
        let two = Available::new(&[ModelId::Cnn, ModelId::Svm], true, true, false);
        let item = |asked, is_photo| ItemPredictions::new(answer(is_photo), asked).unwrap();
        assert!(item(none, false).are_complete(none));
        assert!(!item(none, false).are_complete(cnn));
        assert!(item(cnn, false).are_complete(cnn));
        assert!(!item(cnn, false).are_complete(vote));
        assert!(!item(vote, false).are_complete(checked));
        // Only a photo lacks the photo network.
        assert!(item(checked, false).are_complete(photo));
        assert!(!item(checked, true).are_complete(photo));
        assert!(item(photo, true).are_complete(photo));
        // A model that was loaded later.
        assert!(!item(photo, true).are_complete(two));
        // What is not loaded any more, after a restart, does not matter.
        assert!(item(two, false).are_complete(cnn));
        assert!(cnn.has_model() && !Available::new(&[], true, true, true).has_model());
    }

    #[test]
    fn a_correction_counts_before_the_folder() {
        let mut item = BatchItem {
            folder_class: Some(Garment::Shirt),
            ..BatchItem::default()
        };
        assert_eq!(
            (item.true_class(), item.is_right()),
            (Some(Garment::Shirt), None)
        );
        let mut vote = [0.0; CLASSES];
        vote[Garment::Coat.index()] = 1.0;
        let mut predictions = ItemPredictions::new(answer(false), Available::default()).unwrap();
        predictions.ensemble = Some(vote);
        item.status = ItemStatus::Answered(Box::new(predictions));
        assert_eq!(item.is_right(), Some(false));
        item.correction = Some(Garment::Coat);
        assert_eq!(item.is_right(), Some(true));
        item.folder_class = None;
        item.correction = None;
        assert_eq!(item.is_right(), None);
    }
}
