//! Fashion-MNIST: found or fetched, verified, split, augmented.

pub mod augment;
pub mod download;
pub mod idx;
pub mod source;
pub mod split;

use std::path::PathBuf;

use shared::{Garment, Grey28};
use split::{Split, VALIDATION, split};
use thiserror::Error;

use crate::photos::set::PhotoSet;

/// Why the data set could not be had.
#[derive(Debug, Error)]
pub enum DataError {
    #[error(
        "{path} is missing: put the four Fashion-MNIST files there, or leave --data away to have them found or fetched"
    )]
    Missing { path: PathBuf },
    #[error(
        "{path} could not be read ({source}): check the file's rights, or delete it and run again"
    )]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is {found}, expected {expected}: delete it and run again to fetch it anew")]
    Damaged {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error(
        "{file} could not be downloaded from any mirror (last: {reason}): check the connection and run again, what has arrived is kept; or give a folder that holds it with --data DIR"
    )]
    Download { file: String, reason: String },
    #[error(
        "{path} could not be written ({source}): free some space or check the rights, then run again"
    )]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("this system names no cache folder: give a folder with --data DIR")]
    NoCache,
}

/// Pictures with their classes.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    pub pictures: Vec<Grey28>,
    pub labels: Vec<Garment>,
}

impl Examples {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.pictures.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    /// Those at `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            pictures: indices.iter().map(|&i| self.pictures[i].clone()).collect(),
            labels: indices.iter().map(|&i| self.labels[i]).collect(),
        }
    }

    /// With others behind them.
    pub fn extend(&mut self, others: Self) {
        self.pictures.extend(others.pictures);
        self.labels.extend(others.labels);
    }

    /// The first `count`, or all.
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.len());
        Self {
            pictures: self.pictures[..count].to_vec(),
            labels: self.labels[..count].to_vec(),
        }
    }
}

/// Fashion-MNIST: 60,000 pictures to train and validate on, 10,000 to evaluate on; and photos, where some were given.
#[derive(Clone, Debug)]
pub struct DataSet {
    pub train: Examples,
    pub test: Examples,
    pub photos: Option<PhotoSet>,
}

impl DataSet {
    /// What a model learns from and is chosen on. Photos are learned from, so many variants of each; what chooses is
    /// Fashion-MNIST's alone.
    pub fn parts(&self, variants: usize) -> Split {
        let mut parts = split(&self.train, VALIDATION);
        if let Some(photos) = &self.photos {
            let photos = photos.train(variants);
            parts.photos = photos.len();
            parts.train.extend(photos);
        }
        parts
    }
}
