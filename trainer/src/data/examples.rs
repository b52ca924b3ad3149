//! Labelled images.

use shared::{Garment, Grey28};

/// Images and their classes.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    pub images: Vec<Grey28>,
    pub labels: Vec<Garment>,
}

impl Examples {
    /// The number of examples.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The examples at `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            images: indices.iter().map(|&i| self.images[i].clone()).collect(),
            labels: indices.iter().map(|&i| self.labels[i]).collect(),
        }
    }

    /// Appends other examples.
    pub fn extend(&mut self, others: Self) {
        self.images.extend(others.images);
        self.labels.extend(others.labels);
    }

    /// The first `count`, or all if there are fewer.
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.len());
        Self {
            images: self.images[..count].to_vec(),
            labels: self.labels[..count].to_vec(),
        }
    }
}
