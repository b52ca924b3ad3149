//! Verification: recomputes all figures from the weights and compares them with the recorded ones.

use shared::ModelId;
use shared::model::ensemble::NAME;
use shared::model::photo_network;

use super::JobError;
use super::ensemble::evaluate;
use super::train::training_figures;
use crate::data::DataSet;
use crate::data::split::{VALIDATION, split};
use crate::evaluate::{Evaluation, Figures, class_reports, digits};
use crate::hash::sha256;
use crate::manifest::Metrics;
use crate::weights_store::WeightsStore;

/// Recomputes a model's figures and compares them with the recorded ones. With `limit`, only the predictions of the first
/// test images are compared.
///
/// # Errors
/// [`JobError::Mismatch`] for the first figure that differs.
pub fn verify_model(
    store: &WeightsStore,
    model: ModelId,
    data: &DataSet,
    limit: Option<usize>,
) -> Result<Figures, JobError> {
    let manifest = store.manifest()?;
    let entry = manifest.entry(model).ok_or_else(|| store.missing_entry())?;
    let metrics = store.metrics(model.name())?;
    let bytes = store.bytes(model.name())?;
    let artifact = store.parse(model.name(), &bytes)?;
    let comparison = Comparison(model.name());
    comparison.file(&bytes, &entry.sha256, entry.bytes)?;
    comparison.equal(
        "number of parameters",
        artifact.parameter_count(),
        entry.parameters,
    )?;
    let test = match limit {
        Some(limit) => &data.test.first(limit),
        None => &data.test,
    };
    let evaluation = Evaluation::run(model, &artifact, test)?;
    let figures = comparison.evaluation(&evaluation, &metrics, &entry.test, limit.is_none())?;
    if limit.is_none() {
        let parts = split(&data.train, VALIDATION);
        let validation = Evaluation::run(model, &artifact, &parts.validation)?;
        comparison.figures("validation", &Figures::from(&validation), &entry.validation)?;
        let train = training_figures(model, &artifact, &parts)?;
        let is_recorded = entry.train.is_some();
        comparison.equal("record on the training split", train.is_some(), is_recorded)?;
        if let (Some(found), Some(recorded)) = (train, &entry.train) {
            comparison.figures("training", &found, recorded)?;
        }
    }
    Ok(figures)
}

/// Compares the photo network's file with its record; nothing if there is neither.
///
/// # Errors
/// [`JobError::Mismatch`] where they differ.
pub fn verify_photo_network(store: &WeightsStore) -> Result<(), JobError> {
    let Some(entry) = store.manifest()?.photo else {
        return Ok(());
    };
    let name = photo_network::NAME;
    let bytes = store.bytes(name)?;
    let comparison = Comparison(name);
    comparison.file(&bytes, &entry.sha256, entry.bytes)?;
    let parameters = store.parse(name, &bytes)?.parameter_count();
    comparison.equal("number of parameters", parameters, entry.parameters)
}

/// Recomputes the ensemble's figures and compares them with the recorded ones, as [`verify_model`] does.
///
/// # Errors
/// [`JobError::Mismatch`] for the first figure that differs.
pub fn verify_ensemble(
    store: &WeightsStore,
    data: &DataSet,
    limit: Option<usize>,
) -> Result<Figures, JobError> {
    let manifest = store.manifest()?;
    let entry = manifest
        .vote
        .as_ref()
        .ok_or_else(|| store.missing_entry())?;
    let metrics = store.metrics(NAME)?;
    let comparison = Comparison(NAME);
    comparison.file(&store.bytes(NAME)?, &entry.sha256, entry.bytes)?;
    for (model, sha256) in &entry.members {
        let of_model = manifest.entry(*model).map_or("", |e| &e.sha256);
        comparison.equal(&format!("member {model}"), of_model, sha256)?;
    }
    let test = match limit {
        Some(limit) => &data.test.first(limit),
        None => &data.test,
    };
    let evaluation = evaluate(store, test)?;
    let figures = comparison.evaluation(&evaluation, &metrics, &entry.test, limit.is_none())?;
    if limit.is_none() {
        let parts = split(&data.train, VALIDATION);
        let validation = evaluate(store, &parts.validation)?;
        comparison.figures("validation", &Figures::from(&validation), &entry.validation)?;
    }
    Ok(figures)
}

/// Compares computed with recorded values of the model of this name.
struct Comparison(&'static str);

impl Comparison {
    fn equal(
        &self,
        what: &str,
        found: impl ToString,
        recorded: impl ToString,
    ) -> Result<(), JobError> {
        let (found, recorded) = (found.to_string(), recorded.to_string());
        if found == recorded {
            return Ok(());
        }
        Err(JobError::Mismatch {
            what: format!("{}'s {what}", self.0),
            found,
            recorded,
        })
    }

    fn file(&self, bytes: &[u8], hash: &str, length: u64) -> Result<(), JobError> {
        self.equal("SHA-256", sha256(bytes), hash)?;
        self.equal("number of bytes", bytes.len(), length)
    }

    /// Compares the predictions with the recorded ones and, for the whole test set, all figures.
    fn evaluation(
        &self,
        evaluation: &Evaluation,
        metrics: &Metrics,
        recorded: &Figures,
        is_complete: bool,
    ) -> Result<Figures, JobError> {
        let predicted = digits(&evaluation.predicted);
        // A record that is too short is compared as a whole, and differs.
        let known = metrics.answers.get(..predicted.len());
        self.equal(
            "list of predictions",
            &predicted,
            known.unwrap_or(&metrics.answers),
        )?;
        let figures = Figures::from(evaluation);
        if is_complete {
            self.figures("test", &figures, recorded)?;
            let matrix = |c: &shared::metrics::ConfusionMatrix| format!("{:?}", c.0);
            let recorded = matrix(&metrics.confusion);
            self.equal("confusion matrix", matrix(&evaluation.confusion), recorded)?;
            let found = format!("{:?}", class_reports(&evaluation.confusion));
            self.equal("per-class table", found, format!("{:?}", metrics.classes))?;
        }
        Ok(figures)
    }

    fn figures(&self, set: &str, found: &Figures, recorded: &Figures) -> Result<(), JobError> {
        let pairs = [
            ("accuracy", found.accuracy, recorded.accuracy),
            (
                "number of correct predictions",
                f64::from(found.correct),
                f64::from(recorded.correct),
            ),
            ("loss", found.loss, recorded.loss),
            ("macro F1", found.macro_f1, recorded.macro_f1),
            (
                "calibration error",
                found.calibration_error,
                recorded.calibration_error,
            ),
        ];
        for (figure, found, recorded) in pairs {
            self.equal(&format!("{set} {figure}"), found, recorded)?;
        }
        Ok(())
    }
}
