//! What a training run is made of, as a value that is saved beside the weights.

use serde::{Deserialize, Serialize};
use shared::ModelId;

use super::learner::Objective;
use crate::data::augment::Augmentation;

/// Everything that decides a model's training, but the seed and the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Recipe {
    Deep(Deep),
    Svm(Svm),
    Forest(Forest),
    Knn(Knn),
    Logistic(Logistic),
}

/// A network's training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deep {
    pub epochs: usize,
    pub batch: usize,
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
    #[serde(default)]
    pub normalise: bool,
    /// How slowly the running mean of the weights, which is what is kept, follows them: its decay at each step. 0: the
    /// weights themselves are kept.
    #[serde(default)]
    pub average: f64,
    /// In how many parts photos' variants are shown, an epoch each.
    #[serde(default = "one")]
    pub turns: usize,
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
    pub share: f32,
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
pub struct Projection {
    /// Principal components to begin with.
    pub components: usize,
    /// Added to the scatter within the classes before it is divided by, as a share of its mean.
    pub ridge: f32,
    /// How many numbers are kept.
    pub dimensions: usize,
}

/// A support vector machine's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Svm {
    pub input: Input,
    pub projection: Projection,
    /// Trains on mirrored pictures too.
    pub mirror: bool,
    pub c: f32,
    /// Over dimensions and variance: scikit-learn's `scale` is 1.
    pub gamma: f32,
}

/// A random forest's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    pub input: Input,
    pub projection: Projection,
    /// Trains on mirrored pictures too.
    pub mirror: bool,
    pub trees: usize,
    /// Features that are tried at each split.
    pub tried: usize,
    /// Different pictures that a leaf has at least.
    pub leaf: u32,
}

/// K nearest neighbours'.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knn {
    pub input: Input,
    pub projection: Projection,
    pub neighbours: usize,
    /// How fast a neighbour's weight falls with its squared distance, of the mean one to the nearest.
    pub width: f32,
}

/// Logistic regression's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    pub input: Input,
    /// Trains on mirrored pictures too.
    pub mirror: bool,
    /// The penalty on half the weights' squares, against the sum of the pictures' losses.
    pub alpha: f32,
    pub iterations: u64,
}

/// What the networks' recipes have in common: the teacher is most of the loss, so little else has to keep them from learning
/// by heart.
const TAUGHT: Deep = Deep {
    epochs: 0,
    batch: 128,
    learning_rate: 3e-3,
    warm_up: 0.1,
    weight_decay: 0.05,
    dropout: 0.0,
    label_smoothing: 0.0,
    normalise: true,
    average: 0.998,
    turns: 4,
    distillation: Some(Distillation {
        share: 0.9,
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
    pub fn of(model: ModelId) -> Self {
        match model {
            ModelId::Cnn => Self::Deep(Deep {
                epochs: 150,
                dropout: 0.1,
                ..TAUGHT
            }),
            // Small enough to underfit: lighter settings.
            ModelId::Resnet => Self::Deep(Deep {
                epochs: 150,
                learning_rate: 4e-3,
                weight_decay: 0.02,
                ..TAUGHT
            }),
            ModelId::Mlp => Self::Deep(Deep {
                epochs: 200,
                batch: 256,
                ..TAUGHT
            }),
            ModelId::Svm => Self::Svm(Svm {
                input: Input::Features,
                projection: Projection {
                    components: 300,
                    ridge: 1.0,
                    dimensions: 96,
                },
                mirror: false,
                c: 5.0,
                gamma: 1.5,
            }),
            ModelId::Forest => Self::Forest(Forest {
                input: Input::Features,
                projection: Projection {
                    components: 300,
                    ridge: 0.02,
                    dimensions: 96,
                },
                mirror: false,
                trees: 200,
                tried: 8,
                leaf: 2,
            }),
            ModelId::Knn => Self::Knn(Knn {
                input: Input::Features,
                projection: Projection {
                    components: 300,
                    ridge: 0.05,
                    dimensions: 48,
                },
                neighbours: 15,
                width: 0.3,
            }),
            ModelId::Logistic => Self::Logistic(Logistic {
                input: Input::Features,
                mirror: false,
                alpha: 3.0,
                iterations: 150,
            }),
        }
    }

    /// A recipe for a first look, in minutes.
    pub fn quick(model: ModelId) -> Self {
        let full = Self::of(model);
        match full {
            // Norms and light augmentation learn fastest.
            Self::Deep(deep) => Self::Deep(Deep {
                epochs: match model {
                    ModelId::Cnn => 10,
                    ModelId::Resnet => 16,
                    _ => 30,
                },
                batch: 128,
                learning_rate: 4e-3,
                weight_decay: 0.05,
                dropout: match model {
                    ModelId::Cnn => 0.3,
                    ModelId::Resnet => 0.0,
                    _ => 0.2,
                },
                average: 0.99,
                distillation: None,
                augmentation: Augmentation {
                    flip: true,
                    shift: usize::from(model == ModelId::Mlp),
                    erase: 0.0,
                    mix: 0.0,
                },
                ..deep
            }),
            Self::Logistic(logistic) => Self::Logistic(Logistic {
                iterations: 60,
                mirror: false,
                ..logistic
            }),
            Self::Forest(forest) => Self::Forest(Forest {
                trees: 50,
                mirror: false,
                ..forest
            }),
            Self::Svm(svm) => Self::Svm(Svm {
                mirror: false,
                ..svm
            }),
            Self::Knn(_) => full,
        }
    }

    /// A classical model's recipe on raw pixels; `None` of a network, which sees nothing else.
    pub fn raw(model: ModelId) -> Option<Self> {
        let input = Input::Pixels;
        match Self::of(model) {
            Self::Deep(_) => None,
            Self::Svm(svm) => Some(Self::Svm(Svm {
                input,
                mirror: false,
                ..svm
            })),
            Self::Forest(forest) => Some(Self::Forest(Forest {
                input,
                mirror: false,
                // The root of 784.
                tried: 28,
                ..forest
            })),
            Self::Knn(knn) => Some(Self::Knn(Knn {
                input,
                neighbours: 5,
                ..knn
            })),
            Self::Logistic(logistic) => Some(Self::Logistic(Logistic {
                input,
                mirror: false,
                ..logistic
            })),
        }
    }
}

impl Deep {
    /// What is minimised.
    pub fn objective(&self) -> Objective {
        Objective {
            label_smoothing: self.label_smoothing,
            teacher_share: self.distillation.map_or(0.0, |d| d.share),
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
        let Recipe::Deep(recipe) = Recipe::of(ModelId::Cnn) else {
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
                Some(Recipe::of(model)),
                Some(Recipe::quick(model)),
                Recipe::raw(model),
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
