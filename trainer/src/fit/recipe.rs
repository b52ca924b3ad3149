//! What a training run is made of, as a value that is saved beside the weights.

use serde::{Deserialize, Serialize};
use shared::ModelId;

use crate::data::augment::Augmentation;

/// Everything that decides a network's training, but the seed and the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    pub epochs: usize,
    pub batch: usize,
    /// The peak: reached after [`warm_up`](Self::warm_up) of the steps, then a half cosine down to zero.
    pub learning_rate: f64,
    /// The share of all steps that lead up to the peak.
    pub warm_up: f64,
    /// AdamW's.
    pub weight_decay: f32,
    /// The share of a dense layer's input that is dropped.
    pub dropout: f64,
    /// The share of each target spread evenly over all classes.
    pub label_smoothing: f32,
    pub augmentation: Augmentation,
}

impl Recipe {
    /// A model's full recipe.
    pub fn of(model: ModelId) -> Self {
        match model {
            ModelId::Cnn => Self {
                epochs: 30,
                batch: 64,
                learning_rate: 1.2e-3,
                warm_up: 0.1,
                weight_decay: 0.05,
                dropout: 0.3,
                label_smoothing: 0.0,
                augmentation: Augmentation {
                    flip: true,
                    shift: 1,
                    erase: 0.3,
                },
            },
            // Small enough to underfit: lighter settings.
            ModelId::Resnet => Self {
                epochs: 20,
                batch: 64,
                learning_rate: 4e-3,
                warm_up: 0.1,
                weight_decay: 0.01,
                dropout: 0.0,
                label_smoothing: 0.0,
                augmentation: Augmentation {
                    flip: true,
                    shift: 0,
                    erase: 0.0,
                },
            },
        }
    }

    /// A recipe for a first look: a few epochs.
    pub fn quick(model: ModelId) -> Self {
        let epochs = match model {
            ModelId::Cnn => 3,
            ModelId::Resnet => 4,
        };
        Self {
            epochs,
            ..Self::of(model)
        }
    }

    /// The learning rate of one step of `steps`.
    pub fn learning_rate_at(&self, step: usize, steps: usize) -> f64 {
        let progress = (step as f64 + 0.5) / steps as f64;
        if progress < self.warm_up {
            self.learning_rate * progress / self.warm_up
        } else {
            let down = (progress - self.warm_up) / (1.0 - self.warm_up);
            self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * down).cos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_to_nothing() {
        let recipe = Recipe::of(ModelId::Cnn);
        let rates: Vec<f64> = (0..1000)
            .map(|step| recipe.learning_rate_at(step, 1000))
            .collect();
        let peak = (recipe.warm_up * 1000.0) as usize;
        assert!(rates[..peak].is_sorted());
        assert!(rates[peak..].is_sorted_by(|a, b| a >= b));
        assert!((rates[peak] - recipe.learning_rate).abs() < 1e-2 * recipe.learning_rate);
        assert!(rates[999] < 1e-4 * recipe.learning_rate);
    }
}
