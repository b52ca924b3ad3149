//! The recipe of the photo network's fine-tuning.

use cpu_backend::photo_network::FineTuningConfig;
use serde::{Deserialize, Serialize};

/// The side of the square in which each photo is kept, from which random views are taken.
pub const SQUARE: u32 = 224;

/// All settings that the result depends on, besides data and seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoRecipe {
    pub epochs: usize,
    pub batch: usize,
    /// The highest learning rate of the convolutions.
    pub learning_rate: f64,
    /// The factor of the dense layer's learning rate.
    pub dense_rate: f32,
    pub weight_decay: f32,
    pub dropout: f32,
    pub label_smoothing: f32,
    pub ema_decay: f64,
    /// The side of the training views, in pixels.
    pub side: usize,
    /// Photos per group and epoch, below which the group is repeated, at most three times.
    pub group_minimum: usize,
    /// Coloured garments of Fashion-MNIST, corners of photos, and drawings of something else, per epoch.
    pub garments: usize,
    pub corners: usize,
    pub drawings: usize,
}

impl PhotoRecipe {
    /// The recipe of the shipped weights.
    pub const FULL: Self = Self {
        epochs: 16,
        batch: 32,
        learning_rate: 4e-4,
        dense_rate: 6.0,
        weight_decay: 0.02,
        dropout: 0.2,
        label_smoothing: 0.1,
        ema_decay: 0.998,
        side: 160,
        group_minimum: 300,
        garments: 900,
        corners: 200,
        drawings: 400,
    };

    /// A short run, for a quick try.
    pub const QUICK: Self = Self {
        epochs: 1,
        side: 96,
        garments: 100,
        corners: 20,
        drawings: 40,
        group_minimum: 1,
        ..Self::FULL
    };

    /// The settings of the backend.
    pub fn config(&self) -> FineTuningConfig {
        FineTuningConfig {
            weight_decay: self.weight_decay,
            ema_decay: self.ema_decay,
            dense_rate: self.dense_rate,
            dropout: self.dropout,
            label_smoothing: self.label_smoothing,
        }
    }

    /// The learning rate of a step: a linear warm-up over a tenth of the steps, then a cosine to zero.
    pub fn learning_rate(&self, step: usize, steps: usize) -> f64 {
        let progress = (step as f64 + 0.5) / steps.max(1) as f64;
        const WARM_UP: f64 = 0.1;
        self.learning_rate
            * if progress < WARM_UP {
                progress / WARM_UP
            } else {
                let rest = (progress - WARM_UP) / (1.0 - WARM_UP);
                0.5 * (1.0 + (std::f64::consts::PI * rest).cos())
            }
    }
}
