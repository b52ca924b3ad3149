//! The training loop of a network: AdamW, warm-up and cosine decay of the learning rate, the best epoch on the validation split.

use std::thread;
use std::time::Instant;

use cpu_backend::{CpuBackend, INFERENCE_BATCH, InferenceNetwork, initial_values, softmax};
use shared::artifact::{Artifact, ArtifactError};
use shared::model::layer::fold_batch_norm;
use shared::model::tensors::network_artifact;
use shared::model::{Layer, ModelError};
use thiserror::Error;

use super::backend::{Backend, BackendError};
use super::batches::Batches;
use super::burn_backend::BurnBackend;
use super::checkpoint::{Checkpoint, CheckpointError, EpochMetrics, RunState};
use super::progress::{RunControl, RunProgress};
use super::recipe::NetworkRecipe;
use super::teacher_logits::TeacherLogits;
use crate::data::Examples;
use crate::data::split::Split;
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, rounded};

/// A network to train: its table of layers and its names.
#[derive(Clone, Copy, Debug)]
pub struct NetworkSpec {
    /// The name in the weights file.
    pub name: &'static str,
    /// The name in messages.
    pub title: &'static str,
    pub layers: &'static [Layer],
}

/// Why a training run ended without weights.
#[derive(Debug, Error)]
pub enum FitError {
    #[error(
        "training of {model} was interrupted after epoch {epoch} of {epochs}: run the same command again to continue"
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
    #[error("the training split is empty: check the data set")]
    NoExamples,
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the thread that makes the batches panicked: please report it")]
    Batch,
}

/// A trained network.
#[derive(Clone, Debug)]
pub struct TrainedNetwork {
    /// The bytes of the best epoch's weights file.
    pub artifact: Vec<u8>,
    pub run: RunState,
}

/// Trains up to the recipe's last epoch, from the start or from the checkpoint of the same run.
///
/// # Errors
/// See [`FitError`]; an interrupted run leaves a checkpoint behind.
pub fn train(
    network: NetworkSpec,
    run: RunState,
    split: &Split,
    device: DeviceKind,
    teacher_logits: Option<&TeacherLogits>,
    checkpoint: &Checkpoint,
    control: RunControl,
) -> Result<TrainedNetwork, FitError> {
    if split.train.is_empty() {
        return Err(FitError::NoExamples);
    }
    let mut run = run;
    let recipe = run.recipe;
    let mut backend = create_backend(network.layers, &recipe, run.seed, device)?;
    let mut best = Vec::new();
    match checkpoint.run_state::<RunState>()? {
        Some(saved) if saved.is_same_run(&run) => {
            let (state, weights) = checkpoint.load(saved.epochs.len(), backend.state_names())?;
            backend.restore(state)?;
            (best, run) = (weights, saved);
        }
        Some(_) => checkpoint.clear()?,
        None => {}
    }
    let images = split.epoch_indices(recipe.photo_groups, 0).count();
    let progress = RunProgress::new(network.title, &run, images, control.show_progress);
    while run.epochs.len() < recipe.epochs {
        let number = run.epochs.len() + 1;
        let started = Instant::now();
        let batches = Batches::new(split, teacher_logits, &recipe, run.seed, number);
        let epoch = train_epoch(network, backend.as_mut(), &run, batches, control, &progress)?;
        if !epoch.loss.is_finite() {
            return Err(FitError::Diverged {
                model: network.name,
                epoch: number,
            });
        }
        let values = fold_batch_norm(network.layers, recipe.batch_norm, backend.values()?);
        let artifact = network_artifact(network.name, network.layers, values).to_bytes()?;
        // Validated as shipped: batch norms folded, weights rounded by the file.
        let read_back = Artifact::from_bytes(&artifact)?;
        let mut shipped = InferenceNetwork::from_artifact(network.layers, &read_back)?;
        let validation = evaluate(&mut shipped, &split.validation);
        let accuracy = validation.confusion.accuracy();
        let metrics = EpochMetrics {
            epoch: number,
            learning_rate: epoch.learning_rate,
            train_loss: rounded(epoch.loss),
            train_accuracy: rounded(epoch.accuracy),
            validation_loss: rounded(validation.loss),
            validation_accuracy: accuracy,
            seconds: rounded(started.elapsed().as_secs_f64()),
        };
        let is_best = run
            .best()
            .is_none_or(|best| accuracy > best.validation_accuracy);
        if is_best {
            run.best_epoch = number;
            best = artifact;
        }
        run.epochs.push(metrics);
        checkpoint.save(&run, run.epochs.len(), &backend.state()?, &best)?;
        progress.show_epoch(&metrics, is_best);
    }
    Ok(TrainedNetwork {
        artifact: best,
        run,
    })
}

/// The backend of a device, with initial weights that depend on the seed alone.
///
/// # Errors
/// The device fails.
pub fn create_backend(
    layers: &'static [Layer],
    recipe: &NetworkRecipe,
    seed: u64,
    device: DeviceKind,
) -> Result<Box<dyn Backend>, BackendError> {
    let config = recipe.training_config();
    let values = initial_values(layers, recipe.batch_norm, seed);
    Ok(match device.burn_device() {
        None => Box::new(CpuBackend::new(layers, config, &values)),
        Some(device) => Box::new(BurnBackend::new(layers, config, values, device)?),
    })
}

fn evaluate(network: &mut InferenceNetwork, examples: &Examples) -> Evaluation {
    let mut logits = Vec::with_capacity(examples.len());
    for images in examples.images.chunks(INFERENCE_BATCH) {
        let pixels: Vec<f32> = images.iter().flat_map(|p| p.standardised()).collect();
        logits.extend(network.logits(&pixels));
    }
    Evaluation::from_probabilities(logits.iter().map(softmax), &examples.labels)
}

/// Training loss and accuracy of an epoch, and the learning rate of its last step.
struct EpochResult {
    loss: f64,
    accuracy: f64,
    learning_rate: f64,
}

fn train_epoch(
    network: NetworkSpec,
    backend: &mut dyn Backend,
    run: &RunState,
    mut batches: Batches,
    control: RunControl,
    progress: &RunProgress,
) -> Result<EpochResult, FitError> {
    let recipe = run.recipe;
    let count = batches.remaining();
    let first = run.epochs.len() * count;
    let steps = recipe.epochs * count;
    let (mut loss_sum, mut correct, mut images) = (0.0, 0, 0);
    let mut learning_rate = 0.0;
    let mut next = batches.next();
    let mut step = first;
    while let Some(batch) = next {
        if (control.is_interrupted)() {
            return Err(FitError::Interrupted {
                model: network.name,
                epoch: run.epochs.len(),
                epochs: recipe.epochs,
            });
        }
        learning_rate = recipe.learning_rate_at(step, steps);
        let seed = run.seed ^ ((step as u64) << 20);
        // Another thread makes the next batch during this step.
        let (result, made) = thread::scope(|scope| {
            let made = scope.spawn(|| batches.next());
            (backend.train_step(&batch, learning_rate, seed), made.join())
        });
        next = made.map_err(|_| FitError::Batch)?;
        let result = result?;
        loss_sum += result.loss;
        correct += result.correct;
        images += batch.len();
        progress.show_batch(
            batch.len(),
            loss_sum / images as f64,
            correct as f64 / images as f64,
        );
        step += 1;
    }
    Ok(EpochResult {
        loss: loss_sum / images as f64,
        accuracy: correct as f64 / images as f64,
        learning_rate,
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use shared::garment::CLASSES;
    use shared::{Garment, Grey28, ModelId};

    use super::*;
    use crate::data::augment::Augmentation;
    use crate::fit::Recipe;
    use crate::fit::burn_backend::tests::GENERATOR;

    /// Vertical bars whose position gives the class: a network learns them in a few steps.
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
            Recipe::Network(recipe) => recipe,
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
            best_epoch: 0,
        }
    }

    fn spec(model: ModelId) -> NetworkSpec {
        NetworkSpec {
            name: model.name(),
            title: model.title(),
            layers: model.layers(),
        }
    }

    fn trained(
        model: ModelId,
        device: DeviceKind,
        checkpoint: &Checkpoint,
        is_interrupted: &dyn Fn() -> bool,
    ) -> Result<TrainedNetwork, FitError> {
        let control = RunControl {
            show_progress: false,
            is_interrupted,
        };
        train(
            spec(model),
            run(model, 3),
            &bars(),
            device,
            None,
            checkpoint,
            control,
        )
    }

    #[test]
    fn an_interrupted_run_ends_with_the_same_bytes() {
        let _lock = GENERATOR.lock().unwrap();
        for (model, device) in ModelId::DEEP
            .into_iter()
            .flat_map(|m| [(m, DeviceKind::Cpu), (m, DeviceKind::Flex)])
        {
            let folder = tempfile::tempdir().unwrap();
            let uninterrupted = Checkpoint::new(folder.path().join("uninterrupted"));
            let uninterrupted = trained(model, device, &uninterrupted, &|| false).unwrap();
            let accuracy = uninterrupted.run.epochs[2].train_accuracy;
            assert!(accuracy > 0.3, "{model} did not learn: {accuracy}");

            // An epoch has ten batches: the run is interrupted in its second epoch.
            let interrupted = Checkpoint::new(folder.path().join("interrupted"));
            let batches = Cell::new(0);
            let interrupt = || {
                batches.set(batches.get() + 1);
                batches.get() > 15
            };
            let error = trained(model, device, &interrupted, &interrupt).unwrap_err();
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
            let resumed = trained(model, device, &interrupted, &|| false).unwrap();

            assert!(
                resumed.artifact == uninterrupted.artifact,
                "{model} on {device:?}: different weights"
            );
            let figures = |f: &TrainedNetwork| {
                let epochs = f.run.epochs.iter();
                epochs
                    .map(|e| (e.train_loss, e.validation_loss))
                    .collect::<Vec<_>>()
            };
            assert_eq!(figures(&resumed), figures(&uninterrupted), "{model}");
        }
    }

    #[test]
    fn a_run_with_another_seed_ignores_the_checkpoint() {
        let _lock = GENERATOR.lock().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint::new(folder.path());
        let first = trained(ModelId::Resnet, DeviceKind::Cpu, &checkpoint, &|| false).unwrap();
        let other = RunState {
            seed: 4,
            ..run(ModelId::Resnet, 3)
        };
        let control = RunControl {
            show_progress: false,
            is_interrupted: &|| false,
        };
        let split = bars();
        let second = train(
            spec(ModelId::Resnet),
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
