//! Evaluation on real photos: segmentation overlap, accuracy, the page's headline, and the share that the novelty detector
//! refuses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use photo::{PhotoError, Prepared, decode, prepare};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::features::orientation::mirrored;
use shared::image::PIXELS;
use shared::model::{Ensemble, NoveltyDetector, Prediction, argmax, ensemble};
use shared::{Garment, Grey28, ModelId, Sample};
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
}

/// How often the page's headline is right on one kind of images: the ensemble's class is right, and the novelty detector
/// accepts the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Headlines {
    pub kind: String,
    pub images: usize,
    /// The share of images whose class the ensemble predicts.
    pub correct: f64,
    /// The share of images that the novelty detector accepts.
    pub known: f64,
    /// The share of images for which both hold.
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
    let images: Result<Vec<Grey28>, PhotosError> = photos.par_iter().map(model_input).collect();
    let images = images?;
    let detector = store.novelty()?;
    let test_scores = scores(&detector, &test.images);
    let photo_scores = scores(&detector, &images);
    let mut refusals = vec![Refusals::new("test pictures", &test_scores, &test_scores)];
    for group in PhotoGroup::ALL {
        let of_group = photos
            .iter()
            .zip(&photo_scores)
            .filter(|(p, _)| p.group == group);
        let scores: Vec<f32> = of_group.map(|(_, s)| *s).collect();
        refusals.push(Refusals::new(group.name(), &scores, &test_scores));
    }
    if let Some(others) = others.none_of_ten {
        let folders = sorted_entries(others)?.into_iter().filter(|p| p.is_dir());
        for folder in folders {
            let Some(name) = folder.file_name() else {
                continue;
            };
            let mut files = sorted_entries(&folder)?;
            files.retain(|p| p.is_file());
            let scores: Result<Vec<f32>, PredictError> =
                files.par_iter().map(|f| file_score(&detector, f)).collect();
            let name = name.to_string_lossy();
            refusals.push(Refusals::new(&name, &scores?, &test_scores));
        }
    }
    refusals.retain(|r| r.images > 0);
    let photo_predictions = predictions(store, &unlabelled(&images))?;
    let ensemble = store.ensemble()?;
    let judge = Judge {
        detector: &detector,
        ensemble: &ensemble,
    };
    let mut headlines = Vec::new();
    let of_test = predictions(store, test)?;
    let mirror_images = test.images.iter().map(mirrored).collect();
    let mirror = Examples {
        images: mirror_images,
        labels: test.labels.clone(),
    };
    for (kind, examples, predictions) in [
        ("test images", test, of_test),
        (
            "their mirror images",
            &mirror,
            self::predictions(store, &mirror)?,
        ),
    ] {
        let classes = examples.labels.iter().map(|l| vec![*l]);
        headlines.push(judge.headlines(kind, &examples.images, &predictions, classes));
    }
    for group in PhotoGroup::ALL {
        if group.classes().is_empty() {
            continue;
        }
        let of_group: Vec<usize> = (0..photos.len())
            .filter(|&i| photos[i].group == group)
            .collect();
        let group_images: Vec<Grey28> = of_group.iter().map(|&i| images[i].clone()).collect();
        let predictions: Vec<_> = of_group.iter().map(|&i| photo_predictions[i]).collect();
        let classes = of_group.iter().map(|_| group.classes().to_vec());
        headlines.push(judge.headlines(group.name(), &group_images, &predictions, classes));
    }
    if let Some(cases) = others.cases {
        for (kind, files) in case_kinds(cases)? {
            let images: Result<Vec<Grey28>, PredictError> =
                files.par_iter().map(|(file, _)| case_input(file)).collect();
            let images = images?;
            let predictions = predictions(store, &unlabelled(&images))?;
            let classes = files.iter().map(|(_, class)| vec![*class]);
            headlines.push(judge.headlines(&kind, &images, &predictions, classes));
        }
    }
    headlines.retain(|h| h.images > 0);
    Ok(PhotoFigures {
        weights: store.hashes()?,
        photos: photos.len(),
        outlines: overlaps.len(),
        overlap: rounded(overlaps.iter().sum::<f64>() / overlaps.len().max(1) as f64),
        min_overlap: rounded(overlaps.iter().copied().fold(1.0, f64::min)),
        accuracies: accuracies(&ensemble, &photos, &photo_predictions),
        refusals,
        headlines,
    })
}

/// The photo after the pipeline, or why the pipeline refuses it.
fn preprocess(photo: &LabelledPhoto) -> Result<Result<Prepared, PhotoError>, PhotosError> {
    let bytes = photo.read()?;
    Ok(decode(&bytes).and_then(|photo| prepare(&photo)))
}

/// The models' input for a photo. A photo that the pipeline refuses is evaluated as a black image.
fn model_input(photo: &LabelledPhoto) -> Result<Grey28, PhotosError> {
    let prepared = preprocess(photo)?;
    Ok(prepared.map_or_else(|_| Grey28::new([0; PIXELS]), |prepared| prepared.grey))
}

/// The novelty score of a file. A file that the photo pipeline refuses counts as refused by the detector.
fn file_score(detector: &NoveltyDetector, path: &Path) -> Result<f32, PredictError> {
    match PreparedFile::open(path) {
        Ok(file) => Ok(detector.score(&Sample::new(file.prepared.grey))),
        Err(PredictError::Photo(_)) => Ok(f32::INFINITY),
        Err(error) => Err(error),
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
        let (Some(kind), Some(class)) = (words.next(), words.next().and_then(case_class)) else {
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

/// The class that a word of a case's file name stands for.
fn case_class(word: &str) -> Option<Garment> {
    Garment::ALL.into_iter().find(|garment| {
        let label = garment.label().to_lowercase();
        let short = label
            .replace("t-shirt/top", "tshirt")
            .replace("ankle boot", "boot");
        word == short
    })
}

/// The models' input for a case; a black image where the pipeline refuses it.
fn case_input(path: &Path) -> Result<Grey28, PredictError> {
    match PreparedFile::open(path) {
        Ok(file) => Ok(file.prepared.grey),
        Err(PredictError::Photo(_)) => Ok(Grey28::new([0; PIXELS])),
        Err(error) => Err(error),
    }
}

/// What decides the page's headline.
struct Judge<'a> {
    detector: &'a NoveltyDetector,
    ensemble: &'a Ensemble,
}

impl Judge<'_> {
    /// The headlines of images, each with the classes that are right.
    fn headlines(
        &self,
        kind: &str,
        images: &[Grey28],
        predictions: &[[Prediction; ModelId::ALL.len()]],
        classes: impl Iterator<Item = Vec<Garment>>,
    ) -> Headlines {
        let scores = scores(self.detector, images);
        let (mut correct, mut known, mut headline) = (0, 0, 0);
        for ((predictions, score), classes) in predictions.iter().zip(&scores).zip(classes) {
            let is_correct = classes.contains(&ensemble_class(self.ensemble, predictions));
            let is_known = *score <= 0.0;
            correct += usize::from(is_correct);
            known += usize::from(is_known);
            headline += usize::from(is_correct && is_known);
        }
        let share = |count: usize| rounded(count as f64 / images.len().max(1) as f64);
        Headlines {
            kind: kind.into(),
            images: images.len(),
            correct: share(correct),
            known: share(known),
            headline: share(headline),
        }
    }
}

/// The ensemble's class.
fn ensemble_class(ensemble: &Ensemble, predictions: &[Prediction]) -> Garment {
    let probabilities = ensemble.combine(predictions);
    let probabilities = probabilities.expect("invariant: there are seven predictions");
    Garment::ALL[argmax(&probabilities)]
}

/// The accuracies of the models and of the ensemble on groups of photos.
fn accuracies(
    ensemble: &Ensemble,
    photos: &[LabelledPhoto],
    predictions: &[[Prediction; ModelId::ALL.len()]],
) -> Vec<GroupAccuracies> {
    let mut all = Vec::new();
    for model in ModelId::ALL {
        let classes = predictions.iter().map(|p| p[model as usize].garment());
        all.push(GroupAccuracies::new(model.name(), photos, classes));
    }
    let classes = predictions.iter().map(|p| ensemble_class(ensemble, p));
    all.push(GroupAccuracies::new(ensemble::NAME, photos, classes));
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
    /// Compares predicted classes with the photos' groups; groups without a correct class are left out.
    fn new(
        model: &str,
        photos: &[LabelledPhoto],
        predicted: impl IntoIterator<Item = Garment>,
    ) -> Self {
        // Correct predictions and photos of each group.
        let mut counts = BTreeMap::<PhotoGroup, (usize, usize)>::new();
        for (photo, class) in photos.iter().zip(predicted) {
            let correct_classes = photo.group.classes();
            if correct_classes.is_empty() {
                continue;
            }
            let (correct, total) = counts.entry(photo.group).or_default();
            *correct += usize::from(correct_classes.contains(&class));
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
            Garment::Dress,
            Garment::Coat,
            Garment::Sneaker,
            Garment::Bag,
        ];
        let accuracies = GroupAccuracies::new("cnn", &photos, predicted);
        let expected = [("dress".to_owned(), 0.5), ("shoes".to_owned(), 1.0)];
        assert_eq!(accuracies.groups, BTreeMap::from(expected));
        assert_eq!(accuracies.mean, 0.75);
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let missing = photo(PhotoGroup::Dress, "nowhere/dress.jpg");
        assert!(matches!(
            model_input(&missing),
            Err(PhotosError::Read { .. })
        ));
    }
}
