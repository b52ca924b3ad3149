//! What each part of a network's recipe gains: the recipe is put together part by part, and each stage trained.
//!
//! Judged on the validation split: the test pictures choose nothing.

use serde::{Deserialize, Serialize};
use shared::ModelId;

use crate::data::augment::Augmentation;
use crate::fit::recipe::NetworkRecipe;

/// A stage: the recipe as far as it is put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// What was added last.
    pub added: &'static str,
    pub recipe: NetworkRecipe,
}

/// Epochs of every stage but the last, which has the recipe's own.
const EPOCHS: usize = 20;

/// Adds a part of the whole recipe to the one that is put together.
type Add<'a> = dyn Fn(&mut NetworkRecipe) + 'a;

/// The stages of a recipe, from the bare table to the whole; a part that it does not have is no stage.
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

/// One trained stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub model: ModelId,
    pub added: String,
    pub recipe: NetworkRecipe,
    pub seed: u64,
    /// Share of the validation split that is answered right.
    pub validation_accuracy: f64,
    pub seconds: f64,
}

/// All that was trained so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ablation {
    pub rows: Vec<Row>,
}

impl Ablation {
    /// Whether this stage was trained from this seed.
    pub fn knows(&self, model: ModelId, recipe: &NetworkRecipe, seed: u64) -> bool {
        self.of(model, recipe).any(|row| row.seed == seed)
    }

    /// A stage's rows, one for each seed.
    pub fn of(&self, model: ModelId, recipe: &NetworkRecipe) -> impl Iterator<Item = &Row> {
        let rows = self.rows.iter();
        rows.filter(move |row| row.model == model && row.recipe == *recipe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Recipe;

    #[test]
    fn the_stages_lead_to_the_whole_recipe_and_each_adds_something() {
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
