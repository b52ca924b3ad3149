//! How long training will take, said before it begins.

use std::time::Duration;

use shared::ModelId;
use shared::model::Layer;

use super::{Order, Weights, WeightsError};
use crate::bench::speed::images_per_second;
use crate::device::DeviceKind;
use crate::fit::Recipe;
use crate::fit::distillation;
use crate::fit::recipe::NetworkRecipe;
use crate::photos::set::VARIANTS;
use crate::training_data::TrainingData;

/// What is to be done, and about how long it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    pub title: &'static str,
    /// None of a classical model, or more than one where a network is trained from several seeds.
    pub epochs: usize,
    /// `None` where it was never measured.
    pub seconds: Option<f64>,
}

/// How long a network's steps are tried.
const TRIAL: Duration = Duration::from_millis(600);

impl Weights {
    /// A forecast for each order, and first for the teachers where their answers are needed and not there: of networks
    /// from some steps on this machine, of the others from what the manifest says of the same recipe.
    ///
    /// # Errors
    /// See [`WeightsError`].
    pub fn forecast(
        &self,
        orders: &[Order],
        data: &TrainingData,
    ) -> Result<Vec<Forecast>, WeightsError> {
        let parts = data.split(VARIANTS);
        let deep = |layers: &'static [Layer], recipe: &NetworkRecipe, device: DeviceKind| {
            let pictures = parts.epoch_indices(recipe.photo_groups, 0).count();
            let speed = images_per_second(layers, recipe, device, TRIAL)?;
            Ok::<_, WeightsError>((recipe.epochs * pictures) as f64 / speed)
        };
        let mut all = Vec::new();
        let is_taught =
            |o: &&Order| matches!(o.recipe, Recipe::Network(d) if d.distillation.is_some());
        if let Some(order) = orders.iter().find(is_taught)
            && !distillation::are_trained(&self.checkpoints())
        {
            let count = distillation::SEEDS.len();
            let seconds = deep(
                distillation::TEACHER.layers,
                &distillation::RECIPE,
                order.device,
            )?;
            all.push(Forecast {
                title: distillation::TEACHER.title,
                epochs: count * distillation::RECIPE.epochs,
                seconds: Some(count as f64 * seconds),
            });
        }
        let manifest = self.manifest()?;
        for order in orders {
            let (epochs, seconds) = match &order.recipe {
                Recipe::Network(recipe) => {
                    let seconds = deep(order.model.layers(), recipe, order.device)?;
                    (recipe.epochs, Some(seconds))
                }
                recipe => {
                    let known = manifest.entry(order.model).filter(|e| e.recipe == *recipe);
                    (0, known.map(|e| e.duration_seconds as f64))
                }
            };
            all.push(Forecast {
                title: ModelId::title(order.model),
                epochs,
                seconds,
            });
        }
        Ok(all)
    }
}
