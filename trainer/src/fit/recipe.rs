//! What a training run is made of, as a value that is saved beside the weights.

use serde::{Deserialize, Serialize};
use shared::ModelId;

use super::backend::Objective;
use crate::data::augment::Augmentation;

/// Everything that decides a model's training, but the seed and the data.
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

/// A network's training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkRecipe {
    pub epochs: usize,
    #[serde(rename = "batch")]
    pub batch_size: usize,
    /// The peak: reached after [`warm_up`](Self::warm_up) of the steps, then a half cosine down to zero.
    pub learning_rate: f64,
    /// The share of all steps that lead up to the peak.
    pub warm_up: f64,
    /// AdamW's.
    pub weight_decay: f32,
    /// The share of a dense layer's input that is dropped; never of the picture itself.
    pub dropout: f64,
    /// The share of each target spread evenly over all classes.
    pub label_smoothing: f32,
    /// Batch norms before each ReLU that has none, taken into the weights at the end.
    #[serde(rename = "normalise", default)]
    pub batch_norm: bool,
    /// How slowly the running mean of the weights, which is what is kept, follows them: its decay at each step. 0: the
    /// weights themselves are kept.
    #[serde(rename = "average", default)]
    pub ema_decay: f64,
    /// In how many parts photos' variants are shown, an epoch each.
    #[serde(rename = "turns", default = "one")]
    pub photo_groups: usize,
    /// What a teacher adds to the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<Distillation>,
    pub augmentation: Augmentation,
}

/// Recipes of before there were turns.
fn one() -> usize {
    1
}

/// Learning from a teacher's answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distillation {
    /// The teacher's share of the loss; the labels have the rest.
    #[serde(rename = "share")]
    pub weight: f32,
    /// What both sides' logits are divided by.
    pub temperature: f32,
    /// How many views of each picture the teachers are asked about; the epochs show them in turn.
    pub views: usize,
}

/// What a classical model sees of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// `shared::features`.
    Features,
    /// 784 bytes, for the comparison with the original.
    Pixels,
}

/// The way from features to a place among the training pictures; raw pixels are taken as they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectionRecipe {
    /// Principal components to begin with.
    pub components: usize,
    /// Added to the scatter within the classes before it is divided by, as a share of its mean.
    pub ridge: f32,
    /// How many numbers are kept.
    pub dimensions: usize,
}

/// A support vector machine's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SvmRecipe {
    pub input: Input,
    pub projection: ProjectionRecipe,
    /// Trains on mirrored pictures too.
    pub mirror: bool,
    pub c: f32,
    /// Over dimensions and variance: scikit-learn's `scale` is 1.
    pub gamma: f32,
}

/// A random forest's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForestRecipe {
    pub input: Input,
    pub projection: ProjectionRecipe,
    /// Trains on mirrored pictures too.
    pub mirror: bool,
    pub trees: usize,
    /// Features that are tried at each split.
    #[serde(rename = "tried")]
    pub max_features: usize,
    /// Different pictures that a leaf has at least.
    #[serde(rename = "leaf")]
    pub min_samples_leaf: u32,
}

/// K nearest neighbours'.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnnRecipe {
    pub input: Input,
    pub projection: ProjectionRecipe,
    pub neighbours: usize,
    /// How fast a neighbour's weight falls with its squared distance, of the mean one to the nearest.
    #[serde(rename = "width")]
    pub bandwidth: f32,
}

/// Logistic regression's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticRecipe {
    pub input: Input,
    /// Trains on mirrored pictures too.
    pub mirror: bool,
    /// The penalty on half the weights' squares, against the sum of the pictures' losses.
    pub alpha: f32,
    pub iterations: u64,
}

/// What the networks' recipes have in common: the teacher is most of the loss, so little else has to keep them from learning
/// by heart.
const TAUGHT: NetworkRecipe = NetworkRecipe {
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
    /// A model's full recipe.
    pub fn for_model(model: ModelId) -> Self {
        match model {
            ModelId::Cnn => Self::Network(NetworkRecipe {
                epochs: 150,
                dropout: 0.1,
                ..TAUGHT
            }),
            // Small enough to underfit: lighter settings.
            ModelId::Resnet => Self::Network(NetworkRecipe {
                epochs: 150,
                learning_rate: 4e-3,
                weight_decay: 0.02,
                ..TAUGHT
            }),
            ModelId::Mlp => Self::Network(NetworkRecipe {
                epochs: 200,
                batch_size: 256,
                ..TAUGHT
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

    /// A recipe for a first look, in minutes.
    pub fn quick(model: ModelId) -> Self {
        let full = Self::for_model(model);
        match full {
            // Norms and light augmentation learn fastest.
            Self::Network(deep) => Self::Network(NetworkRecipe {
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
                ..deep
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

    /// A classical model's recipe on raw pixels; `None` of a network, which sees nothing else.
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
                // The root of 784.
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
    /// What is minimised.
    pub fn objective(&self) -> Objective {
        Objective {
            label_smoothing: self.label_smoothing,
            teacher_share: self.distillation.map_or(0.0, |d| d.weight),
            temperature: self.distillation.map_or(1.0, |d| d.temperature),
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
    fn a_recipe_is_read_from_json_as_it_was_written() {
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
