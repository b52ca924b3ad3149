//! Training of one model: the job, its result, calibration, and the manifest entry.

use std::time::Instant;

use fashion_mnist::TRAIN_IMAGES;
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::{AnyClassifier, ModelId, Sample};

use super::JobError;
use crate::data::Examples;
use crate::data::split::{Split, VALIDATION, split};
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, EvaluationError, Figures, map_examples, rounded};
use crate::fit::checkpoint::{Checkpoint, EpochMetrics, RunState};
use crate::fit::distillation::{TeacherRecord, Teachers};
use crate::fit::progress::RunControl;
use crate::fit::recipe::{Distillation, NetworkRecipe};
use crate::fit::teacher_logits::TeacherLogits;
use crate::fit::train_loop::{FitError, NetworkSpec};
use crate::fit::{Recipe, cache_key, calibrate, classical, train_loop};
use crate::hash::sha256;
use crate::manifest::{Entry, Metrics};
use crate::photos::set::{FEW, FEWEST, Record, VARIANTS};
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

/// How sharply the SVM's decision values become probabilities; the best of them is the validation split's choice.
const SLOPES: [f32; 6] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0];
/// Test images that are timed.
const TIMED: usize = 200;

/// Whether the file is there with its metrics, is the recorded one, and was made to this order; from these photos,
/// where some are given: without any, weights that have learned from photos are as good.
///
/// # Errors
/// The manifest cannot be read.
pub fn is_current(
    store: &WeightsStore,
    job: &TrainJob,
    photos: Option<&Record>,
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
    let file = store.bytes(job.model.name()).map(|bytes| sha256(&bytes));
    Ok(file.is_ok_and(|sha256| sha256 == entry.sha256)
        && (entry.recipe, entry.seed, &entry.data) == (job.recipe, job.seed, &data_hashes()))
}

/// Trains a model, and writes its weights, its metrics and its manifest entry.
///
/// # Errors
/// See [`JobError`]; a network's run that was stopped goes on with the next call.
pub fn train(
    store: &WeightsStore,
    job: &TrainJob,
    data: &TrainingData,
    control: RunControl,
) -> Result<Entry, JobError> {
    let Recipe::Network(recipe) = job.recipe else {
        let parts = data.split(match job.model {
            ModelId::Logistic => FEWEST,
            _ => FEW,
        });
        let trained = fit_classical(job, &parts, control)?;
        return record(store, job, trained, &parts, data);
    };
    let parts = data.split(VARIANTS);
    let run = new_run(recipe, job.seed, job.device, data);
    let name = run_name(job.model, &run);
    let checkpoint = Checkpoint::new(store.checkpoints().join(name));
    let taught = teacher_logits(store, &run, job.device, data, control)?;
    let (answers, credentials) = taught.unzip();
    let fitted = train_loop::train(
        network_spec(job.model),
        run,
        &parts,
        job.device,
        answers.as_ref(),
        &checkpoint,
        control,
    )?;
    let trained = Trained {
        artifact: store.parse(job.model.name(), &fitted.artifact)?,
        seconds: fitted.run.epochs.iter().map(|e| e.seconds).sum(),
        best: Some(fitted.run.best_epoch),
        epochs: fitted.run.epochs,
        teacher: credentials,
    };
    let entry = record(store, job, trained, &parts, data)?;
    checkpoint.clear().map_err(FitError::from)?;
    Ok(entry)
}

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
    // What is measured is what is shipped: read back, rounded as the file is.
    let artifact = store.parse(model.name(), &bytes)?;
    let train = training_figures(model, &artifact, parts)?;
    let validation = Evaluation::run(model, &artifact, &parts.validation)?;
    let test = Evaluation::run(model, &artifact, &data.fashion_mnist.test)?;
    let temperature = artifact.tensor("temperature").map_or(1.0, |t| t.values[0]);
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
        micros: median_micros(model, &artifact, &data.fashion_mnist.test)?,
        train,
        validation: Figures::from(&validation),
        test: Figures::from(&test),
    };
    store.write_bytes(model.name(), &bytes)?;
    let metrics = Metrics::new(model.name(), test, trained.epochs);
    store.write_metrics(model.name(), &metrics)?;
    let mut all = store.manifest()?;
    all.insert(entry.clone());
    store.write_manifest(&all)?;
    Ok(entry)
}

/// A classical model's weights. On the CPU alone: no device makes them faster.
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

/// The weights with the temperature fitted on the validation split, and for an SVM the slope.
pub(super) fn with_calibration(
    model: ModelId,
    artifact: Artifact,
    validation: &Examples,
) -> Result<Artifact, JobError> {
    // As a file holds it: rounding is part of what is calibrated.
    let bytes = artifact.to_bytes().map_err(FitError::from)?;
    let mut artifact = Artifact::from_bytes(&bytes).map_err(FitError::from)?;
    let fit = |scores: &[[f32; CLASSES]]| calibrate::temperature(scores, &validation.labels);
    let (slope, temperature) = if model == ModelId::Svm {
        let decisions = map_examples(
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
        let scores = map_examples(model, &artifact, validation, |member, sample| {
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

/// The median time of a prediction on one thread, in microseconds, without the features.
fn median_micros(model: ModelId, artifact: &Artifact, test: &Examples) -> Result<f64, JobError> {
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

/// The median, to one decimal; 0 for no values.
pub(super) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    (times.get(times.len() / 2).copied().unwrap_or_default() * 10.0).round() / 10.0
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

/// A folder a run: a look at another recipe or seed leaves a long run's checkpoint alone.
pub(super) fn run_name(model: ModelId, run: &RunState) -> String {
    let hash = sha256(cache_key::run(run).as_bytes());
    format!("{model}-{}", &hash[..8])
}
