//! A batch of files: what is known of each file, and whether the batch runs.

use std::collections::HashSet;

use leptos::prelude::*;
use protocol::{FileAnswer, WeightsFile};
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
    queue: StoredValue<Queue>,
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

/// Which files are next.
#[derive(Clone, Default)]
struct Queue {
    /// No file before this one waits. With `incomplete`, so that the whole batch is not searched each time.
    waiting: usize,
    /// No file before this one lacks anything of `available`.
    incomplete: usize,
    available: Available,
    /// The files that are with a worker.
    taken: HashSet<usize>,
    /// The files that were with a worker that terminated: each is classified alone, as one of them is to blame.
    suspects: HashSet<usize>,
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

    /// The weights files that are loaded.
    pub fn files(self) -> Vec<WeightsFile> {
        let is_loaded = |file: &WeightsFile| {
            let bit = match file {
                WeightsFile::Model(model) => 1 << *model as u16,
                WeightsFile::Ensemble => Self::ENSEMBLE,
                WeightsFile::Novelty => Self::NOVELTY,
                WeightsFile::PhotoNetwork => Self::PHOTO_NETWORK,
            };
            self.0 & bit != 0
        };
        WeightsFile::all().filter(is_loaded).collect()
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
            queue: StoredValue::default(),
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
        self.queue.set_value(Queue::default());
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

    /// Takes the next files, at most `count`: those that wait, then those that lack something of what is available. Files of one chunk
    /// have not more than `max_bytes` together, unless it is a single file. None of them is taken again before it is
    /// [`put_back`](Self::put_back).
    pub fn take(self, available: Available, count: usize, max_bytes: f64) -> Vec<usize> {
        let chunk = self.next(available, count, max_bytes);
        self.queue
            .update_value(|queue| queue.taken.extend(chunk.iter().copied()));
        chunk
    }

    /// Whether a file waits, or lacks something of what is available.
    pub fn has_next(self, available: Available) -> bool {
        !self.next(available, 1, 0.0).is_empty()
    }

    /// How many files wait, at most `count`.
    pub fn waiting(self, count: usize) -> usize {
        let items = self.items.read_untracked();
        let start = self.queue.with_value(|queue| queue.waiting);
        let is_waiting = |item: &&BatchItem| matches!(item.status, ItemStatus::Waiting);
        items
            .iter()
            .skip(start)
            .filter(is_waiting)
            .take(count)
            .count()
    }

    /// Puts files back that were [taken](Self::take), whatever has become of them.
    pub fn put_back(self, files: &[usize]) {
        self.queue.update_value(|queue| queue.put_back(files));
    }

    /// Records that a worker terminated while it had these files.
    pub fn suspect(self, files: &[usize]) {
        self.queue
            .update_value(|queue| queue.suspects.extend(files.iter().copied()));
    }

    fn next(self, available: Available, count: usize, max_bytes: f64) -> Vec<usize> {
        if self.is_stopped.get_untracked() || !available.has_model() {
            return Vec::new();
        }
        let size = |index| self.file(index).map_or(0.0, |file| file.size());
        let items = self.items.read_untracked();
        let mut chunk = Vec::new();
        self.queue.update_value(|queue| {
            chunk = queue.next(&items, available, count, max_bytes, size);
        });
        chunk
    }
}

impl Queue {
    fn put_back(&mut self, files: &[usize]) {
        for file in files {
            self.taken.remove(file);
            self.waiting = self.waiting.min(*file);
            self.incomplete = self.incomplete.min(*file);
        }
    }

    /// The next files. `size` gives a file's bytes.
    fn next(
        &mut self,
        items: &[BatchItem],
        available: Available,
        count: usize,
        max_bytes: f64,
        size: impl Fn(usize) -> f64,
    ) -> Vec<usize> {
        if self.available != available {
            self.available = available;
            self.incomplete = 0;
        }
        let chunk = |start: usize, is_next: &dyn Fn(&BatchItem) -> bool| {
            let candidates = items.iter().enumerate().skip(start);
            let candidates =
                candidates.filter(|(i, item)| is_next(item) && !self.taken.contains(i));
            let mut chunk = Vec::new();
            let mut bytes = 0.0;
            for (index, _) in candidates.take(count) {
                bytes += size(index);
                let is_suspect = self.suspects.contains(&index);
                if !chunk.is_empty() && (is_suspect || bytes > max_bytes) {
                    break;
                }
                chunk.push(index);
                if is_suspect {
                    break;
                }
            }
            chunk
        };
        let waiting = chunk(self.waiting, &|item| {
            matches!(item.status, ItemStatus::Waiting)
        });
        if let Some(first) = waiting.first() {
            self.waiting = *first;
            return waiting;
        }
        let incomplete = chunk(self.incomplete, &|item| {
            let predictions = item.status.predictions();
            predictions.is_some_and(|p| !p.are_complete(available))
        });
        self.waiting = items.len();
        self.incomplete = incomplete.first().copied().unwrap_or(items.len());
        incomplete
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

    /// The next files of a batch whose files have one byte each.
    fn take(queue: &mut Queue, items: &[BatchItem], available: Available) -> Vec<usize> {
        let chunk = queue.next(items, available, 3, 10.0, |_| 1.0);
        queue.taken.extend(chunk.iter().copied());
        chunk
    }

    #[test]
    fn no_file_is_taken_twice_before_it_is_put_back() {
        let cnn = Available::new(&[ModelId::Cnn], false, false, false);
        let two = Available::new(&[ModelId::Cnn, ModelId::Svm], false, false, false);
        let mut items = vec![BatchItem::default(); 5];
        let mut queue = Queue::default();
        assert_eq!(take(&mut queue, &items, cnn), [0, 1, 2]);
        assert_eq!(take(&mut queue, &items, cnn), [3, 4]);
        assert!(take(&mut queue, &items, cnn).is_empty());
        for item in &mut items {
            let predictions = ItemPredictions::new(answer(false), cnn).unwrap();
            item.status = ItemStatus::Answered(Box::new(predictions));
        }
        queue.put_back(&[0, 1, 2, 3, 4]);
        assert!(take(&mut queue, &items, cnn).is_empty());
        // The second model is loaded.
        assert_eq!(take(&mut queue, &items, two), [0, 1, 2]);
        queue.put_back(&[1]);
        assert_eq!(take(&mut queue, &items, two), [1, 3, 4]);
    }

    #[test]
    fn files_that_a_worker_terminated_with_are_taken_alone() {
        let cnn = Available::new(&[ModelId::Cnn], false, false, false);
        let items = vec![BatchItem::default(); 5];
        let mut queue = Queue::default();
        assert_eq!(take(&mut queue, &items, cnn), [0, 1, 2]);
        queue.suspects.extend([1, 2]);
        queue.put_back(&[0, 1, 2]);
        let taken: Vec<_> = (0..4).map(|_| take(&mut queue, &items, cnn)).collect();
        assert_eq!(taken, [vec![0], vec![1], vec![2], vec![3, 4]]);
    }

    #[test]
    fn the_files_of_what_is_available() {
        let models = [ModelId::Cnn, ModelId::Svm];
        let available = Available::new(&models, true, false, true);
        let expected = [
            WeightsFile::Model(ModelId::Cnn),
            WeightsFile::Model(ModelId::Svm),
            WeightsFile::Ensemble,
            WeightsFile::PhotoNetwork,
        ];
        let files = available.files();
        assert_eq!(files.len(), expected.len());
        assert!(
            expected.iter().all(|file| files.contains(file)),
            "{files:?}"
        );
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
