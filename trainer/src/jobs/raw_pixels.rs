//! The classical models on raw pixels, for comparison with the original project. The weights are not kept.

use serde::{Deserialize, Serialize};
use shared::ModelId;
use shared::artifact::Artifact;

use super::JobError;
use super::calibration::with_calibration;
use super::train::{TrainJob, fit_classical};
use crate::data::DataSet;
use crate::data::split::{VALIDATION, split};
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, Figures};
use crate::fit::Recipe;
use crate::fit::progress::RunControl;
use crate::fit::train_loop::FitError;
use crate::weights_store::{StoreError, WeightsStore};

/// `metrics/raw.json`: the models, in their usual order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RawPixelMetrics {
    pub models: Vec<RawPixelEntry>,
}

/// A classical model on raw pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawPixelEntry {
    pub model: ModelId,
    pub recipe: Recipe,
    pub duration_seconds: u64,
    pub validation: Figures,
    pub test: Figures,
}

/// The recorded metrics; `None` if there are none.
///
/// # Errors
/// The record cannot be read.
pub fn recorded(store: &WeightsStore) -> Result<Option<RawPixelMetrics>, StoreError> {
    store.read_metrics_file("raw")
}

/// Fits a classical model on raw pixels and records its figures; `None` for a network, whose input is raw pixels anyway.
///
/// # Errors
/// See [`JobError`].
pub fn measure(
    store: &WeightsStore,
    model: ModelId,
    seed: u64,
    data: &DataSet,
    control: RunControl,
) -> Result<Option<RawPixelEntry>, JobError> {
    let Some(recipe) = Recipe::for_raw_pixels(model) else {
        return Ok(None);
    };
    let job = TrainJob {
        model,
        recipe,
        seed,
        device: DeviceKind::Flex,
    };
    let parts = split(&data.train, VALIDATION);
    let trained = fit_classical(&job, &parts, control)?;
    let artifact = with_calibration(model, trained.artifact, &parts.validation)?;
    // The weights are rounded as in a file, as those of the other models are.
    let bytes = artifact.to_bytes().map_err(FitError::from)?;
    let artifact = Artifact::from_bytes(&bytes).map_err(FitError::from)?;
    let figures = |examples| Evaluation::run(model, &artifact, examples);
    let entry = RawPixelEntry {
        model,
        recipe,
        duration_seconds: trained.seconds.round() as u64,
        validation: Figures::from(&figures(&parts.validation)?),
        test: Figures::from(&figures(&data.test)?),
    };
    let mut raw = recorded(store)?.unwrap_or_default();
    raw.models.retain(|e| e.model != model);
    raw.models.push(entry.clone());
    raw.models.sort_by_key(|e| e.model);
    store.write_metrics_file("raw", &raw)?;
    Ok(Some(entry))
}
