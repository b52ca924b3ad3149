//! The folder `weights/`: trains what is missing or out of date, and checks what is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use shared::ModelId;
use shared::artifact::{Artifact, ArtifactError};
use thiserror::Error;

use crate::data::FashionMnist;
use crate::data::idx::{FILES, TRAIN_IMAGES, hex};
use crate::data::split::{Split, VALIDATION, split};
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, EvaluationError, Figures, class_reports, digits};
use crate::fit::checkpoint::{Checkpoint, Progress};
use crate::fit::deep::{FitError, Watch};
use crate::fit::{Fitted, Recipe, fit};
use crate::manifest::{self, Entry, Manifest, ManifestError, Metrics};

/// Why the weights could not be made, read or confirmed.
#[derive(Debug, Error)]
pub enum WeightsError {
    #[error("{path} is missing: run `cargo run -p trainer` to train it, or restore it")]
    Missing { path: PathBuf },
    #[error("{path} cannot be used: {source}")]
    Artifact {
        path: PathBuf,
        source: ArtifactError,
    },
    #[error(
        "{what} is {found} from the weights, {recorded} in the manifest: restore the weights and their records together, or train again"
    )]
    Disagrees {
        what: String,
        found: String,
        recorded: String,
    },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error(transparent)]
    Fit(#[from] FitError),
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Weights(PathBuf);

/// What a training run is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub model: ModelId,
    pub recipe: Recipe,
    pub seed: u64,
    pub device: DeviceKind,
}

impl Weights {
    /// In this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The manifest, empty where there is none.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn manifest(&self) -> Result<Manifest, WeightsError> {
        Ok(manifest::read(&self.manifest_path())?.unwrap_or_default())
    }

    /// A model's weights.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn artifact(&self, model: ModelId) -> Result<Artifact, WeightsError> {
        self.parsed(model, &self.bytes(model)?)
    }

    fn bytes(&self, model: ModelId) -> Result<Vec<u8>, WeightsError> {
        let path = self.file(model);
        fs::read(&path).map_err(|_| WeightsError::Missing { path })
    }

    /// A model's weights from its file's bytes; an error names the file.
    fn parsed(&self, model: ModelId, bytes: &[u8]) -> Result<Artifact, WeightsError> {
        let path = self.file(model);
        Artifact::from_bytes(bytes).map_err(|source| WeightsError::Artifact { path, source })
    }

    /// Whether the file is there with its metrics, is the recorded one, and was made to this order.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn is_current(&self, order: &Order) -> Result<bool, WeightsError> {
        let manifest = self.manifest()?;
        let Some(entry) = manifest.entry(order.model) else {
            return Ok(false);
        };
        let metrics: Option<Metrics> = manifest::read(&self.metrics_path(order.model))?;
        if metrics.is_none() {
            return Ok(false);
        }
        let file = fs::read(self.file(order.model)).map(|bytes| hex(&Sha256::digest(bytes)));
        Ok(file.is_ok_and(|sha256| sha256 == entry.sha256)
            && (entry.recipe, entry.seed, &entry.data)
                == (order.recipe, order.seed, &data_hashes()))
    }

    /// Trains to an order, and writes weights, metrics and the manifest's entry.
    ///
    /// # Errors
    /// See [`WeightsError`]; a run that was stopped goes on with the next call.
    pub fn train(
        &self,
        order: &Order,
        data: &FashionMnist,
        watch: Watch,
    ) -> Result<Entry, WeightsError> {
        let model = order.model;
        let parts = split(&data.train, VALIDATION);
        let run = Progress {
            recipe: order.recipe,
            seed: order.seed,
            device: order.device.name().into(),
            data: TRAIN_IMAGES.sha256.into(),
            epochs: Vec::new(),
            best: 0,
        };
        let checkpoint = Checkpoint::new(self.0.join("checkpoints").join(run_name(model, &run)));
        let fitted = fit(model, run, &parts, &order.device.open(), &checkpoint, watch)?;
        let entry = self.record(order, &fitted, &parts, data)?;
        checkpoint.clear().map_err(FitError::from)?;
        Ok(entry)
    }

    fn record(
        &self,
        order: &Order,
        fitted: &Fitted,
        parts: &Split,
        data: &FashionMnist,
    ) -> Result<Entry, WeightsError> {
        let model = order.model;
        let artifact = self.parsed(model, &fitted.artifact)?;
        let validation = Evaluation::of(model, &artifact, &parts.validation)?;
        let test = Evaluation::of(model, &artifact, &data.test)?;
        let seconds: f64 = fitted.progress.epochs.iter().map(|e| e.seconds).sum();
        let entry = Entry {
            model,
            file: file_name(model),
            bytes: fitted.artifact.len() as u64,
            sha256: hex(&Sha256::digest(&fitted.artifact)),
            parameters: artifact.parameter_count(),
            recipe: order.recipe,
            seed: order.seed,
            device: order.device.name().into(),
            data: data_hashes(),
            duration_seconds: seconds.round() as u64,
            versions: versions(),
            epoch: fitted.progress.best,
            validation: Figures::from(&validation),
            test: Figures::from(&test),
        };
        manifest::write_bytes(&self.file(model), &fitted.artifact)?;
        manifest::write(
            &self.metrics_path(model),
            &Metrics {
                model,
                classes: class_reports(&test.confusion),
                answers: digits(&test.answers),
                confusion: test.confusion,
                epochs: fitted.progress.epochs.clone(),
            },
        )?;
        let mut all = self.manifest()?;
        all.insert(entry.clone());
        manifest::write(&self.manifest_path(), &all)?;
        Ok(entry)
    }

    /// Recomputes a model's figures and compares them with what is recorded; of the first `limit` test pictures
    /// only, where it is given.
    ///
    /// # Errors
    /// [`WeightsError::Disagrees`] for the first figure that differs.
    pub fn confirm(
        &self,
        model: ModelId,
        data: &FashionMnist,
        limit: Option<usize>,
    ) -> Result<Figures, WeightsError> {
        let manifest = self.manifest()?;
        let entry = manifest.entry(model).ok_or_else(|| WeightsError::Missing {
            path: self.manifest_path(),
        })?;
        let metrics_path = self.metrics_path(model);
        let metrics: Metrics =
            manifest::read(&metrics_path)?.ok_or(WeightsError::Missing { path: metrics_path })?;
        let bytes = self.bytes(model)?;
        let artifact = self.parsed(model, &bytes)?;
        let same = |what: &str, found: &dyn ToString, recorded: &dyn ToString| {
            let (found, recorded) = (found.to_string(), recorded.to_string());
            if found == recorded {
                return Ok(());
            }
            Err(WeightsError::Disagrees {
                what: format!("{model}'s {what}"),
                found,
                recorded,
            })
        };
        same("SHA-256", &hex(&Sha256::digest(&bytes)), &entry.sha256)?;
        same("number of bytes", &bytes.len(), &entry.bytes)?;
        same(
            "number of parameters",
            &artifact.parameter_count(),
            &entry.parameters,
        )?;
        let test = match limit {
            Some(limit) => &data.test.first(limit),
            None => &data.test,
        };
        let evaluation = Evaluation::of(model, &artifact, test)?;
        let answers = digits(&evaluation.answers);
        let recorded = metrics
            .answers
            .get(..answers.len())
            .unwrap_or(&metrics.answers);
        same("list of answers", &answers, &recorded)?;
        let figures = Figures::from(&evaluation);
        if limit.is_none() {
            same_figures("test", &figures, &entry.test, &same)?;
            let json = |c: &shared::metrics::Confusion| format!("{:?}", c.0);
            same(
                "confusion matrix",
                &json(&evaluation.confusion),
                &json(&metrics.confusion),
            )?;
            let reports = |r| format!("{r:?}");
            same(
                "per-class table",
                &reports(&class_reports(&evaluation.confusion)),
                &reports(&metrics.classes),
            )?;
            let parts = split(&data.train, VALIDATION);
            let validation = Evaluation::of(model, &artifact, &parts.validation)?;
            same_figures(
                "validation",
                &Figures::from(&validation),
                &entry.validation,
                &same,
            )?;
        }
        Ok(figures)
    }

    fn manifest_path(&self) -> PathBuf {
        self.0.join("manifest.json")
    }

    fn metrics_path(&self, model: ModelId) -> PathBuf {
        self.0.join("metrics").join(format!("{model}.json"))
    }

    fn file(&self, model: ModelId) -> PathBuf {
        self.0.join(file_name(model))
    }
}

type Same<'a> = dyn Fn(&str, &dyn ToString, &dyn ToString) -> Result<(), WeightsError> + 'a;

fn same_figures(
    set: &str,
    found: &Figures,
    recorded: &Figures,
    same: &Same,
) -> Result<(), WeightsError> {
    let pairs: [(&str, &dyn ToString, &dyn ToString); 5] = [
        ("accuracy", &found.accuracy, &recorded.accuracy),
        ("count of right answers", &found.correct, &recorded.correct),
        ("loss", &found.loss, &recorded.loss),
        ("macro F1", &found.macro_f1, &recorded.macro_f1),
        (
            "calibration error",
            &found.calibration_error,
            &recorded.calibration_error,
        ),
    ];
    for (figure, found, recorded) in pairs {
        same(&format!("{set} {figure}"), found, recorded)?;
    }
    Ok(())
}

/// A folder a run: a look at another recipe or seed leaves a long run's checkpoint alone.
fn run_name(model: ModelId, run: &Progress) -> String {
    let identity = format!("{run:?}");
    let hash = hex(&Sha256::digest(identity));
    format!("{model}-{}", &hash[..8])
}

fn file_name(model: ModelId) -> String {
    format!("{model}.hbd")
}

/// The hashes that `data::idx` holds every file to.
fn data_hashes() -> BTreeMap<String, String> {
    FILES
        .into_iter()
        .map(|file| (file.name.into(), file.sha256.into()))
        .collect()
}

fn versions() -> BTreeMap<String, String> {
    let lock = include_str!("../../Cargo.lock");
    let locked = |name: &str| {
        let entry = format!("name = \"{name}\"\nversion = \"");
        let (_, rest) = lock.split_once(&entry)?;
        rest.split('"').next().map(String::from)
    };
    let revision = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let out = Command::new("git")
            .args(["describe", "--always", "--dirty", "--abbrev=12"])
            .current_dir(root)
            .output()
            .ok()?;
        let text = String::from_utf8(out.stdout).ok()?;
        out.status.success().then(|| text.trim().to_owned())
    };
    let haberdash = Some(env!("CARGO_PKG_VERSION").to_owned());
    [
        ("haberdash", haberdash),
        ("burn", locked("burn")),
        ("burn-flex", locked("burn-flex")),
        ("git", revision()),
    ]
    .into_iter()
    .filter_map(|(name, version)| Some((name.into(), version?)))
    .collect()
}
