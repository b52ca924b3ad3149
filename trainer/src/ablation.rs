//! Ablation of a network's recipe: its parts are added one by one, and each stage is trained.
//!
//! The stages are compared on the validation split; the test images are not used.

use serde::{Deserialize, Serialize};
use shared::ModelId;

use crate::data::augment::Augmentation;
use crate::fit::recipe::NetworkRecipe;

/// A recipe with some of its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// The part that this stage adds to the one before.
    pub added: &'static str,
    pub recipe: NetworkRecipe,
}

/// Epochs of every stage but the last, which has as many as the whole recipe.
const EPOCHS: usize = 20;

/// Adds a part of the whole recipe to another.
type Add<'a> = dyn Fn(&mut NetworkRecipe) + 'a;

/// The stages of a recipe, from the plain network to the whole; parts that the recipe lacks are left out.
pub fn stages(whole: &NetworkRecipe) -> Vec<Stage> {
    let mut recipe = NetworkRecipe {
        epochs: EPOCHS.min(whole.epochs),
        dropout: 0.0,
        label_smoothing: 0.0,
        batch_norm: false,
        ema_decay: 0.0,
        distillation: None,
        augmentation: Augmentation::default(),
        ..*whole
    };
    let mut stages = vec![Stage {
        added: "AdamW, warm-up and cosine decay",
        recipe,
    }];
    let parts: [(&'static str, &Add); 9] = [
        ("horizontal flips", &|r| {
            r.augmentation.flip = whole.augmentation.flip
        }),
        ("shifts", &|r| {
            r.augmentation.shift = whole.augmentation.shift
        }),
        ("random erasing", &|r| {
            r.augmentation.erase = whole.augmentation.erase
        }),
        ("mixup", &|r| r.augmentation.mix = whole.augmentation.mix),
        ("dropout", &|r| r.dropout = whole.dropout),
        ("batch norm, folded at the end", &|r| {
            r.batch_norm = whole.batch_norm
        }),
        ("EMA of the weights", &|r| r.ema_decay = whole.ema_decay),
        ("distillation", &|r| r.distillation = whole.distillation),
        ("all epochs", &|r| *r = *whole),
    ];
    for (added, add) in parts {
        let before = recipe;
        add(&mut recipe);
        if recipe != before {
            stages.push(Stage { added, recipe });
        }
    }
    stages
}

/// A trained stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AblationRow {
    pub model: ModelId,
    pub added: String,
    pub recipe: NetworkRecipe,
    pub seed: u64,
    pub validation_accuracy: f64,
    pub seconds: f64,
}

/// All stages trained so far: `weights/ablation.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ablation {
    pub rows: Vec<AblationRow>,
}

impl Ablation {
    /// Whether this stage was trained with this seed.
    pub fn contains(&self, model: ModelId, recipe: &NetworkRecipe, seed: u64) -> bool {
        self.rows_of(model, recipe).any(|row| row.seed == seed)
    }

    /// The rows of a stage, one per seed.
    pub fn rows_of(
        &self,
        model: ModelId,
        recipe: &NetworkRecipe,
    ) -> impl Iterator<Item = &AblationRow> {
        let rows = self.rows.iter();
        rows.filter(move |row| row.model == model && row.recipe == *recipe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Recipe;

    #[test]
    fn each_stage_adds_a_part_and_the_last_is_the_whole_recipe() {
        for model in ModelId::DEEP {
            let Recipe::Network(whole) = Recipe::for_model(model) else {
                panic!("{model} is a network");
            };
            let stages = stages(&whole);
            assert_eq!(stages.last().unwrap().recipe, whole);
            assert!(stages.windows(2).all(|two| two[0].recipe != two[1].recipe));
        }
    }
}
