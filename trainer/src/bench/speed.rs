//! Times the networks' training steps alone; `cargo xtask bench-train` runs it beside PyTorch.

use std::time::{Duration, Instant};

use serde::Serialize;
use shared::image::PIXELS;
use shared::model::Layer;
use shared::{Garment, ModelId};

use crate::data::augment::Augmentation;
use crate::device::DeviceKind;
use crate::fit::backend::Batch;
use crate::fit::recipe::NetworkRecipe;
use crate::fit::train_loop::{FitError, learner};

/// How fast a network learns.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speed {
    pub model: ModelId,
    pub device: &'static str,
    pub batch: usize,
    pub threads: usize,
    pub pictures_per_second: f64,
}

/// The table as it is.
fn plain(batch: usize) -> NetworkRecipe {
    NetworkRecipe {
        epochs: 1,
        batch_size: batch,
        learning_rate: 1e-3,
        warm_up: 0.0,
        weight_decay: 0.01,
        dropout: 0.0,
        label_smoothing: 0.0,
        batch_norm: false,
        ema_decay: 0.0,
        photo_groups: 1,
        distillation: None,
        augmentation: Augmentation::default(),
    }
}

const WARM_UP: u64 = 3;

/// How fast a network learns, as its table is: no norms beside it, nothing dropped, nothing averaged, no teacher.
///
/// # Errors
/// The device gives nothing back.
pub fn speed(
    model: ModelId,
    device: DeviceKind,
    batch: usize,
    time: Duration,
) -> Result<Speed, FitError> {
    let recipe = plain(batch);
    Ok(Speed {
        model,
        device: device.name(),
        batch,
        threads: rayon::current_num_threads(),
        pictures_per_second: pictures_per_second(model.layers(), &recipe, device, time)?,
    })
}

/// Takes a recipe's steps on a batch of noise, forward, back and the optimizer's, for a while.
///
/// # Errors
/// The device gives nothing back.
pub fn pictures_per_second(
    layers: &'static [Layer],
    recipe: &NetworkRecipe,
    device: DeviceKind,
    time: Duration,
) -> Result<f64, FitError> {
    let mut learner = learner(layers, recipe, 1, device)?;
    let noise = |i: usize| (i * 7919 % 2003) as f32 / 1001.0 - 1.0;
    let classes = Garment::ALL.iter().copied().cycle();
    let batch = Batch {
        pixels: (0..recipe.batch_size * PIXELS).map(noise).collect(),
        labels: classes.take(recipe.batch_size).collect(),
        ..Batch::default()
    };
    for step in 0..WARM_UP {
        learner.learn(&batch, recipe.learning_rate, step)?;
    }
    let started = Instant::now();
    let mut steps = 0;
    while steps == 0 || started.elapsed() < time {
        learner.learn(&batch, recipe.learning_rate, steps)?;
        steps += 1;
    }
    let pictures = steps as f64 * recipe.batch_size as f64;
    Ok(pictures / started.elapsed().as_secs_f64())
}
