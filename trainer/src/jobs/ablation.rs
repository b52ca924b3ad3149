//! Ablation: trains the stages of a network's recipe and records their accuracy. The weights are not kept.

use std::path::PathBuf;

use shared::ModelId;

use super::JobError;
use super::train::{network_spec, new_run, run_name, teacher_logits};
use crate::ablation::{Ablation, AblationRow, stages};
use crate::atomic_file::{read_json, write_json};
use crate::data::split::{VALIDATION, split};
use crate::device::DeviceKind;
use crate::evaluate::rounded;
use crate::fit::checkpoint::Checkpoint;
use crate::fit::progress::RunControl;
use crate::fit::recipe::NetworkRecipe;
use crate::fit::train_loop::{FitError, train};
use crate::training_data::TrainingData;
use crate::weights_store::{StoreError, WeightsStore};

/// The recorded ablation, empty if there is none.
///
/// # Errors
/// The file is damaged.
pub fn recorded(store: &WeightsStore) -> Result<Ablation, StoreError> {
    Ok(read_json(&path(store))
        .map_err(StoreError::from)?
        .unwrap_or_default())
}

/// Trains the stages that are not recorded for this seed, and records each when it is done.
///
/// # Errors
/// See [`JobError`]. An interrupted run is resumed by the next call.
pub fn run(
    store: &WeightsStore,
    model: ModelId,
    whole: &NetworkRecipe,
    seed: u64,
    data: &TrainingData,
    control: RunControl,
) -> Result<(), JobError> {
    let device = DeviceKind::Cpu;
    let parts = split(&data.fashion_mnist.train, VALIDATION);
    let mut known = recorded(store)?;
    for stage in stages(whole) {
        if known.contains(model, &stage.recipe, seed) {
            continue;
        }
        println!("{:>6} with {}", model.title(), stage.added);
        let run = new_run(stage.recipe, seed, device, data);
        let distillation = teacher_logits(store, &run, device, data, control)?;
        let logits = distillation.map(|(logits, _)| logits);
        let checkpoint = Checkpoint::new(store.checkpoints().join(run_name(model, &run)));
        let trained = train(
            network_spec(model),
            run,
            &parts,
            device,
            logits.as_ref(),
            &checkpoint,
            control,
        )?;
        let epochs = &trained.run.epochs;
        let best = trained.run.best();
        known.rows.push(AblationRow {
            model,
            added: stage.added.into(),
            recipe: stage.recipe,
            seed,
            validation_accuracy: rounded(best.map_or(0.0, |e| e.validation_accuracy)),
            seconds: rounded(epochs.iter().map(|e| e.seconds).sum()),
        });
        write_json(&path(store), &known).map_err(StoreError::from)?;
        checkpoint.clear().map_err(FitError::from)?;
    }
    Ok(())
}

fn path(store: &WeightsStore) -> PathBuf {
    store.folder().join("ablation.json")
}
