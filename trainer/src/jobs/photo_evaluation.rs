//! Evaluation on real photos: segmentation overlap, accuracy, the page's headline, and the share that the novelty detector
//! refuses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use photo::{PhotoError, Prepared, decode, prepare};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::features::orientation::mirrored;
use shared::image::{PIXELS, RgbaImage};
use shared::model::{
    Answer, Ensemble, NoveltyDetector, PHOTO_CLASSES, PhotoClass, Prediction, answer, argmax,
    ensemble, photo_network,
};
use shared::{Garment, Grey28, ModelId};
use thiserror::Error;

use super::JobError;
use super::ensemble::predictions;
use super::novelty::scores;
use crate::data::Examples;
use crate::evaluate::rounded;
use crate::photos::listing::{
    LabelledPhoto, PhotoGroup, PhotoSplit, PhotosError, list_photos, sorted_entries,
};
use crate::photos::outline;
use crate::predict::{PredictError, PreparedFile};
use crate::weights_store::{StoreError, WeightsStore};

/// Why the weights could not be evaluated on photos.
#[derive(Debug, Error)]
pub enum PhotoEvaluationError {
    #[error(transparent)]
    Photos(#[from] PhotosError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Job(#[from] JobError),
    #[error(transparent)]
    Predict(#[from] PredictError),
}

/// The name of the record in the folder `metrics`.
const RECORD: &str = "photos";

/// The recorded figures; `None` if there are none, or if they belong to other weights than those in the store.
///
/// # Errors
/// The file is damaged.
pub fn recorded(store: &WeightsStore) -> Result<Option<PhotoFigures>, StoreError> {
    let figures: Option<PhotoFigures> = store.read_metrics_file(RECORD)?;
    let hashes = store.hashes()?;
    Ok(figures.filter(|f| f.weights == hashes))
}

/// Writes the figures to the store.
///
/// # Errors
/// The file cannot be written.
pub fn record(store: &WeightsStore, figures: &PhotoFigures) -> Result<(), StoreError> {
    store.write_metrics_file(RECORD, figures)
}

/// The figures of one split of a folder of photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoFigures {
    /// SHA-256 of the evaluated weights, by name.
    pub weights: BTreeMap<String, String>,
    pub photos: usize,
    /// The number of outlines drawn by hand whose photos are in the folder.
    pub outlines: usize,
    /// Intersection over union of the segmentation masks with these outlines: mean and minimum.
    pub overlap: f64,
    #[serde(rename = "least_overlap")]
    pub min_overlap: f64,
    /// Of each model and of the ensemble.
    #[serde(rename = "answers")]
    pub accuracies: Vec<GroupAccuracies>,
    /// Of the test images, of each group, and of each folder of other images.
    #[serde(rename = "unknown")]
    pub refusals: Vec<Refusals>,
    /// Of the test images, of their mirror images, of each group of photos, and of each kind of case.
    #[serde(default)]
    pub headlines: Vec<Headlines>,
    /// The share of images that the answer does not call known, by kind.
    #[serde(default)]
    pub answer_refusals: BTreeMap<String, f64>,
}

/// How often the page's headline is right on one kind of images: the answer's class is right, and it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Headlines {
    pub kind: String,
    pub images: usize,
    /// The share of images whose class the ensemble predicts.
    #[serde(rename = "correct")]
    pub vote: f64,
    /// The share of images whose class is the answer's.
    #[serde(default)]
    pub answer: f64,
    /// The share of images that are known.
    pub known: f64,
    /// The share of images whose class is the answer's, and which are known.
    pub headline: f64,
}

/// Folders with more images to evaluate, which belong to no data set.
#[derive(Clone, Copy, Debug, Default)]
pub struct OtherImages<'a> {
    /// A folder of folders with images of other things than clothes.
    pub none_of_ten: Option<&'a Path>,
    /// A folder of cases: files named `KIND_CLASS` and more, such as `60_boot_frame.png` or `60_boot_frame_2.png`.
    pub cases: Option<&'a Path>,
}

/// The accuracy of a model, or of the ensemble, on each group of photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupAccuracies {
    pub model: String,
    /// By the group's name.
    pub groups: BTreeMap<String, f64>,
    /// The mean over the groups.
    pub mean: f64,
}

/// The share of one kind of images that the novelty detector refuses as none of the ten classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusals {
    pub kind: String,
    #[serde(rename = "pictures")]
    pub images: usize,
    pub share: f64,
    /// The area under the ROC curve against the test images: the probability that an image of this kind has a higher novelty
    /// score than a test image.
    #[serde(rename = "area")]
    pub auc: f64,
}

/// Evaluates the weights on one split of a folder of photos, and on other images.
///
/// # Errors
/// Weights are missing or damaged, there are no photos, or a file cannot be read.
pub fn evaluate(
    store: &WeightsStore,
    test: &Examples,
    folder: &Path,
    split: PhotoSplit,
    others: OtherImages,
) -> Result<PhotoFigures, PhotoEvaluationError> {
    let all = list_photos(folder)?;
    let overlaps = overlaps(&all)?;
    let photos: Vec<LabelledPhoto> = all.into_iter().filter(|p| p.split == split).collect();
    let judge = Judge {
        store,
        detector: store.novelty()?,
        ensemble: store.ensemble()?,
        photo_network: store.photo_network()?.is_some(),
    };
    let inputs: Result<Vec<Input>, PhotoEvaluationError> = photos
        .par_iter()
        .map(|photo| Ok(Input::from_file(&photo.read()?)))
        .collect();
    let of_photos = judge.judge(inputs?)?;
    let of_test = judge.judge(test.images.iter().cloned().map(Input::from_grey).collect())?;
    let mirror = test.images.iter().map(mirrored).map(Input::from_grey);
    let of_mirror = judge.judge(mirror.collect())?;
    let test_scores: Vec<f32> = of_test.iter().map(|j| j.score).collect();
    let mut refusals = vec![Refusals::new("test pictures", &test_scores, &test_scores)];
    let mut answer_refusals = BTreeMap::new();
    for group in PhotoGroup::ALL {
        let of_group = photos
            .iter()
            .zip(&of_photos)
            .filter(|(p, _)| p.group == group);
        let of_group: Vec<&Judged> = of_group.map(|(_, judged)| judged).collect();
        refusals.push(Refusals::of(group.name(), &of_group, &test_scores));
        answer_refusals.insert(group.name().into(), refused(&of_group));
    }
    if let Some(others) = others.none_of_ten {
        let folders = sorted_entries(others)?.into_iter().filter(|p| p.is_dir());
        for folder in folders {
            let Some(name) = folder.file_name() else {
                continue;
            };
            let mut files = sorted_entries(&folder)?;
            files.retain(|p| p.is_file());
            let judged = judge.judge_files(&files)?;
            let judged: Vec<&Judged> = judged.iter().collect();
            let name = name.to_string_lossy();
            refusals.push(Refusals::of(&name, &judged, &test_scores));
            answer_refusals.insert(name.into_owned(), refused(&judged));
        }
    }
    refusals.retain(|r| r.images > 0);
    let mut headlines = Vec::new();
    let single = |labels: &[Garment]| labels.iter().map(|l| vec![*l]).collect::<Vec<_>>();
    for (kind, judged) in [
        ("test images", &of_test),
        ("their mirror images", &of_mirror),
    ] {
        let judged: Vec<&Judged> = judged.iter().collect();
        headlines.push(Headlines::new(kind, &judged, &single(&test.labels)));
    }
    for group in PhotoGroup::ALL {
        if group.classes().is_empty() {
            continue;
        }
        let of_group = photos
            .iter()
            .zip(&of_photos)
            .filter(|(p, _)| p.group == group);
        let of_group: Vec<&Judged> = of_group.map(|(_, judged)| judged).collect();
        let classes = vec![group.classes().to_vec(); of_group.len()];
        headlines.push(Headlines::new(group.name(), &of_group, &classes));
    }
    if let Some(cases) = others.cases {
        for (kind, files) in case_kinds(cases)? {
            let (paths, labels): (Vec<PathBuf>, Vec<Garment>) = files.into_iter().unzip();
            let judged = judge.judge_files(&paths)?;
            let judged: Vec<&Judged> = judged.iter().collect();
            headlines.push(Headlines::new(&kind, &judged, &single(&labels)));
        }
    }
    headlines.retain(|h| h.images > 0);
    Ok(PhotoFigures {
        weights: store.hashes()?,
        photos: photos.len(),
        outlines: overlaps.len(),
        overlap: rounded(overlaps.iter().sum::<f64>() / overlaps.len().max(1) as f64),
        min_overlap: rounded(overlaps.iter().copied().fold(1.0, f64::min)),
        accuracies: accuracies(&photos, &of_photos),
        refusals,
        headlines,
        answer_refusals,
    })
}

/// The photo after the pipeline, or why the pipeline refuses it.
fn preprocess(photo: &LabelledPhoto) -> Result<Result<Prepared, PhotoError>, PhotosError> {
    let bytes = photo.read()?;
    Ok(decode(&bytes).and_then(|photo| prepare(&photo)))
}

/// What the models see of an image.
struct Input {
    /// Black where the photo pipeline refuses the file.
    grey: Grey28,
    /// The photo network's input; `None` for a 28x28 image, and where the photo pipeline refuses the file.
    square: Option<RgbaImage>,
    is_plain: bool,
    is_refused: bool,
}

impl Input {
    fn from_grey(grey: Grey28) -> Self {
        Self {
            grey,
            square: None,
            is_plain: false,
            is_refused: false,
        }
    }

    /// The input for the bytes of a file, as the page prepares it.
    fn from_file(bytes: &[u8]) -> Self {
        let file = decode(bytes).map_err(PredictError::from);
        match file.and_then(PreparedFile::new) {
            Ok(file) => Self {
                grey: file.prepared.grey,
                square: file.square,
                is_plain: file.prepared.is_plain,
                is_refused: false,
            },
            Err(_) => Self {
                is_refused: true,
                ..Self::from_grey(Grey28::new([0; PIXELS]))
            },
        }
    }
}

/// What everything says of an image.
struct Judged {
    members: [Prediction; ModelId::ALL.len()],
    vote: Garment,
    /// The novelty score: above 0 the detector refuses the image.
    score: f32,
    /// The photo network's class.
    photo: Option<PhotoClass>,
    answer: Answer,
}

/// What decides the page's headline.
struct Judge<'a> {
    store: &'a WeightsStore,
    detector: NoveltyDetector,
    ensemble: Ensemble,
    /// Whether there are weights of the photo network.
    photo_network: bool,
}

impl Judge<'_> {
    fn judge_files(&self, files: &[PathBuf]) -> Result<Vec<Judged>, PhotoEvaluationError> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| PhotosError::Read {
                path: path.clone(),
                source,
            })
        };
        let inputs: Result<Vec<Input>, PhotosError> = files
            .par_iter()
            .map(|path| Ok(Input::from_file(&read(path)?)))
            .collect();
        self.judge(inputs?)
    }

    fn judge(&self, inputs: Vec<Input>) -> Result<Vec<Judged>, PhotoEvaluationError> {
        let images: Vec<Grey28> = inputs.iter().map(|input| input.grey.clone()).collect();
        let members = predictions(self.store, &unlabelled(&images))?;
        let scores = scores(&self.detector, &images);
        let photos = self.photo_probabilities(&inputs)?;
        let rest = scores.into_iter().zip(photos);
        let judged = inputs.iter().zip(members).zip(rest);
        Ok(judged
            .map(|((input, members), (score, photo))| {
                let vote = self.ensemble.combine(&members);
                let vote = vote.expect("invariant: there are seven predictions");
                let score = if input.is_refused {
                    f32::INFINITY
                } else {
                    score
                };
                let is_accepted = score <= 0.0;
                Judged {
                    members,
                    vote: Garment::ALL[argmax(&vote)],
                    score,
                    photo: photo.as_ref().map(PhotoClass::most_likely),
                    answer: photo.map_or_else(
                        || Answer::from_vote(&vote, is_accepted),
                        |photo| Answer::from_photo(&vote, is_accepted, &photo, input.is_plain),
                    ),
                }
            })
            .collect())
    }

    /// The photo network's probabilities for each photo.
    fn photo_probabilities(
        &self,
        inputs: &[Input],
    ) -> Result<Vec<Option<[f32; PHOTO_CLASSES]>>, StoreError> {
        if !self.photo_network || inputs.iter().all(|input| input.square.is_none()) {
            return Ok(vec![None; inputs.len()]);
        }
        // A part for each thread, each with a network of its own.
        let part = inputs.len().div_ceil(rayon::current_num_threads()).max(1);
        let parts: Result<Vec<Vec<_>>, StoreError> = inputs
            .par_chunks(part)
            .map(|inputs| {
                let mut network = self.store.photo_network()?;
                let classify = |input: &Input| {
                    let (network, square) = network.as_mut().zip(input.square.as_ref())?;
                    Some(network.classify(square))
                };
                Ok(inputs.iter().map(classify).collect())
            })
            .collect();
        Ok(parts?.concat())
    }
}

/// The share of images that the answer does not call known.
fn refused(judged: &[&Judged]) -> f64 {
    let refused = judged.iter().filter(|j| !j.answer.is_known).count();
    rounded(refused as f64 / judged.len().max(1) as f64)
}

impl Headlines {
    /// The figures of images, each with the classes that are right.
    fn new(kind: &str, judged: &[&Judged], classes: &[Vec<Garment>]) -> Self {
        let share = |is_counted: &dyn Fn(&Judged, &[Garment]) -> bool| {
            let pairs = judged.iter().zip(classes);
            let count = pairs
                .filter(|(judged, classes)| is_counted(judged, classes))
                .count();
            rounded(count as f64 / judged.len().max(1) as f64)
        };
        let is_right = |judged: &Judged, classes: &[Garment]| {
            let class = judged.answer.class.garment();
            class.is_some_and(|class| classes.contains(&class))
        };
        Self {
            kind: kind.into(),
            images: judged.len(),
            vote: share(&|judged, classes| classes.contains(&judged.vote)),
            answer: share(&is_right),
            known: share(&|judged, _| judged.answer.is_known),
            headline: share(&|judged, classes| judged.answer.is_known && is_right(judged, classes)),
        }
    }
}

/// Images without a label: every one counts as a bag, which is not used.
fn unlabelled(images: &[Grey28]) -> Examples {
    Examples {
        labels: vec![Garment::Bag; images.len()],
        images: images.to_vec(),
    }
}

/// The cases in a folder by kind, each with its file and class; other files are left out.
fn case_kinds(folder: &Path) -> Result<BTreeMap<String, Vec<(PathBuf, Garment)>>, PhotosError> {
    let mut kinds = BTreeMap::<String, Vec<(PathBuf, Garment)>>::new();
    for path in sorted_entries(folder)? {
        let name = path.file_stem().map(|n| n.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let mut words = name.splitn(3, '_');
        let (Some(kind), Some(class)) = (words.next(), words.next().and_then(Garment::from_name))
        else {
            continue;
        };
        let mut kind = kind.to_owned();
        // Numbers tell apart the files of one kind.
        let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
        let rest = words.next().unwrap_or_default().split('_');
        for word in rest.filter(|word| !is_number(word)) {
            kind = format!("{kind} {word}");
        }
        kinds.entry(kind).or_default().push((path, class));
    }
    Ok(kinds)
}

/// The accuracies of the models, of the ensemble, of the photo network and of the answer on groups of photos.
fn accuracies(photos: &[LabelledPhoto], judged: &[Judged]) -> Vec<GroupAccuracies> {
    let mut all = Vec::new();
    for model in ModelId::ALL {
        let classes = judged
            .iter()
            .map(|j| Some(j.members[model as usize].garment()));
        all.push(GroupAccuracies::new(model.name(), photos, classes));
    }
    let votes = judged.iter().map(|j| Some(j.vote));
    all.push(GroupAccuracies::new(ensemble::NAME, photos, votes));
    if judged.iter().any(|j| j.photo.is_some()) {
        let classes = judged.iter().map(|j| j.photo.and_then(PhotoClass::garment));
        all.push(GroupAccuracies::new(photo_network::NAME, photos, classes));
    }
    let answers = judged.iter().map(|j| j.answer.class.garment());
    all.push(GroupAccuracies::new(answer::NAME, photos, answers));
    all
}

/// The overlap of each outline with the mask of its photo, if that is in the folder; 0 if the pipeline refuses the photo.
fn overlaps(all: &[LabelledPhoto]) -> Result<Vec<f64>, PhotosError> {
    let outlines = outline::load_all();
    let with_photos: Vec<_> = outlines
        .iter()
        .filter_map(|o| Some((o, all.iter().find(|p| p.name == o.photo)?)))
        .collect();
    with_photos
        .into_par_iter()
        .map(|(outline, photo)| {
            let mask = preprocess(photo)?.ok().and_then(|p| p.mask);
            Ok(mask.map_or(0.0, |mask| outline.overlap(&mask)))
        })
        .collect()
}

impl GroupAccuracies {
    /// Compares predicted classes, `None` for what is none of the ten, with the photos' groups; groups without a correct class are left
    /// out.
    fn new(
        model: &str,
        photos: &[LabelledPhoto],
        predicted: impl IntoIterator<Item = Option<Garment>>,
    ) -> Self {
        // Correct predictions and photos of each group.
        let mut counts = BTreeMap::<PhotoGroup, (usize, usize)>::new();
        for (photo, class) in photos.iter().zip(predicted) {
            let correct_classes = photo.group.classes();
            if correct_classes.is_empty() {
                continue;
            }
            let (correct, total) = counts.entry(photo.group).or_default();
            let is_correct = class.is_some_and(|class| correct_classes.contains(&class));
            *correct += usize::from(is_correct);
            *total += 1;
        }
        let shares = counts
            .iter()
            .map(|(group, &(correct, total))| (group, correct as f64 / total as f64));
        let mean = shares.clone().map(|(_, share)| share).sum::<f64>() / counts.len().max(1) as f64;
        Self {
            model: model.into(),
            groups: shares
                .map(|(group, share)| (group.name().to_owned(), rounded(share)))
                .collect(),
            mean: rounded(mean),
        }
    }
}

impl Refusals {
    fn of(kind: &str, judged: &[&Judged], test_scores: &[f32]) -> Self {
        let scores: Vec<f32> = judged.iter().map(|j| j.score).collect();
        Self::new(kind, &scores, test_scores)
    }

    fn new(kind: &str, scores: &[f32], test_scores: &[f32]) -> Self {
        let refused = scores.iter().filter(|&&s| s > 0.0).count();
        Self {
            kind: kind.into(),
            images: scores.len(),
            share: rounded(refused as f64 / scores.len().max(1) as f64),
            auc: rounded(roc_auc(test_scores, scores)),
        }
    }
}

/// The area under the ROC curve: the probability that a positive score is higher than a negative one; ties count half.
fn roc_auc(negative: &[f32], positive: &[f32]) -> f64 {
    let mut sorted = negative.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let below = positive.iter().map(|s| {
        let less = sorted.partition_point(|n| n < s);
        let equal = sorted.partition_point(|n| n <= s) - less;
        less as f64 + equal as f64 / 2.0
    });
    below.sum::<f64>() / (negative.len() * positive.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn the_auc_is_a_half_for_equal_scores_and_one_for_higher_ones() {
        let known = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(roc_auc(&known, &known), 0.5);
        assert_eq!(roc_auc(&known, &[4.0, 9.0]), 1.0);
        // 0.5 is higher than one of four, 2.5 than three.
        assert_eq!(roc_auc(&known, &[0.5, 2.5]), 0.5);
        assert_eq!(roc_auc(&known, &[f32::INFINITY, 0.5]), 0.625);
    }

    #[test]
    fn cases_are_grouped_by_kind() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "60_boot_frame.png",
            "60_bag_frame_2.png",
            "93_tshirt.png",
            "README.md",
        ] {
            std::fs::write(folder.path().join(name), []).unwrap();
        }
        let kinds = case_kinds(folder.path()).unwrap();
        let summary: Vec<(&str, Vec<Garment>)> = kinds
            .iter()
            .map(|(kind, files)| {
                (
                    kind.as_str(),
                    files.iter().map(|(_, class)| *class).collect(),
                )
            })
            .collect();
        let frames = vec![Garment::Bag, Garment::AnkleBoot];
        assert_eq!(
            summary,
            [("60 frame", frames), ("93", vec![Garment::TShirt])]
        );
    }

    fn photo(group: PhotoGroup, path: &str) -> LabelledPhoto {
        LabelledPhoto {
            name: path.into(),
            path: PathBuf::from(path),
            group,
            split: PhotoSplit::HeldOut,
        }
    }

    #[test]
    fn the_mean_accuracy_weighs_groups_equally() {
        let photos = [
            photo(PhotoGroup::Dress, "a"),
            photo(PhotoGroup::Dress, "b"),
            photo(PhotoGroup::Shoes, "c"),
            photo(PhotoGroup::Hat, "d"),
        ];
        let predicted = [
            Some(Garment::Dress),
            None,
            Some(Garment::Sneaker),
            Some(Garment::Bag),
        ];
        let accuracies = GroupAccuracies::new("cnn", &photos, predicted);
        let expected = [("dress".to_owned(), 0.5), ("shoes".to_owned(), 1.0)];
        assert_eq!(accuracies.groups, BTreeMap::from(expected));
        assert_eq!(accuracies.mean, 0.75);
    }
}
