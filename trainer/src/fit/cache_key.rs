//! Keys of the training results that are cached on disk: checkpoints and teacher logits.
//!
//! Each key is spelled out field by field, so that renaming a field or a type in the code does not invalidate hours of training. The
//! words are those of the first stored runs. Change a key only when its meaning changes.

use super::checkpoint::RunState;
use super::recipe::{Distillation, NetworkRecipe};
use crate::data::augment::Augmentation;

/// The key of a run, however far it is.
pub fn run(run: &RunState) -> String {
    format!(
        "Progress {{ recipe: {}, seed: {}, device: {:?}, data: {:?}, epochs: [], best: 0 }}",
        recipe(&run.recipe),
        run.seed,
        run.device,
        run.data
    )
}

/// The key of teacher logits: the augmentation of the views, the hash of the teachers' weights, and the seed of the views.
pub fn teacher_logits(views: &Augmentation, teachers: &str, seed: u64) -> String {
    format!("{} {teachers} {seed}", augmentation(views))
}

fn recipe(recipe: &NetworkRecipe) -> String {
    format!(
        "Deep {{ epochs: {}, batch: {}, learning_rate: {:?}, warm_up: {:?}, weight_decay: {:?}, dropout: {:?}, \
         label_smoothing: {:?}, normalise: {}, average: {:?}, turns: {}, distillation: {}, augmentation: {} }}",
        recipe.epochs,
        recipe.batch_size,
        recipe.learning_rate,
        recipe.warm_up,
        recipe.weight_decay,
        recipe.dropout,
        recipe.label_smoothing,
        recipe.batch_norm,
        recipe.ema_decay,
        recipe.photo_groups,
        distillation(recipe.distillation.as_ref()),
        augmentation(&recipe.augmentation)
    )
}

fn distillation(distillation: Option<&Distillation>) -> String {
    distillation.map_or("None".into(), |d| {
        format!(
            "Some(Distillation {{ share: {:?}, temperature: {:?}, views: {} }})",
            d.weight, d.temperature, d.views
        )
    })
}

fn augmentation(augmentation: &Augmentation) -> String {
    format!(
        "Augmentation {{ flip: {}, shift: {}, erase: {:?}, mix: {:?} }}",
        augmentation.flip, augmentation.shift, augmentation.erase, augmentation.mix
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Recipe;
    use shared::ModelId;

    #[test]
    fn keys_match_the_stored_runs() {
        let Recipe::Network(cnn) = Recipe::for_model(ModelId::Cnn) else {
            panic!("the CNN is a network");
        };
        let started = RunState::new(cnn, 42, "cpu", "c59f");
        assert_eq!(
            run(&started),
            "Progress { recipe: Deep { epochs: 150, batch: 128, learning_rate: 0.003, warm_up: 0.1, weight_decay: 0.05, \
             dropout: 0.1, label_smoothing: 0.0, normalise: true, average: 0.998, turns: 4, distillation: \
             Some(Distillation { share: 0.9, temperature: 2.0, views: 12 }), augmentation: Augmentation { flip: true, \
             shift: 1, erase: 0.1, mix: 0.0 } }, seed: 42, device: \"cpu\", data: \"c59f\", epochs: [], best: 0 }"
        );
        let bare = RunState {
            recipe: NetworkRecipe {
                distillation: None,
                ..cnn
            },
            ..started
        };
        assert!(run(&bare).contains("turns: 4, distillation: None, augmentation: Augmentation {"));
        assert_eq!(
            teacher_logits(&cnn.augmentation, "ab12", 20_260),
            "Augmentation { flip: true, shift: 1, erase: 0.1, mix: 0.0 } ab12 20260"
        );
    }
}
