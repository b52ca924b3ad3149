//! Trains what is missing or out of date.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use fashion_mnist::TRAIN_IMAGES;
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::model::AnyClassifier;
use shared::{ModelId, Sample};

use super::provenance::{data_hashes, versions};
use super::{Weights, WeightsError, file_name};
use crate::data::Examples;
use crate::data::split::{Split, VALIDATION, split};
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, EvaluationError, Figures, asked, rounded};
use crate::fit::checkpoint::{Checkpoint, EpochMetrics, RunState};
use crate::fit::distillation::{TeacherRecord, Teachers};
use crate::fit::progress::RunControl;
use crate::fit::recipe::{Distillation, NetworkRecipe};
use crate::fit::teacher_logits::TeacherLogits;
use crate::fit::train_loop::{FitError, NetworkSpec};
use crate::fit::{Recipe, cache_key, calibrate, classical, train_loop};
use crate::hash::sha256;
use crate::manifest::{self, Entry, Metrics};
use crate::photos::set::{FEW, FEWEST, Record, VARIANTS};
use crate::training_data::TrainingData;

/// What a training run is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub model: ModelId,
    pub recipe: Recipe,
    pub seed: u64,
    pub device: DeviceKind,
}

/// Weights fresh from training, not calibrated yet.
pub(super) struct Trained {
    pub artifact: Artifact,
    epochs: Vec<EpochMetrics>,
    best: Option<usize>,
    teacher: Option<TeacherRecord>,
    pub seconds: f64,
}

/// How sharply the SVM's decision values become probabilities; the best of them is the validation split's choice.
const SLOPES: [f32; 6] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0];
/// Test pictures that are timed.
const TIMED: usize = 200;

impl Weights {
    /// Whether the file is there with its metrics, is the recorded one, and was made to this order; from these photos,
    /// where some are given: without any, weights that have learned from photos are as good.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn is_current(&self, order: &Order, photos: Option<&Record>) -> Result<bool, WeightsError> {
        let manifest = self.manifest()?;
        let Some(entry) = manifest.entry(order.model) else {
            return Ok(false);
        };
        let metrics: Option<Metrics> = manifest::read(&self.metrics_path(order.model.name()))?;
        if metrics.is_none() {
            return Ok(false);
        }
        if photos.is_some() && entry.photos.as_ref() != photos {
            return Ok(false);
        }
        let file = fs::read(self.file(order.model.name())).map(|bytes| sha256(&bytes));
        Ok(file.is_ok_and(|sha256| sha256 == entry.sha256)
            && (entry.recipe, entry.seed, &entry.data)
                == (order.recipe, order.seed, &data_hashes()))
    }

    /// Trains to an order, and writes weights, metrics and the manifest's entry.
    ///
    /// # Errors
    /// See [`WeightsError`]; a network's run that was stopped goes on with the next call.
    pub fn train(
        &self,
        order: &Order,
        data: &TrainingData,
        control: RunControl,
    ) -> Result<Entry, WeightsError> {
        let Recipe::Network(recipe) = order.recipe else {
            let parts = data.split(match order.model {
                ModelId::Logistic => FEWEST,
                _ => FEW,
            });
            let trained = fitted(order, &parts, control)?;
            return self.record(order, trained, &parts, data);
        };
        let parts = data.split(VARIANTS);
        let run = Self::run(recipe, order.seed, order.device, data);
        let name = run_name(order.model, &run);
        let checkpoint = Checkpoint::new(self.checkpoints().join(name));
        let taught = self.taught(&run, order.device, data, control)?;
        let (answers, credentials) = taught.unzip();
        let fitted = train_loop::train(
            subject(order.model),
            run,
            &parts,
            order.device,
            answers.as_ref(),
            &checkpoint,
            control,
        )?;
        let trained = Trained {
            artifact: self.parsed(order.model.name(), &fitted.artifact)?,
            seconds: fitted.run.epochs.iter().map(|e| e.seconds).sum(),
            best: Some(fitted.run.best_epoch),
            epochs: fitted.run.epochs,
            teacher: credentials,
        };
        let entry = self.record(order, trained, &parts, data)?;
        checkpoint.clear().map_err(FitError::from)?;
        Ok(entry)
    }

    pub(super) fn run(
        recipe: NetworkRecipe,
        seed: u64,
        device: DeviceKind,
        data: &TrainingData,
    ) -> RunState {
        RunState::new(recipe, seed, device.name(), &name(data))
    }

    /// What the recipe's teachers say, and who they are.
    pub(super) fn taught(
        &self,
        run: &RunState,
        device: DeviceKind,
        data: &TrainingData,
        control: RunControl,
    ) -> Result<Option<(TeacherLogits, TeacherRecord)>, FitError> {
        let Some(Distillation { views, .. }) = run.recipe.distillation else {
            return Ok(None);
        };
        let folder = self.checkpoints();
        let parts = split(&data.fashion_mnist.train, VALIDATION);
        let mut teachers = Teachers::train(&folder, &parts, device, control)?;
        let augmentation = &run.recipe.augmentation;
        let logits = teachers.logits(&folder, &parts.train, augmentation, views, control)?;
        Ok(Some((
            logits,
            teachers.record(&parts, &data.fashion_mnist.test),
        )))
    }

    /// Where runs that are not over leave their state, and teachers their answers.
    pub(super) fn checkpoints(&self) -> PathBuf {
        self.0.join("checkpoints")
    }

    fn record(
        &self,
        order: &Order,
        trained: Trained,
        parts: &Split,
        data: &TrainingData,
    ) -> Result<Entry, WeightsError> {
        let model = order.model;
        let bytes = calibrated(model, trained.artifact, &parts.validation)?
            .to_bytes()
            .map_err(FitError::from)?;
        // What is measured is what is shipped: read back, rounded as the file is.
        let artifact = self.parsed(model.name(), &bytes)?;
        let train = by_heart(model, &artifact, parts)?;
        let validation = Evaluation::of(model, &artifact, &parts.validation)?;
        let test = Evaluation::of(model, &artifact, &data.fashion_mnist.test)?;
        let temperature = artifact.tensor("temperature").map_or(1.0, |t| t.values[0]);
        let entry = Entry {
            model,
            file: file_name(model.name()),
            bytes: bytes.len() as u64,
            sha256: sha256(&bytes),
            parameters: artifact.parameter_count(),
            recipe: order.recipe,
            seed: order.seed,
            device: order.device.name().into(),
            data: data_hashes(),
            photos: data.photos.as_ref().map(|p| p.record.clone()),
            duration_seconds: trained.seconds.round() as u64,
            versions: versions(),
            epoch: trained.best,
            teacher: trained.teacher,
            temperature: rounded(f64::from(temperature)),
            micros: micros(model, &artifact, &data.fashion_mnist.test)?,
            train,
            validation: Figures::from(&validation),
            test: Figures::from(&test),
        };
        manifest::write_bytes(&self.file(model.name()), &bytes)?;
        let metrics = Metrics::of(model.name(), test, trained.epochs);
        manifest::write(&self.metrics_path(model.name()), &metrics)?;
        let mut all = self.manifest()?;
        all.insert(entry.clone());
        manifest::write(&self.manifest_path(), &all)?;
        Ok(entry)
    }
}

/// A classical model's weights. On the CPU alone: no device makes them faster.
pub(super) fn fitted(
    order: &Order,
    parts: &Split,
    control: RunControl,
) -> Result<Trained, WeightsError> {
    let started = Instant::now();
    let artifact = classical::fit(order.model, order.recipe, &parts.train, order.seed, control)?;
    Ok(Trained {
        artifact,
        epochs: Vec::new(),
        best: None,
        teacher: None,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// The weights with the temperature that the validation split chooses, and of an SVM the slope.
pub(super) fn calibrated(
    model: ModelId,
    artifact: Artifact,
    validation: &Examples,
) -> Result<Artifact, WeightsError> {
    // As a file holds it: rounding is part of what is calibrated.
    let bytes = artifact.to_bytes().map_err(FitError::from)?;
    let mut artifact = Artifact::from_bytes(&bytes).map_err(FitError::from)?;
    let fit = |scores: &[[f32; CLASSES]]| calibrate::temperature(scores, &validation.labels);
    let (slope, temperature) = if model == ModelId::Svm {
        let decisions = asked(
            model,
            &artifact,
            validation,
            |member, sample| match member {
                AnyClassifier::Svm(svm) => svm.decision_values(sample),
                _ => [0.0; shared::model::svm::PAIRS],
            },
        )?;
        let mut tried = SLOPES.map(|slope| {
            let scores = decisions
                .iter()
                .map(|d| shared::model::svm::pairwise_scores(d, slope));
            let (temperature, loss) = fit(&scores.collect::<Vec<_>>());
            (loss, slope, temperature)
        });
        tried.sort_by(|a, b| a.0.total_cmp(&b.0));
        (Some(tried[0].1), tried[0].2)
    } else {
        let scores = asked(model, &artifact, validation, |member, sample| {
            member.classifier().scores(sample)
        })?;
        (None, fit(&scores).0)
    };
    if let Some(slope) = slope
        && let Some(tensor) = artifact.tensors.iter_mut().find(|t| t.name == "slope")
    {
        tensor.values = vec![slope];
    }
    artifact.set_temperature(temperature);
    Ok(artifact)
}

/// A network's figures on the pictures that it was trained on, none of them altered, photos apart.
pub(super) fn by_heart(
    model: ModelId,
    artifact: &Artifact,
    parts: &Split,
) -> Result<Option<Figures>, EvaluationError> {
    if !model.is_deep() {
        return Ok(None);
    }
    let train = parts.train.first(parts.train.len() - parts.photo_variants);
    Evaluation::of(model, artifact, &train).map(|e| Some(Figures::from(&e)))
}

/// The median time of a picture on one thread, in microseconds; its features are made before.
fn micros(model: ModelId, artifact: &Artifact, test: &Examples) -> Result<f64, WeightsError> {
    let mut member = AnyClassifier::new(model, artifact).map_err(EvaluationError::from)?;
    let times = test.images.iter().take(TIMED).map(|picture| {
        let sample = Sample::new(picture.clone());
        if !model.is_deep() {
            sample.features();
        }
        let started = Instant::now();
        std::hint::black_box(member.classifier().classify(&sample));
        started.elapsed().as_secs_f64() * 1e6
    });
    Ok(median(times.collect()))
}

/// The middle one, to a tenth.
pub(super) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    (times.get(times.len() / 2).copied().unwrap_or_default() * 10.0).round() / 10.0
}

/// A network as what is trained.
pub(super) fn subject(model: ModelId) -> NetworkSpec {
    NetworkSpec {
        name: model.name(),
        title: model.title(),
        layers: model.layers(),
    }
}

/// What a network learns from, in one word.
fn name(data: &TrainingData) -> String {
    match &data.photos {
        None => TRAIN_IMAGES.sha256.into(),
        Some(photos) => format!("{}+{}", TRAIN_IMAGES.sha256, photos.record.sha256),
    }
}

/// A folder a run: a look at another recipe or seed leaves a long run's checkpoint alone.
pub(super) fn run_name(model: ModelId, run: &RunState) -> String {
    let hash = sha256(cache_key::run(run).as_bytes());
    format!("{model}-{}", &hash[..8])
}
