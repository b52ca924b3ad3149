//! Evaluation on real photos: segmentation overlap, accuracy, and the share refused by the novelty detector.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::model::{NoveltyDetector, argmax, ensemble};
use shared::{Garment, ModelId, Sample};
use thiserror::Error;

use super::outline::{self, Outline};
use super::score::{Score, pictures, prepared};
use super::{Group, Labelled, Part, PhotosError, list};
use crate::data::Examples;
use crate::evaluate::rounded;
use crate::jobs::JobError;
use crate::jobs::ensemble::predictions;
use crate::jobs::novelty::scores;
use crate::predict::Picture;
use crate::weights_store::{StoreError, WeightsStore};

/// Why the weights could not be evaluated on photos.
#[derive(Debug, Error)]
pub enum MeasureError {
    #[error(transparent)]
    Photos(#[from] PhotosError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Job(#[from] JobError),
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

/// Figures of one part of a folder of photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoFigures {
    /// SHA-256 of the weights that they are of, by name.
    pub weights: BTreeMap<String, String>,
    pub photos: usize,
    /// Outlines drawn by hand, and the mean intersection over union of cut-outs with them.
    pub outlines: usize,
    pub overlap: f64,
    /// The least of them.
    pub least_overlap: f64,
    /// Of each model and of the vote.
    pub answers: Vec<Answers>,
    pub unknown: Vec<Unknown>,
}

/// How often a model, or the vote, is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    pub model: String,
    /// Each group's share of right answers.
    pub groups: BTreeMap<String, f64>,
    /// The mean over the groups.
    pub mean: f64,
}

/// How often pictures of a kind are taken for none of the ten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unknown {
    pub kind: String,
    pub pictures: usize,
    pub share: f64,
    /// The area under the ROC curve against the test pictures: how often one of these is stranger than one of those.
    pub area: f64,
}

/// Measures the weights on a part of a folder of photos, and on folders of other things.
///
/// # Errors
/// Weights are missing or damaged, or there are no photos.
pub fn measure(
    weights: &WeightsStore,
    test: &Examples,
    folder: &Path,
    part: Part,
    others: Option<&Path>,
) -> Result<PhotoFigures, MeasureError> {
    let all = list(folder)?;
    let overlaps = overlaps(&all);
    let photos: Vec<Labelled> = all.into_iter().filter(|p| p.part == part).collect();
    let examples = Examples {
        labels: vec![Garment::Bag; photos.len()],
        images: pictures(&photos),
    };
    let novelty = weights.novelty()?;
    let known = scores(&novelty, &test.images);
    let strange = scores(&novelty, &examples.images);
    let mut unknown = vec![Unknown::of("test pictures", &known, &known)];
    for group in Group::ALL {
        let of_group = photos
            .iter()
            .zip(&strange)
            .filter(|(p, _)| p.group == group);
        let all: Vec<f32> = of_group.map(|(_, s)| *s).collect();
        unknown.push(Unknown::of(group.name(), &all, &known));
    }
    for folder in others.iter().flat_map(|f| entries(f, Path::is_dir)) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let files = entries(&folder, Path::is_file);
        let all: Vec<f32> = files.par_iter().map(|f| of_file(&novelty, f)).collect();
        unknown.push(Unknown::of(&name, &all, &known));
    }
    unknown.retain(|u| u.pictures > 0);
    Ok(PhotoFigures {
        weights: weights.hashes()?,
        photos: photos.len(),
        outlines: overlaps.len(),
        overlap: rounded(overlaps.iter().sum::<f64>() / overlaps.len().max(1) as f64),
        least_overlap: rounded(overlaps.iter().copied().fold(1.0, f64::min)),
        answers: answers(weights, &photos, &examples)?,
        unknown,
    })
}

/// A file's strangeness; what is refused is not taken for a garment either.
fn of_file(novelty: &NoveltyDetector, file: &Path) -> f32 {
    match Picture::open(file) {
        Ok(picture) => novelty.score(&Sample::new(picture.prepared.grey)),
        Err(_) => f32::INFINITY,
    }
}

fn answers(
    weights: &WeightsStore,
    photos: &[Labelled],
    examples: &Examples,
) -> Result<Vec<Answers>, MeasureError> {
    let mut answers = Vec::new();
    let ballots = predictions(weights, examples)?;
    for model in ModelId::ALL {
        let said = ballots.iter().map(|b| b[model as usize].garment());
        answers.push(Answers::of(model.name(), &Score::of(photos, said)));
    }
    let poll = weights.ensemble()?;
    let said = ballots
        .iter()
        .map(|ballot| Garment::ALL[argmax(&poll.combine(ballot).unwrap_or_default())]);
    answers.push(Answers::of(ensemble::NAME, &Score::of(photos, said)));
    Ok(answers)
}

/// How well the cut-outs fit the outlines that were drawn by hand.
fn overlaps(all: &[Labelled]) -> Vec<f64> {
    let overlap = |outline: &Outline| {
        let photo = all.iter().find(|p| p.name == outline.photo)?;
        let mask = prepared(photo).ok().and_then(|p| p.mask);
        Some(mask.map_or(0.0, |m| outline.overlap(&m)))
    };
    let drawn = outline::all().unwrap_or_default();
    drawn.par_iter().filter_map(overlap).collect()
}

impl Answers {
    fn of(model: &str, score: &Score) -> Self {
        let share = |(group, (right, all)): (&Group, &(usize, usize))| {
            let share = *right as f64 / (*all).max(1) as f64;
            (group.name().to_owned(), rounded(share))
        };
        Self {
            model: model.into(),
            groups: score.0.iter().map(share).collect(),
            mean: rounded(score.mean()),
        }
    }
}

impl Unknown {
    fn of(kind: &str, strange: &[f32], known: &[f32]) -> Self {
        let above = strange.iter().filter(|&&s| s > 0.0).count();
        Self {
            kind: kind.into(),
            pictures: strange.len(),
            share: rounded(above as f64 / strange.len().max(1) as f64),
            area: rounded(roc_area(known, strange)),
        }
    }
}

/// How often one of the second is larger than one of the first; equals count half.
fn roc_area(first: &[f32], second: &[f32]) -> f64 {
    let mut sorted = first.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let below = second.iter().map(|s| {
        let less = sorted.partition_point(|f| f < s);
        let equal = sorted.partition_point(|f| f <= s) - less;
        less as f64 + equal as f64 / 2.0
    });
    below.sum::<f64>() / (first.len() * second.len()).max(1) as f64
}

/// What lies in a folder and is of a kind, by name; nothing where there is none.
fn entries(folder: &Path, is_kind: fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut all: Vec<PathBuf> = paths.filter(|path| is_kind(path)).collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_a_half_for_equals_and_one_for_what_is_always_larger() {
        let known = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(roc_area(&known, &known), 0.5);
        assert_eq!(roc_area(&known, &[4.0, 9.0]), 1.0);
        // 0.5 is larger than one of four, 2.5 than three.
        assert_eq!(roc_area(&known, &[0.5, 2.5]), 0.5);
        assert_eq!(roc_area(&known, &[f32::INFINITY, 0.5]), 0.625);
    }
}
