//! What an epoch is made of.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use shared::image::PIXELS;

use super::backend::Batch;
use super::distillation::TeacherLogits;
use super::recipe::NetworkRecipe;
use crate::data::Examples;
use crate::data::split::Split;

/// An epoch's batches, made one after the other.
pub struct Batches<'a> {
    examples: &'a Examples,
    teacher: Option<&'a TeacherLogits>,
    recipe: &'a NetworkRecipe,
    /// The seed and the number of the views that this epoch shows: of what teachers were asked about, and of all else.
    asked: (u64, usize),
    fresh: (u64, usize),
    order: Vec<usize>,
    done: usize,
}

impl<'a> Batches<'a> {
    /// A fresh generator an epoch: an epoch's draws do not depend on who ran the one before. Every epoch shows new views,
    /// but where teachers have seen a limited number of them.
    pub fn new(
        split: &'a Split,
        teacher: Option<&'a TeacherLogits>,
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
            teacher,
            recipe,
            asked: teacher.map_or((seed, epoch), |t| t.view(epoch)),
            fresh: (seed, epoch),
            order,
            done: 0,
        }
    }

    /// How many are still to come.
    pub fn left(&self) -> usize {
        (self.order.len() - self.done).div_ceil(self.recipe.batch_size)
    }
}

impl Iterator for Batches<'_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let end = (self.done + self.recipe.batch_size).min(self.order.len());
        let chosen = &self.order[self.done..end];
        self.done = end;
        if chosen.is_empty() {
            return None;
        }
        let (augmentation, labels) = (&self.recipe.augmentation, &self.examples.labels);
        let mut batch = Batch::default();
        batch.pixels.reserve(chosen.len() * PIXELS);
        for &i in chosen {
            let taught = self.teacher.map(|t| t.of(self.asked.1, i));
            let view = match taught {
                Some(Some(_)) => self.asked,
                _ => self.fresh,
            };
            let through = augmentation.view(self.examples, i, view, &mut batch.pixels);
            batch.labels.push(labels[i]);
            batch
                .mixed
                .push(through.map(|(other, share)| (labels[other], share)));
            batch.teacher.extend(taught);
        }
        Some(batch)
    }
}
