//! The fine-tuning loop of the photo network.

use std::ops::ControlFlow;
use std::time::Instant;

use cpu_backend::photo_network::{FineTuning, PhotoBatch};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::artifact::Artifact;
use shared::model::photo_network::{NAME, parameters};
use shared::model::tensors::stored_artifact;
use shared::model::{PHOTO_CLASSES, PhotoClass};
use shared::plan::photo::PhotoNetwork;

use super::backbone::Backbone;
use super::examples::{PhotoExamples, TrainingImages, View};
use super::recipe::PhotoRecipe;
use crate::fit::backend::BackendError;
use crate::fit::checkpoint::Checkpoint;
use crate::fit::progress::RunControl;
use crate::fit::train_loop::FitError;

/// The figures of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoEpoch {
    /// Counted from 1.
    pub epoch: usize,
    pub train_loss: f64,
    /// The accuracy on the validation photos: the mean of the groups.
    pub validation_accuracy: f64,
    pub seconds: f64,
}

/// What identifies a run, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoRun {
    pub recipe: PhotoRecipe,
    pub seed: u64,
    /// The hashes of the pretrained weights and of the photos.
    pub data: String,
    pub epochs: Vec<PhotoEpoch>,
}

impl PhotoRun {
    /// Whether both are the same run, however far they are.
    fn is_same_run(&self, other: &Self) -> bool {
        (self.recipe, self.seed, &self.data) == (other.recipe, other.seed, &other.data)
    }
}

/// Fine-tunes the network. Returns the finished run and its weights: the EMA after the last epoch.
///
/// # Errors
/// [`FitError::Interrupted`]; the checkpoint cannot be read or written; the loss is not finite.
pub fn train(
    mut run: PhotoRun,
    backbone: &Backbone,
    images: &TrainingImages,
    validation: &PhotoExamples,
    checkpoint: &Checkpoint,
    control: RunControl,
) -> Result<(PhotoRun, Artifact), FitError> {
    let recipe = run.recipe;
    let mut network = FineTuning::new(recipe.config(), &backbone.values, &backbone.scales);
    match checkpoint.run_state::<PhotoRun>()? {
        Some(saved) if saved.is_same_run(&run) => {
            let (state, _) = checkpoint.load(saved.epochs.len(), FineTuning::STATE_NAMES)?;
            network.restore(state).map_err(BackendError::from)?;
            println!("photo network continues after epoch {}", saved.epochs.len());
            run = saved;
        }
        Some(_) => checkpoint.clear()?,
        None => {}
    }
    let steps_per_epoch = images.epoch_length().div_ceil(recipe.batch);
    let steps = recipe.epochs * steps_per_epoch;
    for epoch in run.epochs.len()..recipe.epochs {
        let started = Instant::now();
        let (mut loss, mut count) = (0.0, 0);
        let ended = images.epoch(run.seed, epoch, |views| {
            if (control.is_interrupted)() {
                return ControlFlow::Break(());
            }
            let step = epoch * steps_per_epoch + count;
            let rate = recipe.learning_rate(step, steps);
            loss += network.train_step(&batch(views, recipe.side), rate, step as u64);
            count += 1;
            ControlFlow::Continue(())
        });
        if ended.is_break() {
            return Err(FitError::Interrupted {
                model: NAME,
                epoch,
                epochs: recipe.epochs,
            });
        }
        let train_loss = loss / count.max(1) as f64;
        if !train_loss.is_finite() {
            return Err(FitError::Diverged {
                model: NAME,
                epoch: epoch + 1,
            });
        }
        let artifact = artifact(network.values())?;
        let metrics = PhotoEpoch {
            epoch: epoch + 1,
            train_loss,
            validation_accuracy: group_accuracy(&artifact, validation)?,
            seconds: started.elapsed().as_secs_f64(),
        };
        println!(
            "photo network epoch {:>2}/{}  train {:.3}  validation {:.1}%  {:.0} s",
            metrics.epoch,
            recipe.epochs,
            metrics.train_loss,
            metrics.validation_accuracy * 100.0,
            metrics.seconds
        );
        run.epochs.push(metrics);
        checkpoint.save(&run, run.epochs.len(), &network.state(), &[])?;
    }
    Ok((run, artifact(network.values())?))
}

/// Views as a batch.
fn batch(views: Vec<View>, side: usize) -> PhotoBatch {
    let (pixels, targets): (Vec<Vec<f32>>, Vec<_>) = views.into_iter().unzip();
    PhotoBatch {
        side,
        pixels: pixels.concat(),
        targets,
    }
}

/// The weights file with temperature 1, rounded as it is stored: the weights in 8 bits with a scale for each output channel, the biases
/// in 32.
fn artifact(values: Vec<Vec<f32>>) -> Result<Artifact, FitError> {
    let artifact = stored_artifact(NAME, parameters(), values);
    Ok(Artifact::from_bytes(&artifact.to_bytes()?)?)
}

/// The logits of each example.
///
/// # Errors
/// The weights are not the photo network's.
pub fn logits(
    artifact: &Artifact,
    examples: &PhotoExamples,
) -> Result<Vec<[f32; PHOTO_CLASSES]>, FitError> {
    PhotoNetwork::new(artifact)?;
    let network =
        || PhotoNetwork::new(artifact).expect("invariant: the same weights were read above");
    let images = examples.0.par_iter();
    Ok(images
        .map_init(network, |network, example| network.logits(&example.image))
        .collect())
}

/// The share of right predictions, as the mean of the groups.
///
/// # Errors
/// The weights are not the photo network's.
pub fn group_accuracy(artifact: &Artifact, examples: &PhotoExamples) -> Result<f64, FitError> {
    let logits = logits(artifact, examples)?;
    let mut groups = std::collections::BTreeMap::new();
    for (example, logits) in examples.0.iter().zip(&logits) {
        let best = PhotoClass::most_likely(logits).index();
        let (right, count) = groups.entry(example.group).or_insert((0, 0));
        *right += usize::from(example.target.right[best]);
        *count += 1;
    }
    let shares = groups
        .values()
        .map(|(right, count)| *right as f64 / f64::from(*count));
    Ok(shares.sum::<f64>() / groups.len().max(1) as f64)
}
