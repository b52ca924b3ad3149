//! How many photos are answered right.

use std::collections::BTreeMap;
use std::fs;

use photo::{PhotoError, Prepared, decode, prepare};
use rayon::prelude::*;
use shared::{Garment, Grey28};

use super::{Group, Labelled};

/// A photo as the models see it, or why they cannot.
pub fn prepared(photo: &Labelled) -> Result<Prepared, PhotoError> {
    // A file that has gone is as good as an empty one.
    prepare(&decode(&fs::read(&photo.path).unwrap_or_default())?)
}

/// All photos as the models see them; what shows nothing is black.
pub fn pictures(photos: &[Labelled]) -> Vec<Grey28> {
    let pictures = photos.par_iter().map(|photo| match prepared(photo) {
        Ok(prepared) => prepared.grey,
        Err(_) => Grey28::new([0; shared::image::PIXELS]),
    });
    pictures.collect()
}

/// Of each group the share of right answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score(pub BTreeMap<Group, (usize, usize)>);

impl Score {
    /// Counts answers to photos.
    pub fn of(photos: &[Labelled], answers: impl IntoIterator<Item = Garment>) -> Self {
        let mut score = Self::default();
        for (photo, answer) in photos.iter().zip(answers) {
            let right = photo.group.answers();
            if right.is_empty() {
                continue;
            }
            let (correct, all) = score.0.entry(photo.group).or_default();
            *correct += usize::from(right.contains(&answer));
            *all += 1;
        }
        score
    }

    /// The mean over the groups, each counting the same.
    pub fn mean(&self) -> f64 {
        let shares = self
            .0
            .values()
            .map(|&(right, all)| right as f64 / all as f64);
        shares.sum::<f64>() / self.0.len().max(1) as f64
    }
}
