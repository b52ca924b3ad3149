//! Trains a network: AdamW, one rise and fall of the learning rate, the epoch chosen on the validation split.

use std::thread;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shared::artifact::Artifact;
use shared::model::Layer;
use shared::model::layer::{fold, training_parameters};
use shared::model::tensors::of_network;
use thiserror::Error;

use super::backend::Learner;
use super::batches::Batches;
use super::burn_backend::Burn;
use super::checkpoint::{Checkpoint, CheckpointError, EpochMetrics, RunState};
use super::cpu::{Cpu, Frozen};
use super::distillation::TeacherLogits;
use super::progress::Meter;
pub use super::progress::RunControl;
use super::recipe::NetworkRecipe;
use crate::data::split::Split;
use crate::device::DeviceKind;
use crate::evaluate::{EvaluationError, rounded};

/// What is trained: a table of layers and its names.
#[derive(Clone, Copy, Debug)]
pub struct NetworkSpec {
    /// In the weights file.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    pub layers: &'static [Layer],
}

/// Why a training run ended without weights.
#[derive(Debug, Error)]
pub enum FitError {
    #[error(
        "stopped after epoch {epoch} of {epochs} of {model}: run the same command again to go on from there"
    )]
    Interrupted {
        model: &'static str,
        epoch: usize,
        epochs: usize,
    },
    #[error(
        "the loss of {model} is no longer a number after epoch {epoch}: lower the learning rate and train again"
    )]
    Diverged { model: &'static str, epoch: usize },
    #[error("there is nothing to train on: the training split is empty")]
    NoExamples,
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Network(#[from] shared::network::NetworkError),
    #[error(transparent)]
    Artifact(#[from] shared::artifact::ArtifactError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error("a batch could not be made: please report it")]
    Batch,
    #[error("the device gave nothing back: {0}")]
    Device(String),
    #[error("the checkpoint's part {0} is damaged or another recipe's: delete it to begin anew")]
    Restore(&'static str),
}

/// A trained network.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The weights file of the best epoch.
    pub artifact: Vec<u8>,
    pub run: RunState,
}

/// Trains until the recipe's last epoch, from the checkpoint where it is the same run's.
///
/// # Errors
/// See [`FitError`]; a stop leaves a checkpoint behind.
pub fn fit(
    subject: NetworkSpec,
    run: RunState,
    split: &Split,
    device: DeviceKind,
    teacher: Option<&TeacherLogits>,
    checkpoint: &Checkpoint,
    control: RunControl,
) -> Result<Fitted, FitError> {
    if split.train.is_empty() {
        return Err(FitError::NoExamples);
    }
    let mut run = run;
    let recipe = run.recipe;
    let mut learner = learner(subject.layers, &recipe, run.seed, device)?;
    let mut best = Vec::new();
    match checkpoint.progress()? {
        Some(saved) if saved.same_run(&run) => {
            let (state, weights) = checkpoint.load(&saved, learner.parts())?;
            learner.restore(state)?;
            (best, run) = (weights, saved);
        }
        Some(_) => checkpoint.clear()?,
        None => {}
    }
    let shown = split.epoch_indices(recipe.photo_groups, 0).count();
    let meter = Meter::new(subject.title, recipe.epochs, &run, shown, control);
    while run.epochs.len() < recipe.epochs {
        let number = run.epochs.len() + 1;
        let started = Instant::now();
        let batches = Batches::new(split, teacher, &recipe, run.seed, number);
        let taught = teach(learner.as_mut(), &run, batches, &meter, subject)?;
        if !taught.loss.is_finite() {
            return Err(FitError::Diverged {
                model: subject.name,
                epoch: number,
            });
        }
        let values = fold(subject.layers, recipe.batch_norm, learner.values()?);
        let artifact = of_network(subject.name, subject.layers, values).to_bytes()?;
        // Measured on what would be shipped: folded, read back, rounded as the file is.
        let mut frozen = Frozen::of(subject.layers, &Artifact::from_bytes(&artifact)?);
        let validation = frozen.evaluate(&split.validation);
        let accuracy = validation.confusion.accuracy();
        let epoch = EpochMetrics {
            epoch: number,
            learning_rate: taught.learning_rate,
            train_loss: rounded(taught.loss),
            train_accuracy: rounded(taught.accuracy),
            validation_loss: rounded(validation.loss),
            validation_accuracy: accuracy,
            seconds: rounded(started.elapsed().as_secs_f64()),
        };
        let beaten = run
            .epochs
            .get(run.best.wrapping_sub(1))
            .is_none_or(|b| accuracy > b.validation_accuracy);
        if beaten {
            run.best = number;
            best = artifact;
        }
        run.epochs.push(epoch);
        checkpoint.save(&run, &learner.state()?, &best)?;
        meter.epoch(&epoch, beaten);
    }
    Ok(Fitted {
        artifact: best,
        run,
    })
}

/// A network on its device, its weights drawn from the seed: the same on every device.
///
/// # Errors
/// The device does not take them.
pub fn learner(
    layers: &'static [Layer],
    recipe: &NetworkRecipe,
    seed: u64,
    device: DeviceKind,
) -> Result<Box<dyn Learner>, FitError> {
    let values = initial(layers, recipe.batch_norm, seed);
    Ok(match device.burn() {
        None => Box::new(Cpu::new(layers, recipe, &values)),
        Some(device) => Box::new(Burn::new(layers, recipe, values, device)?),
    })
}

/// Values to begin with: weights uniform so that the signal keeps its size through ReLUs (He et al. 2015,
/// arXiv 1502.01852), biases 0, and batch norms that change nothing.
pub fn initial(layers: &[Layer], normalise: bool, seed: u64) -> Vec<Vec<f32>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let parameters = training_parameters(layers, normalise).into_iter();
    let values = parameters.map(|parameter| {
        let count = parameter.shape.iter().product();
        let of_norm = parameter.name.ends_with("gamma") || parameter.name.ends_with("variance");
        let (inputs, gain) = match *parameter.shape.as_slice() {
            [_, input, rows, columns] => (input * rows * columns, 6.0f32),
            // Logits begin small: a dense layer's weights are a third in variance.
            [input, _] => (input, 1.0),
            _ => return vec![f32::from(of_norm); count],
        };
        let bound = (gain / inputs as f32).sqrt();
        (0..count)
            .map(|_| rng.random_range(-bound..bound))
            .collect()
    });
    values.collect()
}

/// What an epoch was like.
struct Taught {
    loss: f64,
    accuracy: f64,
    learning_rate: f64,
}

fn teach(
    learner: &mut dyn Learner,
    run: &RunState,
    mut batches: Batches,
    meter: &Meter<'_>,
    subject: NetworkSpec,
) -> Result<Taught, FitError> {
    let recipe = run.recipe;
    let count = batches.left();
    let first = run.epochs.len() * count;
    let steps = recipe.epochs * count;
    let (mut loss_sum, mut right, mut seen) = (0.0, 0, 0);
    let mut learning_rate = 0.0;
    let mut next = batches.next();
    let mut step = first;
    while let Some(batch) = next {
        if (meter.control.is_interrupted)() {
            return Err(FitError::Interrupted {
                model: subject.name,
                epoch: run.epochs.len(),
                epochs: recipe.epochs,
            });
        }
        learning_rate = recipe.learning_rate_at(step, steps);
        let seed = run.seed ^ ((step as u64) << 20);
        // The next batch is made while this one is learnt from.
        let (lesson, made) = thread::scope(|scope| {
            let made = scope.spawn(|| batches.next());
            (learner.learn(&batch, learning_rate, seed), made.join())
        });
        next = made.map_err(|_| FitError::Batch)?;
        let lesson = lesson?;
        loss_sum += lesson.loss;
        right += lesson.right;
        seen += batch.len();
        meter.batch(
            batch.len(),
            loss_sum / seen as f64,
            right as f64 / seen as f64,
        );
        step += 1;
    }
    Ok(Taught {
        loss: loss_sum / seen as f64,
        accuracy: right as f64 / seen as f64,
        learning_rate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Examples;
    use crate::data::augment::Augmentation;
    use crate::fit::Recipe;
    use crate::fit::burn_backend::GENERATOR;
    use crate::fit::recipe::NetworkRecipe;
    use shared::garment::CLASSES;
    use shared::{Garment, Grey28, ModelId};
    use std::cell::Cell;

    /// Bars whose place tells the class: learnt within a few steps.
    fn bars() -> Split {
        let examples = |count: usize| Examples {
            images: (0..count)
                .map(|i| {
                    let column = 2 * (i % CLASSES) + 3;
                    Grey28::new(core::array::from_fn(|p| {
                        let noise = (p * 31 + i * 17) % 60;
                        if p % 28 / 2 == column / 2 {
                            255
                        } else {
                            noise as u8
                        }
                    }))
                })
                .collect(),
            labels: (0..count).map(|i| Garment::ALL[i % CLASSES]).collect(),
        };
        Split {
            train: examples(160),
            validation: examples(40),
            photo_variants: 0,
        }
    }

    fn recipe(model: ModelId) -> NetworkRecipe {
        match Recipe::for_model(model) {
            Recipe::Network(deep) => deep,
            other => panic!("{model} has {other:?}"),
        }
    }

    fn run(model: ModelId, epochs: usize) -> RunState {
        RunState {
            recipe: NetworkRecipe {
                epochs,
                batch_size: 16,
                dropout: 0.3,
                ema_decay: 0.9,
                augmentation: Augmentation {
                    flip: false,
                    shift: 1,
                    erase: 0.2,
                    mix: 0.0,
                },
                ..recipe(model)
            },
            seed: 3,
            device: "flex".into(),
            data: "bars".into(),
            epochs: Vec::new(),
            best: 0,
        }
    }

    fn subject(model: ModelId) -> NetworkSpec {
        NetworkSpec {
            name: model.name(),
            title: model.title(),
            layers: model.layers(),
        }
    }

    fn fitted(
        model: ModelId,
        device: DeviceKind,
        folder: &Checkpoint,
        is_interrupted: &dyn Fn() -> bool,
    ) -> Result<Fitted, FitError> {
        let control = RunControl {
            show_progress: false,
            is_interrupted,
        };
        fit(
            subject(model),
            run(model, 3),
            &bars(),
            device,
            None,
            folder,
            control,
        )
    }

    #[test]
    fn a_run_that_was_stopped_ends_as_an_unbroken_one() {
        let _alone = GENERATOR.lock().unwrap();
        for (model, device) in ModelId::DEEP
            .into_iter()
            .flat_map(|m| [(m, DeviceKind::Cpu), (m, DeviceKind::Flex)])
        {
            let folder = tempfile::tempdir().unwrap();
            let unbroken = Checkpoint::new(folder.path().join("unbroken"));
            let unbroken = fitted(model, device, &unbroken, &|| false).unwrap();
            let accuracy = unbroken.run.epochs[2].train_accuracy;
            assert!(accuracy > 0.3, "{model} learnt nothing: {accuracy}");

            // Ten batches an epoch: stopped in the middle of the second.
            let broken = Checkpoint::new(folder.path().join("broken"));
            let batches = Cell::new(0);
            let stop = || {
                batches.set(batches.get() + 1);
                batches.get() > 15
            };
            let error = fitted(model, device, &broken, &stop).unwrap_err();
            assert!(
                matches!(
                    error,
                    FitError::Interrupted {
                        epoch: 1,
                        epochs: 3,
                        ..
                    }
                ),
                "{error}"
            );
            let resumed = fitted(model, device, &broken, &|| false).unwrap();

            assert!(
                resumed.artifact == unbroken.artifact,
                "{model} on {device:?}: other weights"
            );
            let figures = |f: &Fitted| {
                let epochs = f.run.epochs.iter();
                epochs
                    .map(|e| (e.train_loss, e.validation_loss))
                    .collect::<Vec<_>>()
            };
            assert_eq!(figures(&resumed), figures(&unbroken), "{model}");
        }
    }

    #[test]
    fn another_seed_begins_anew() {
        let _alone = GENERATOR.lock().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint::new(folder.path());
        let first = fitted(ModelId::Resnet, DeviceKind::Cpu, &checkpoint, &|| false).unwrap();
        let other = RunState {
            seed: 4,
            ..run(ModelId::Resnet, 3)
        };
        let control = RunControl {
            show_progress: false,
            is_interrupted: &|| false,
        };
        let split = bars();
        let second = fit(
            subject(ModelId::Resnet),
            other,
            &split,
            DeviceKind::Cpu,
            None,
            &checkpoint,
            control,
        );
        assert!(first.artifact != second.unwrap().artifact);
    }
}
