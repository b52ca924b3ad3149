//! Trains the stages of a network's recipe; their weights are not kept.

use std::path::PathBuf;

use shared::ModelId;

use super::train::{run_name, subject};
use super::{Weights, WeightsError};
use crate::ablation::{Ablation, Row, stages};
use crate::data::split::{VALIDATION, split};
use crate::device::DeviceKind;
use crate::evaluate::rounded;
use crate::fit::checkpoint::Checkpoint;
use crate::fit::progress::RunControl;
use crate::fit::recipe::NetworkRecipe;
use crate::fit::train_loop::{FitError, train};
use crate::manifest;
use crate::training_data::TrainingData;

impl Weights {
    /// What was trained before.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn ablation(&self) -> Result<Ablation, WeightsError> {
        Ok(manifest::read(&self.ablation_path())?.unwrap_or_default())
    }

    /// Trains the stages that were not trained from this seed before, and records each as soon as it is done.
    ///
    /// # Errors
    /// See [`WeightsError`]; a run that was stopped goes on with the next call.
    pub fn ablate(
        &self,
        model: ModelId,
        whole: &NetworkRecipe,
        seed: u64,
        data: &TrainingData,
        control: RunControl,
    ) -> Result<(), WeightsError> {
        let device = DeviceKind::Cpu;
        let parts = split(&data.fashion_mnist.train, VALIDATION);
        let mut known = self.ablation()?;
        for stage in stages(whole) {
            if known.knows(model, &stage.recipe, seed) {
                continue;
            }
            println!("{:>6} with {}", model.title(), stage.added);
            let run = Self::run(stage.recipe, seed, device, data);
            let taught = self.taught(&run, device, data, control)?;
            let answers = taught.map(|(answers, _)| answers);
            let checkpoint = Checkpoint::new(self.checkpoints().join(run_name(model, &run)));
            let answers = answers.as_ref();
            let trained = train(
                subject(model),
                run,
                &parts,
                device,
                answers,
                &checkpoint,
                control,
            )?;
            let epochs = &trained.run.epochs;
            let best = trained.run.best();
            known.rows.push(Row {
                model,
                added: stage.added.into(),
                recipe: stage.recipe,
                seed,
                validation_accuracy: rounded(best.map_or(0.0, |e| e.validation_accuracy)),
                seconds: rounded(epochs.iter().map(|e| e.seconds).sum()),
            });
            manifest::write(&self.ablation_path(), &known)?;
            checkpoint.clear().map_err(FitError::from)?;
        }
        Ok(())
    }

    fn ablation_path(&self) -> PathBuf {
        self.0.join("ablation.json")
    }
}
