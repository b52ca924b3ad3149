//! The training batches of an epoch: shuffled, augmented, with the teachers' logits.

use cpu_backend::Batch;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use shared::image::PIXELS;

use super::recipe::NetworkRecipe;
use super::teacher_logits::TeacherLogits;
use crate::data::Examples;
use crate::data::split::Split;

/// An iterator over the batches of an epoch.
pub struct Batches<'a> {
    examples: &'a Examples,
    teacher_logits: Option<&'a TeacherLogits>,
    recipe: &'a NetworkRecipe,
    /// The seed and number of this epoch's view of images that have teacher logits.
    teacher_view: (u64, usize),
    /// The seed and number of this epoch's view of all other images.
    own_view: (u64, usize),
    order: Vec<usize>,
    next: usize,
}

impl<'a> Batches<'a> {
    /// The batches of an epoch, counted from 1.
    ///
    /// They are determined by seed and epoch alone, so that a resumed run gets the same ones. Every epoch shows new views of the
    /// images; only images with teacher logits repeat the views for which these were computed.
    pub fn new(
        split: &'a Split,
        teacher_logits: Option<&'a TeacherLogits>,
        recipe: &'a NetworkRecipe,
        seed: u64,
        epoch: usize,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(epoch as u64);
        let mut order: Vec<usize> = split.epoch_indices(recipe.photo_groups, epoch).collect();
        order.shuffle(&mut rng);
        Self {
            examples: &split.train,
            teacher_logits,
            recipe,
            teacher_view: teacher_logits.map_or((seed, epoch), |t| t.view(epoch)),
            own_view: (seed, epoch),
            order,
            next: 0,
        }
    }

    /// The number of batches that remain.
    pub fn remaining(&self) -> usize {
        (self.order.len() - self.next).div_ceil(self.recipe.batch_size)
    }
}

impl Iterator for Batches<'_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let end = (self.next + self.recipe.batch_size).min(self.order.len());
        let indices = &self.order[self.next..end];
        self.next = end;
        if indices.is_empty() {
            return None;
        }
        let (augmentation, labels) = (&self.recipe.augmentation, &self.examples.labels);
        let mut batch = Batch::default();
        batch.pixels.reserve(indices.len() * PIXELS);
        for &i in indices {
            let logits = self
                .teacher_logits
                .map(|all| all.get(self.teacher_view.1, i));
            let view = match logits {
                Some(Some(_)) => self.teacher_view,
                _ => self.own_view,
            };
            let mixup = augmentation.view(self.examples, i, view, &mut batch.pixels);
            batch.labels.push(labels[i]);
            batch
                .mixup
                .push(mixup.map(|(other, share)| (labels[other], share)));
            batch.teacher_logits.extend(logits);
        }
        Some(batch)
    }
}
