//! Fitting and evaluating the ensemble of the seven models.

use std::collections::BTreeMap;

use shared::ModelId;
use shared::model::ensemble::NAME;
use shared::model::{Ensemble, Prediction};

use super::JobError;
use super::timing::features_micros;
use crate::data::Examples;
use crate::data::split::{VALIDATION, split};
use crate::evaluate::{self, Evaluation, Figures, rounded};
use crate::fit::ensemble::{self as fitting, EnsembleExamples};
use crate::fit::train_loop::FitError;
use crate::hash::sha256;
use crate::manifest::{Metrics, VoteEntry};
use crate::training_data::TrainingData;
use crate::weights_store::{WeightsStore, file_name};

/// The seven models' predictions for an image, in the order of [`ModelId::ALL`].
type ImagePredictions = [Prediction; ModelId::ALL.len()];

/// Whether the ensemble was fitted on the weights in the store; `None` if one of the seven models is missing.
///
/// # Errors
/// The manifest cannot be read.
pub fn is_current(store: &WeightsStore) -> Result<Option<bool>, JobError> {
    let manifest = store.manifest()?;
    let members = ModelId::ALL.iter().map(|&m| manifest.entry(m));
    let Some(members) = members.collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let members = members.iter().map(|e| (e.model, e.sha256.clone()));
    let members: BTreeMap<ModelId, String> = members.collect();
    let (Some(entry), true) = (&manifest.vote, store.has_metrics(NAME)?) else {
        return Ok(Some(false));
    };
    let is_recorded = store.file_hash(NAME)?.as_ref() == Some(&entry.sha256);
    Ok(Some(is_recorded && members == entry.members))
}

/// The share of the loss that comes from photos, if there are any.
const PHOTO_SHARE: f64 = 0.15;

/// Fits the ensemble's weights on the validation split and on validation photos, and writes them with their metrics and
/// manifest entry.
///
/// # Errors
/// A file is missing or damaged.
pub fn train(store: &WeightsStore, data: &TrainingData) -> Result<VoteEntry, JobError> {
    let photos = data.photos.as_ref();
    let validation = split(&data.fashion_mnist.train, VALIDATION).validation;
    let validation_predictions = predictions(store, &validation)?;
    let photo_examples = photos.map(|p| &p.validation);
    let photo_predictions = photo_examples.map(|p| predictions(store, p)).transpose()?;
    let mut sets = vec![EnsembleExamples {
        predictions: &validation_predictions,
        labels: &validation.labels,
        share: 1.0,
    }];
    if let (Some(examples), Some(predictions)) = (photo_examples, &photo_predictions) {
        sets[0].share = 1.0 - PHOTO_SHARE;
        sets.push(EnsembleExamples {
            predictions,
            labels: &examples.labels,
            share: PHOTO_SHARE,
        });
    }
    let fitted = fitting::fit(&sets);
    let bytes = fitted.to_artifact().to_bytes().map_err(FitError::from)?;
    store.write_bytes(NAME, &bytes)?;
    let of_validation = evaluate(store, &validation)?;
    let test = evaluate(store, &data.fashion_mnist.test)?;
    let mut manifest = store.manifest()?;
    let members = manifest.models.iter().map(|e| (e.model, e.sha256.clone()));
    let weight = |&m: &ModelId| (m, rounded(f64::from(fitted.weights[m as usize])));
    let entry = VoteEntry {
        file: file_name(NAME),
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
        members: members.collect(),
        photos: photos.map(|p| p.record.clone()),
        weights: ModelId::ALL.iter().map(weight).collect(),
        features_micros: features_micros(&data.fashion_mnist.test.images),
        validation: Figures::from(&of_validation),
        test: Figures::from(&test),
    };
    let metrics = Metrics::new(NAME, test, Vec::new());
    store.write_metrics(NAME, &metrics)?;
    manifest.vote = Some(entry.clone());
    store.write_manifest(&manifest)?;
    Ok(entry)
}

/// The ensemble's evaluation on some examples.
///
/// # Errors
/// A file is missing or damaged.
pub fn evaluate(store: &WeightsStore, examples: &Examples) -> Result<Evaluation, JobError> {
    let ensemble: Ensemble = store.ensemble()?;
    let predictions = predictions(store, examples)?;
    let probabilities = predictions.iter().map(|p| {
        ensemble
            .combine(p)
            .expect("invariant: there are seven predictions")
    });
    Ok(Evaluation::from_probabilities(
        probabilities,
        &examples.labels,
    ))
}

/// The seven models' predictions for every example.
///
/// # Errors
/// A file is missing or damaged.
pub fn predictions(
    store: &WeightsStore,
    examples: &Examples,
) -> Result<Vec<ImagePredictions>, JobError> {
    let mut by_model = Vec::new();
    for model in ModelId::ALL {
        by_model.push(evaluate::predictions(
            model,
            &store.artifact(model)?,
            examples,
        )?);
    }
    let of_image = |i: usize| core::array::from_fn(|m| by_model[m][i]);
    Ok((0..examples.len()).map(of_image).collect())
}
