//! Training recipes: the hyperparameters of each model, which the manifest records.

use cpu_backend::{Loss, TrainingConfig};
use serde::{Deserialize, Serialize};
use shared::ModelId;

use crate::data::augment::Augmentation;

/// The hyperparameters of a model: with the seed and the data, they determine its weights.
///
/// In JSON, `kind` names the variant, and some keys are older names of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Recipe {
    #[serde(rename = "deep")]
    Network(NetworkRecipe),
    Svm(SvmRecipe),
    Forest(ForestRecipe),
    Knn(KnnRecipe),
    Logistic(LogisticRecipe),
}

/// The hyperparameters of a network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkRecipe {
    pub epochs: usize,
    #[serde(rename = "batch")]
    pub batch_size: usize,
    /// The largest learning rate, at the end of the warm-up; then it decays to zero along half a cosine.
    pub learning_rate: f64,
    /// The share of all steps in which the learning rate rises linearly from zero.
    pub warm_up: f64,
    /// The weight decay of AdamW.
    pub weight_decay: f32,
    /// The share of a dense layer's inputs that is dropped; pixels of the image are never dropped.
    pub dropout: f64,
    /// The share of each target that is spread evenly over all classes.
    pub label_smoothing: f32,
    /// A batch norm before each ReLU that has none in the table; it is folded into the weights at the end.
    #[serde(rename = "normalise", default)]
    pub batch_norm: bool,
    /// The decay per step of the exponential moving average (EMA) of the weights, which is what is shipped. With 0, the weights
    /// themselves are shipped.
    #[serde(rename = "average", default)]
    pub ema_decay: f64,
    /// The variants of photos are split into this many groups; each epoch trains on one of them, in turn.
    #[serde(rename = "turns", default = "one")]
    pub photo_groups: usize,
    /// Distillation from the teachers; `None` trains on the labels alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<Distillation>,
    pub augmentation: Augmentation,
}

/// Older recipes have no groups.
fn one() -> usize {
    1
}

/// Knowledge distillation (Hinton et al. 2015, arXiv 1503.02531).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distillation {
    /// The weight of the teachers' part of the loss; the labels have the rest.
    #[serde(rename = "share")]
    pub weight: f32,
    /// Divides the logits of student and teachers.
    pub temperature: f32,
    /// Augmented views of each image with teacher logits; the epochs go through them in turn.
    pub views: usize,
}

/// The input of a classical model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// The features of `shared::features`.
    Features,
    /// The 784 pixels, for comparison with the original project.
    Pixels,
}

/// The projection of features to few dimensions: principal components, whitened by the scatter within the classes. Raw pixels are
/// not projected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectionRecipe {
    /// The number of principal components.
    pub components: usize,
    /// Added to the within-class scatter before the whitening, relative to its mean.
    pub ridge: f32,
    /// The number of dimensions of the result.
    pub dimensions: usize,
}

/// The hyperparameters of the support vector machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SvmRecipe {
    pub input: Input,
    pub projection: ProjectionRecipe,
    /// Train on mirrored images as well.
    pub mirror: bool,
    /// The penalty of margin violations.
    pub c: f32,
    /// The width of the RBF kernel, relative to `1 / (dimensions * variance)`, which is scikit-learn's `scale`.
    pub gamma: f32,
}

/// The hyperparameters of the random forest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForestRecipe {
    pub input: Input,
    pub projection: ProjectionRecipe,
    /// Train on mirrored images as well.
    pub mirror: bool,
    pub trees: usize,
    /// Features that each split chooses from.
    #[serde(rename = "tried")]
    pub max_features: usize,
    /// The least number of different images in a leaf.
    #[serde(rename = "leaf")]
    pub min_samples_leaf: u32,
}

/// The hyperparameters of k-nearest neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnnRecipe {
    pub input: Input,
    pub projection: ProjectionRecipe,
    pub neighbours: usize,
    /// The bandwidth of the neighbours' weights, relative to the mean squared distance to the nearest neighbour.
    #[serde(rename = "width")]
    pub bandwidth: f32,
}

/// The hyperparameters of logistic regression.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticRecipe {
    pub input: Input,
    /// Train on mirrored images as well.
    pub mirror: bool,
    /// The L2 penalty: the factor of half the sum of squared weights, added to the sum of the losses.
    pub alpha: f32,
    pub iterations: u64,
}

/// The common part of the networks' recipes. Distillation is most of the loss, so little other regularisation is needed.
const DISTILLED: NetworkRecipe = NetworkRecipe {
    epochs: 0,
    batch_size: 128,
    learning_rate: 3e-3,
    warm_up: 0.1,
    weight_decay: 0.05,
    dropout: 0.0,
    label_smoothing: 0.0,
    batch_norm: true,
    ema_decay: 0.998,
    photo_groups: 4,
    distillation: Some(Distillation {
        weight: 0.9,
        temperature: 2.0,
        views: 12,
    }),
    augmentation: Augmentation {
        flip: true,
        shift: 1,
        erase: 0.1,
        mix: 0.0,
    },
};

impl Recipe {
    /// The full recipe of a model.
    pub fn for_model(model: ModelId) -> Self {
        match model {
            ModelId::Cnn => Self::Network(NetworkRecipe {
                epochs: 150,
                dropout: 0.1,
                ..DISTILLED
            }),
            // A small network underfits: less weight decay.
            ModelId::Resnet => Self::Network(NetworkRecipe {
                epochs: 150,
                learning_rate: 4e-3,
                weight_decay: 0.02,
                ..DISTILLED
            }),
            ModelId::Mlp => Self::Network(NetworkRecipe {
                epochs: 200,
                batch_size: 256,
                ..DISTILLED
            }),
            ModelId::Svm => Self::Svm(SvmRecipe {
                input: Input::Features,
                projection: ProjectionRecipe {
                    components: 300,
                    ridge: 1.0,
                    dimensions: 96,
                },
                mirror: false,
                c: 5.0,
                gamma: 1.5,
            }),
            ModelId::Forest => Self::Forest(ForestRecipe {
                input: Input::Features,
                projection: ProjectionRecipe {
                    components: 300,
                    ridge: 0.02,
                    dimensions: 96,
                },
                mirror: false,
                trees: 200,
                max_features: 8,
                min_samples_leaf: 2,
            }),
            ModelId::Knn => Self::Knn(KnnRecipe {
                input: Input::Features,
                projection: ProjectionRecipe {
                    components: 300,
                    ridge: 0.05,
                    dimensions: 48,
                },
                neighbours: 15,
                bandwidth: 0.3,
            }),
            ModelId::Logistic => Self::Logistic(LogisticRecipe {
                input: Input::Features,
                mirror: false,
                alpha: 3.0,
                iterations: 150,
            }),
        }
    }

    /// A recipe that trains in minutes, with lower accuracy.
    pub fn quick(model: ModelId) -> Self {
        let full = Self::for_model(model);
        match full {
            // Little augmentation and no teachers: the fastest in few epochs.
            Self::Network(network) => Self::Network(NetworkRecipe {
                epochs: match model {
                    ModelId::Cnn => 10,
                    ModelId::Resnet => 16,
                    _ => 30,
                },
                batch_size: 128,
                learning_rate: 4e-3,
                weight_decay: 0.05,
                dropout: match model {
                    ModelId::Cnn => 0.3,
                    ModelId::Resnet => 0.0,
                    _ => 0.2,
                },
                ema_decay: 0.99,
                distillation: None,
                augmentation: Augmentation {
                    flip: true,
                    shift: usize::from(model == ModelId::Mlp),
                    erase: 0.0,
                    mix: 0.0,
                },
                ..network
            }),
            Self::Logistic(logistic) => Self::Logistic(LogisticRecipe {
                iterations: 60,
                mirror: false,
                ..logistic
            }),
            Self::Forest(forest) => Self::Forest(ForestRecipe {
                trees: 50,
                mirror: false,
                ..forest
            }),
            Self::Svm(svm) => Self::Svm(SvmRecipe {
                mirror: false,
                ..svm
            }),
            Self::Knn(_) => full,
        }
    }

    /// The recipe of a classical model on raw pixels; `None` for a network, which always takes raw pixels.
    pub fn for_raw_pixels(model: ModelId) -> Option<Self> {
        let input = Input::Pixels;
        match Self::for_model(model) {
            Self::Network(_) => None,
            Self::Svm(svm) => Some(Self::Svm(SvmRecipe {
                input,
                mirror: false,
                ..svm
            })),
            Self::Forest(forest) => Some(Self::Forest(ForestRecipe {
                input,
                mirror: false,
                // The square root of 784.
                max_features: 28,
                ..forest
            })),
            Self::Knn(knn) => Some(Self::Knn(KnnRecipe {
                input,
                neighbours: 5,
                ..knn
            })),
            Self::Logistic(logistic) => Some(Self::Logistic(LogisticRecipe {
                input,
                mirror: false,
                ..logistic
            })),
        }
    }
}

impl NetworkRecipe {
    /// The settings of the training backend.
    pub fn training_config(&self) -> TrainingConfig {
        TrainingConfig {
            batch_norm: self.batch_norm,
            dropout: self.dropout,
            weight_decay: self.weight_decay,
            ema_decay: self.ema_decay,
            loss: Loss {
                label_smoothing: self.label_smoothing,
                distillation_weight: self.distillation.map_or(0.0, |d| d.weight),
                temperature: self.distillation.map_or(1.0, |d| d.temperature),
            },
        }
    }

    /// The learning rate of a step, counted from 0, of `steps`: linear warm-up, then cosine decay.
    pub fn learning_rate_at(&self, step: usize, steps: usize) -> f64 {
        let progress = (step as f64 + 0.5) / steps as f64;
        if progress < self.warm_up {
            self.learning_rate * progress / self.warm_up
        } else {
            let decay = (progress - self.warm_up) / (1.0 - self.warm_up);
            self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * decay).cos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_rises_to_its_peak_and_decays_to_zero() {
        let Recipe::Network(recipe) = Recipe::for_model(ModelId::Cnn) else {
            panic!("the CNN is a network");
        };
        let rates: Vec<f64> = (0..1000)
            .map(|step| recipe.learning_rate_at(step, 1000))
            .collect();
        let peak = (recipe.warm_up * 1000.0) as usize;
        assert!(rates[..peak].is_sorted());
        assert!(rates[peak..].is_sorted_by(|a, b| a >= b));
        assert!((rates[peak] - recipe.learning_rate).abs() < 1e-2 * recipe.learning_rate);
        assert!(rates[999] < 1e-4 * recipe.learning_rate);
    }

    #[test]
    fn recipes_survive_a_round_trip_through_json() {
        for model in ModelId::ALL {
            let recipes = [
                Some(Recipe::for_model(model)),
                Some(Recipe::quick(model)),
                Recipe::for_raw_pixels(model),
            ];
            for recipe in recipes.into_iter().flatten() {
                let json = serde_json::to_string(&recipe).unwrap();
                assert_eq!(
                    serde_json::from_str::<Recipe>(&json).unwrap(),
                    recipe,
                    "{json}"
                );
            }
        }
    }
}
