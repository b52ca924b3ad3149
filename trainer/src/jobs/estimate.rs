//! Estimates how long training will take.

use std::time::Duration;

use shared::ModelId;
use shared::model::Layer;

use super::JobError;
use super::train::TrainJob;
use crate::device::DeviceKind;
use crate::fit::Recipe;
use crate::fit::distillation;
use crate::fit::recipe::NetworkRecipe;
use crate::peer_benchmark::training_speed::images_per_second;
use crate::photos::photo_set::VARIANTS;
use crate::training_data::TrainingData;
use crate::weights_store::WeightsStore;

/// A job and about how long it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    pub title: &'static str,
    /// 0 for a classical model; the sum over seeds for the teachers.
    pub epochs: usize,
    /// `None` if it was never measured.
    pub seconds: Option<f64>,
}

/// How long a network's training steps are timed.
const TRIAL: Duration = Duration::from_millis(600);

/// An estimate for each job, preceded by one for the teachers if they are needed and not trained yet. A network's time is
/// measured on a few steps on this machine; a classical model's is the time recorded in the manifest for the same recipe.
///
/// # Errors
/// See [`JobError`].
pub fn estimate(
    store: &WeightsStore,
    jobs: &[TrainJob],
    data: &TrainingData,
) -> Result<Vec<Estimate>, JobError> {
    let parts = data.split(VARIANTS);
    let seconds_for = |layers: &'static [Layer], recipe: &NetworkRecipe, device: DeviceKind| {
        let images = parts.epoch_indices(recipe.photo_groups, 0).count();
        let speed = images_per_second(layers, recipe, device, TRIAL)?;
        Ok::<_, JobError>((recipe.epochs * images) as f64 / speed)
    };
    let mut all = Vec::new();
    let needs_teachers = |job: &&TrainJob| matches!(job.recipe, Recipe::Network(recipe) if recipe.distillation.is_some());
    if let Some(job) = jobs.iter().find(needs_teachers)
        && !distillation::are_trained(&store.checkpoints())
    {
        let count = distillation::SEEDS.len();
        let seconds = seconds_for(
            distillation::TEACHER.layers,
            &distillation::RECIPE,
            job.device,
        )?;
        all.push(Estimate {
            title: distillation::TEACHER.title,
            epochs: count * distillation::RECIPE.epochs,
            seconds: Some(count as f64 * seconds),
        });
    }
    let manifest = store.manifest()?;
    for job in jobs {
        let (epochs, seconds) = match &job.recipe {
            Recipe::Network(recipe) => {
                let seconds = seconds_for(job.model.layers(), recipe, job.device)?;
                (recipe.epochs, Some(seconds))
            }
            recipe => {
                let known = manifest.entry(job.model).filter(|e| e.recipe == *recipe);
                (0, known.map(|e| e.duration_seconds as f64))
            }
        };
        all.push(Estimate {
            title: ModelId::title(job.model),
            epochs,
            seconds,
        });
    }
    Ok(all)
}
