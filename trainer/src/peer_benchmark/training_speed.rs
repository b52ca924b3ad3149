//! Benchmark of the training step; `cargo xtask bench-train` compares it with PyTorch.

use std::time::{Duration, Instant};

use cpu_backend::Batch;
use serde::Serialize;
use shared::image::PIXELS;
use shared::model::Layer;
use shared::{Garment, ModelId};

use crate::data::augment::Augmentation;
use crate::device::DeviceKind;
use crate::fit::recipe::NetworkRecipe;
use crate::fit::train_loop::{FitError, create_backend};

/// The training speed of a network.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speed {
    pub model: ModelId,
    pub device: &'static str,
    pub batch: usize,
    pub threads: usize,
    #[serde(rename = "pictures_per_second")]
    pub images_per_second: f64,
}

/// A recipe without batch norms beyond the table, dropout, EMA, augmentation or teachers.
fn plain_recipe(batch_size: usize) -> NetworkRecipe {
    NetworkRecipe {
        epochs: 1,
        batch_size,
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

/// Steps before the timing begins.
const UNTIMED: u64 = 3;

/// Measures the training speed of a network without the extras of its recipe.
///
/// # Errors
/// The device fails.
pub fn measure(
    model: ModelId,
    device: DeviceKind,
    batch: usize,
    time: Duration,
) -> Result<Speed, FitError> {
    let recipe = plain_recipe(batch);
    Ok(Speed {
        model,
        device: device.name(),
        batch,
        threads: rayon::current_num_threads(),
        images_per_second: images_per_second(model.layers(), &recipe, device, time)?,
    })
}

/// Trains on a batch of noise for a while: forward pass, backward pass and optimizer step.
///
/// # Errors
/// The device fails.
pub fn images_per_second(
    layers: &'static [Layer],
    recipe: &NetworkRecipe,
    device: DeviceKind,
    time: Duration,
) -> Result<f64, FitError> {
    let mut backend = create_backend(layers, recipe, 1, device)?;
    let noise = |i: usize| (i * 7919 % 2003) as f32 / 1001.0 - 1.0;
    let classes = Garment::ALL.iter().copied().cycle();
    let batch = Batch {
        pixels: (0..recipe.batch_size * PIXELS).map(noise).collect(),
        labels: classes.take(recipe.batch_size).collect(),
        ..Batch::default()
    };
    for step in 0..UNTIMED {
        backend.train_step(&batch, recipe.learning_rate, step)?;
    }
    let started = Instant::now();
    let mut steps = 0;
    while steps == 0 || started.elapsed() < time {
        backend.train_step(&batch, recipe.learning_rate, steps)?;
        steps += 1;
    }
    let images = steps as f64 * recipe.batch_size as f64;
    Ok(images / started.elapsed().as_secs_f64())
}
