//! Trains a network: AdamW, one rise and fall of the learning rate, the epoch chosen on the validation split.

use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use shared::ModelId;
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::network::{Network, pictures};
use thiserror::Error;

use super::checkpoint::{Checkpoint, CheckpointError, Epoch, Progress};
use crate::data::Examples;
use crate::data::split::Split;
use crate::evaluate::{Evaluation, EvaluationError, rounded};

/// Why a training run ended without weights.
#[derive(Debug, Error)]
pub enum FitError {
    #[error(
        "stopped after epoch {epoch} of {epochs} of {model}: run the same command again to go on from there"
    )]
    Stopped {
        model: ModelId,
        epoch: usize,
        epochs: usize,
    },
    #[error(
        "the loss of {model} is no longer a number after epoch {epoch}: lower the learning rate and train again"
    )]
    Diverged { model: ModelId, epoch: usize },
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
    #[error("burn gave no loss back: {0}")]
    Device(String),
}

/// A trained network.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The weights file of the best epoch.
    pub artifact: Vec<u8>,
    pub progress: Progress,
}

/// How a run is watched.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Draws a progress bar where the output is a terminal.
    pub draw: bool,
    /// Asked at every batch; `true` ends the run, and its last whole epoch is kept.
    pub stop: &'a dyn Fn() -> bool,
}

/// Trains until the recipe's last epoch, from the checkpoint where it is the same run's.
///
/// # Errors
/// See [`FitError`]; a stop leaves a checkpoint behind.
pub fn fit(
    model: ModelId,
    run: Progress,
    split: &Split,
    device: &Device,
    checkpoint: &Checkpoint,
    watch: Watch,
) -> Result<Fitted, FitError> {
    if split.train.is_empty() {
        return Err(FitError::NoExamples);
    }
    let mut run = run;
    let recipe = run.recipe;
    let device = device.clone().autodiff();
    // One generator for the weights, a fresh one an epoch: an epoch's draws do not depend on who ran the one before.
    device.seed(run.seed);
    let mut network = Network::new(model, recipe.dropout, &device);
    let mut optimizer = AdamWConfig::new()
        .with_weight_decay(recipe.weight_decay)
        .init();
    let mut best = Vec::new();
    match checkpoint.progress()? {
        Some(saved) if saved.same_run(&run) => {
            (network, optimizer, best) = checkpoint.load(&saved, network, optimizer)?;
            run = saved;
        }
        Some(_) => checkpoint.clear()?,
        None => {}
    }
    let meter = Meter::new(model, recipe.epochs, &run, split.train.len(), watch);
    while run.epochs.len() < recipe.epochs {
        let number = run.epochs.len() + 1;
        let started = Instant::now();
        let mut rng = epoch_rng(run.seed, number);
        device.seed(run.seed.wrapping_add(number as u64));
        let taught = teach(
            network,
            &mut optimizer,
            &run,
            &split.train,
            &device,
            &mut rng,
            &meter,
        )?;
        network = taught.network;
        if !taught.loss.is_finite() {
            return Err(FitError::Diverged {
                model,
                epoch: number,
            });
        }
        let artifact = network.valid().to_artifact()?.to_bytes()?;
        // Measured on what would be shipped: read back, rounded as the file is, run by the plan.
        let validation =
            Evaluation::of(model, &Artifact::from_bytes(&artifact)?, &split.validation)?;
        let accuracy = validation.confusion.accuracy();
        let epoch = Epoch {
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
        checkpoint.save(&run, &network, &optimizer, &best)?;
        meter.epoch(&epoch, beaten);
    }
    Ok(Fitted {
        artifact: best,
        progress: run,
    })
}

fn epoch_rng(seed: u64, epoch: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch as u64);
    rng
}

/// What an epoch leaves behind.
struct Taught {
    network: Network,
    loss: f64,
    accuracy: f64,
    learning_rate: f64,
}

fn teach(
    mut network: Network,
    optimizer: &mut ModuleOptimizer,
    run: &Progress,
    examples: &Examples,
    device: &Device,
    rng: &mut ChaCha8Rng,
    meter: &Meter<'_>,
) -> Result<Taught, FitError> {
    let recipe = run.recipe;
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.shuffle(rng);
    let batches = order.len().div_ceil(recipe.batch);
    let first = run.epochs.len() * batches;
    let steps = recipe.epochs * batches;
    let (mut loss_sum, mut right, mut seen) = (0.0, 0, 0);
    let mut learning_rate = 0.0;
    for (step, batch) in order.chunks(recipe.batch).enumerate() {
        if (meter.watch.stop)() {
            return Err(FitError::Stopped {
                model: network.model(),
                epoch: run.epochs.len(),
                epochs: recipe.epochs,
            });
        }
        let mut pixels = Vec::with_capacity(batch.len() * shared::image::PIXELS);
        let mut targets = vec![recipe.label_smoothing / CLASSES as f32; batch.len() * CLASSES];
        for (row, &i) in batch.iter().enumerate() {
            recipe
                .augmentation
                .push(&examples.pictures[i], rng, &mut pixels);
            targets[row * CLASSES + examples.labels[i].index()] += 1.0 - recipe.label_smoothing;
        }
        let targets = TensorData::new(targets, [batch.len(), CLASSES]);
        let targets: Tensor<2> = Tensor::from_data(targets, device);
        let logits = network.forward(pictures(pixels, device)); // [batch, 10]
        let loss = -(log_softmax(logits.clone(), 1) * targets).sum_dim(1).mean(); // [1]
        loss_sum += f64::from(read(loss.clone())?[0]) * batch.len() as f64;
        let answers = read(logits)?;
        for (answer, &i) in answers.chunks_exact(CLASSES).zip(batch) {
            let logits: [f32; CLASSES] = core::array::from_fn(|c| answer[c]);
            right += usize::from(shared::model::argmax(&logits) == examples.labels[i].index());
        }
        seen += batch.len();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        learning_rate = recipe.learning_rate_at(first + step, steps);
        network = optimizer.step(learning_rate, network, gradients);
        meter.batch(
            batch.len(),
            loss_sum / seen as f64,
            right as f64 / seen as f64,
        );
    }
    Ok(Taught {
        network,
        loss: loss_sum / seen as f64,
        accuracy: right as f64 / seen as f64,
        learning_rate,
    })
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, FitError> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .map_err(|e| FitError::Device(format!("{e:?}")))
}

/// The progress bar: loss, accuracy, images a second, time left.
struct Meter<'a> {
    watch: Watch<'a>,
    bar: ProgressBar,
    /// Pictures of earlier runs, which this run's speed must not count.
    before: u64,
    started: Instant,
    model: ModelId,
    epochs: usize,
}

impl<'a> Meter<'a> {
    fn new(
        model: ModelId,
        epochs: usize,
        run: &Progress,
        examples: usize,
        watch: Watch<'a>,
    ) -> Self {
        let before = (run.epochs.len() * examples) as u64;
        let bar = match watch.draw {
            true => ProgressBar::new((epochs * examples) as u64),
            false => ProgressBar::hidden(),
        };
        bar.set_style(
            ProgressStyle::with_template("{prefix:>6} {bar:20} {percent:>3}% {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(model.title());
        bar.set_position(before);
        if before > 0 {
            bar.println(format!(
                "{:>6} goes on after epoch {} of {epochs}",
                model.title(),
                run.epochs.len()
            ));
        }
        Self {
            watch,
            bar,
            before,
            started: Instant::now(),
            model,
            epochs,
        }
    }

    fn batch(&self, count: usize, loss: f64, accuracy: f64) {
        self.bar.inc(count as u64);
        let done = self.bar.position() - self.before;
        let speed = done as f64 / self.started.elapsed().as_secs_f64();
        let left = self
            .bar
            .length()
            .unwrap_or(0)
            .saturating_sub(self.bar.position()) as f64;
        let left = Duration::from_secs_f64(left / speed.max(1e-9));
        self.bar.set_message(format!(
            "loss {loss:.3}  {:.1}%  {speed:.0} img/s  {} left",
            accuracy * 100.0,
            indicatif::HumanDuration(left)
        ));
    }

    /// A line an epoch, also where the output is no terminal and no bar is drawn.
    fn epoch(&self, e: &Epoch, best: bool) {
        let line = format!(
            "{:>6} epoch {:>2}/{}  train {:.3} {:.1}%  validation {:.3} {:.2}%{}  {:.0} s",
            self.model.title(),
            e.epoch,
            self.epochs,
            e.train_loss,
            e.train_accuracy * 100.0,
            e.validation_loss,
            e.validation_accuracy * 100.0,
            if best { " *" } else { "" },
            e.seconds
        );
        if self.bar.is_hidden() {
            println!("{line}");
        } else {
            self.bar.println(line);
        }
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::augment::Augmentation;
    use crate::fit::Recipe;
    use crate::fit::recipe::Deep;
    use shared::{Garment, Grey28};
    use std::cell::Cell;
    use std::sync::Mutex;

    /// flex draws from one generator a process: two runs at a time would take each other's numbers.
    static GENERATOR: Mutex<()> = Mutex::new(());

    /// Bars whose place tells the class: learnt within a few steps.
    fn bars() -> Split {
        let examples = |count: usize| Examples {
            pictures: (0..count)
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
        }
    }

    fn recipe(model: ModelId) -> Deep {
        match Recipe::of(model) {
            Recipe::Deep(deep) => deep,
            other => panic!("{model} has {other:?}"),
        }
    }

    fn run(model: ModelId, epochs: usize) -> Progress {
        Progress {
            recipe: Deep {
                epochs,
                batch: 16,
                dropout: 0.3,
                augmentation: Augmentation {
                    flip: false,
                    shift: 1,
                    erase: 0.2,
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

    fn fitted(
        model: ModelId,
        folder: &Checkpoint,
        stop: &dyn Fn() -> bool,
    ) -> Result<Fitted, FitError> {
        let watch = Watch { draw: false, stop };
        fit(
            model,
            run(model, 3),
            &bars(),
            &Device::flex(),
            folder,
            watch,
        )
    }

    #[test]
    fn a_run_that_was_stopped_ends_as_an_unbroken_one() {
        let _alone = GENERATOR.lock().unwrap();
        for model in ModelId::DEEP {
            let folder = tempfile::tempdir().unwrap();
            let unbroken = Checkpoint::new(folder.path().join("unbroken"));
            let unbroken = fitted(model, &unbroken, &|| false).unwrap();
            let accuracy = unbroken.progress.epochs[2].train_accuracy;
            assert!(accuracy > 0.3, "{model} learnt nothing: {accuracy}");

            // Ten batches an epoch: stopped in the middle of the second.
            let broken = Checkpoint::new(folder.path().join("broken"));
            let batches = Cell::new(0);
            let stop = || {
                batches.set(batches.get() + 1);
                batches.get() > 15
            };
            let error = fitted(model, &broken, &stop).unwrap_err();
            assert!(
                matches!(
                    error,
                    FitError::Stopped {
                        epoch: 1,
                        epochs: 3,
                        ..
                    }
                ),
                "{error}"
            );
            let resumed = fitted(model, &broken, &|| false).unwrap();

            assert_eq!(resumed.artifact, unbroken.artifact, "{model}");
            let figures = |f: &Fitted| {
                let epochs = f.progress.epochs.iter();
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
        let first = fitted(ModelId::Resnet, &checkpoint, &|| false).unwrap();
        let other = Progress {
            seed: 4,
            ..run(ModelId::Resnet, 3)
        };
        let watch = Watch {
            draw: false,
            stop: &|| false,
        };
        let split = bars();
        let second = fit(
            ModelId::Resnet,
            other,
            &split,
            &Device::flex(),
            &checkpoint,
            watch,
        );
        assert_ne!(first.artifact, second.unwrap().artifact);
    }
}
