//! Training of one model, and its manifest entry.

use std::time::Instant;

use fashion_mnist::TRAIN_IMAGES;
use shared::ModelId;
use shared::artifact::Artifact;

use super::JobError;
use super::calibration::with_calibration;
use super::timing::prediction_micros;
use crate::data::split::{Split, VALIDATION, split};
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, EvaluationError, Figures, rounded};
use crate::fit::checkpoint::{Checkpoint, EpochMetrics, RunState};
use crate::fit::distillation::{TeacherRecord, Teachers};
use crate::fit::progress::RunControl;
use crate::fit::recipe::{Distillation, NetworkRecipe};
use crate::fit::teacher_logits::TeacherLogits;
use crate::fit::train_loop::{FitError, NetworkSpec};
use crate::fit::{Recipe, cache_key, classical, train_loop};
use crate::hash::sha256;
use crate::manifest::{Entry, Metrics};
use crate::photos::photo_set::{CLASSICAL_VARIANTS, LOGISTIC_VARIANTS, PhotoSetRecord, VARIANTS};
use crate::provenance::{data_hashes, versions};
use crate::training_data::TrainingData;
use crate::weights_store::{WeightsStore, file_name};

/// A model to train, and how.
#[derive(Clone, Copy, Debug)]
pub struct TrainJob {
    pub model: ModelId,
    pub recipe: Recipe,
    pub seed: u64,
    pub device: DeviceKind,
}

/// Trained weights, before calibration.
pub(super) struct Trained {
    pub artifact: Artifact,
    epochs: Vec<EpochMetrics>,
    best: Option<usize>,
    teacher: Option<TeacherRecord>,
    pub seconds: f64,
}

/// Whether the recorded weights and metrics are there, with the job's recipe and seed, for today's data set. If `photos` are
/// given, they must also be trained on these photos; otherwise weights trained on photos are current, too.
///
/// # Errors
/// The manifest cannot be read.
pub fn is_current(
    store: &WeightsStore,
    job: &TrainJob,
    photos: Option<&PhotoSetRecord>,
) -> Result<bool, JobError> {
    let manifest = store.manifest()?;
    let Some(entry) = manifest.entry(job.model) else {
        return Ok(false);
    };
    if !store.has_metrics(job.model.name())? {
        return Ok(false);
    }
    if photos.is_some() && entry.photos.as_ref() != photos {
        return Ok(false);
    }
    let file_hash = store.file_hash(job.model.name())?;
    Ok(file_hash.as_ref() == Some(&entry.sha256)
        && (entry.recipe, entry.seed, &entry.data) == (job.recipe, job.seed, &data_hashes()))
}

/// Trains a model, and writes its weights, its metrics and its manifest entry.
///
/// # Errors
/// See [`JobError`]. An interrupted run of a network is resumed by the next call.
pub fn train(
    store: &WeightsStore,
    job: &TrainJob,
    data: &TrainingData,
    control: RunControl,
) -> Result<Entry, JobError> {
    let Recipe::Network(recipe) = job.recipe else {
        let parts = data.split(match job.model {
            ModelId::Logistic => LOGISTIC_VARIANTS,
            _ => CLASSICAL_VARIANTS,
        });
        let trained = fit_classical(job, &parts, control)?;
        return record(store, job, trained, &parts, data);
    };
    let parts = data.split(VARIANTS);
    let run = new_run(recipe, job.seed, job.device, data);
    let name = run_name(job.model, &run);
    let checkpoint = Checkpoint::new(store.checkpoints().join(name));
    let distillation = teacher_logits(store, &run, job.device, data, control)?;
    let (logits, teachers) = distillation.unzip();
    let network = train_loop::train(
        network_spec(job.model),
        run,
        &parts,
        job.device,
        logits.as_ref(),
        &checkpoint,
        control,
    )?;
    let trained = Trained {
        artifact: store.parse(job.model.name(), &network.artifact)?,
        seconds: network.run.epochs.iter().map(|e| e.seconds).sum(),
        best: Some(network.run.best_epoch),
        epochs: network.run.epochs,
        teacher: teachers,
    };
    let entry = record(store, job, trained, &parts, data)?;
    checkpoint.clear().map_err(FitError::from)?;
    Ok(entry)
}

/// A run of the recipe that has not started.
pub(super) fn new_run(
    recipe: NetworkRecipe,
    seed: u64,
    device: DeviceKind,
    data: &TrainingData,
) -> RunState {
    RunState::new(recipe, seed, device.name(), &data_name(data))
}

/// The logits of the recipe's teachers, and their record; `None` for a recipe without distillation.
pub(super) fn teacher_logits(
    store: &WeightsStore,
    run: &RunState,
    device: DeviceKind,
    data: &TrainingData,
    control: RunControl,
) -> Result<Option<(TeacherLogits, TeacherRecord)>, FitError> {
    let Some(Distillation { views, .. }) = run.recipe.distillation else {
        return Ok(None);
    };
    let folder = store.checkpoints();
    let parts = split(&data.fashion_mnist.train, VALIDATION);
    let mut teachers = Teachers::train(&folder, &parts, device, control)?;
    let augmentation = &run.recipe.augmentation;
    let logits = teachers.logits(&folder, &parts.train, augmentation, views, control)?;
    Ok(Some((
        logits,
        teachers.record(&parts, &data.fashion_mnist.test),
    )))
}

/// Calibrates and evaluates trained weights, and writes them with their records.
fn record(
    store: &WeightsStore,
    job: &TrainJob,
    trained: Trained,
    parts: &Split,
    data: &TrainingData,
) -> Result<Entry, JobError> {
    let model = job.model;
    let bytes = with_calibration(model, trained.artifact, &parts.validation)?
        .to_bytes()
        .map_err(FitError::from)?;
    // The figures must be those of the file, whose weights are rounded.
    let artifact = store.parse(model.name(), &bytes)?;
    let train = training_figures(model, &artifact, parts)?;
    let validation = Evaluation::run(model, &artifact, &parts.validation)?;
    let test = Evaluation::run(model, &artifact, &data.fashion_mnist.test)?;
    let temperature = artifact
        .tensor("temperature")
        .expect("invariant: calibration sets the temperature")
        .values[0];
    let entry = Entry {
        model,
        file: file_name(model.name()),
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
        parameters: artifact.parameter_count(),
        recipe: job.recipe,
        seed: job.seed,
        device: job.device.name().into(),
        data: data_hashes(),
        photos: data.photos.as_ref().map(|p| p.record.clone()),
        duration_seconds: trained.seconds.round() as u64,
        versions: versions(),
        epoch: trained.best,
        teacher: trained.teacher,
        temperature: rounded(f64::from(temperature)),
        micros: prediction_micros(model, &artifact, &data.fashion_mnist.test.images)
            .map_err(EvaluationError::from)?,
        train,
        validation: Figures::from(&validation),
        test: Figures::from(&test),
    };
    store.write_bytes(model.name(), &bytes)?;
    let metrics = Metrics::new(model.name(), test, trained.epochs);
    store.write_metrics(model.name(), &metrics)?;
    let mut manifest = store.manifest()?;
    manifest.insert(entry.clone());
    store.write_manifest(&manifest)?;
    Ok(entry)
}

/// Fits a classical model, on the CPU.
pub(super) fn fit_classical(
    job: &TrainJob,
    parts: &Split,
    control: RunControl,
) -> Result<Trained, JobError> {
    let started = Instant::now();
    let artifact = classical::fit(job.model, job.recipe, &parts.train, job.seed, control)?;
    Ok(Trained {
        artifact,
        epochs: Vec::new(),
        best: None,
        teacher: None,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// A network's figures on the training split, without augmentation and without photos; `None` for a classical model.
pub(super) fn training_figures(
    model: ModelId,
    artifact: &Artifact,
    parts: &Split,
) -> Result<Option<Figures>, EvaluationError> {
    if !model.is_deep() {
        return Ok(None);
    }
    let train = parts.train.first(parts.train.len() - parts.photo_variants);
    Evaluation::run(model, artifact, &train).map(|e| Some(Figures::from(&e)))
}

/// The specification of a network for the training loop.
pub(super) fn network_spec(model: ModelId) -> NetworkSpec {
    NetworkSpec {
        name: model.name(),
        title: model.title(),
        layers: model.layers(),
    }
}

/// Identifies the training data in checkpoints.
fn data_name(data: &TrainingData) -> String {
    match &data.photos {
        None => TRAIN_IMAGES.sha256.into(),
        Some(photos) => format!("{}+{}", TRAIN_IMAGES.sha256, photos.record.sha256),
    }
}

/// The name of a run's checkpoint folder. Each recipe and seed has its own, so that a short run does not overwrite the
/// checkpoint of a long one.
pub(super) fn run_name(model: ModelId, run: &RunState) -> String {
    let hash = sha256(cache_key::run(run).as_bytes());
    format!("{model}-{}", &hash[..8])
}
