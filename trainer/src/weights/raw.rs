//! The classical models on raw pixels: the original's comparison. Measured and recorded, not shipped.

use serde::{Deserialize, Serialize};
use shared::ModelId;
use shared::artifact::Artifact;

use super::train::{Order, calibrated, fitted};
use super::{Weights, WeightsError};
use crate::data::DataSet;
use crate::data::split::{VALIDATION, split};
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, Figures};
use crate::fit::Recipe;
use crate::fit::progress::RunControl;
use crate::fit::train_loop::FitError;
use crate::manifest;

/// `metrics/raw.json`: the models, in their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Raw {
    pub models: Vec<RawEntry>,
}

/// A classical model on raw pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawEntry {
    pub model: ModelId,
    pub recipe: Recipe,
    pub duration_seconds: u64,
    pub validation: Figures,
    pub test: Figures,
}

impl Weights {
    /// What is recorded of the classical models on raw pixels; `None` where nothing is.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn raw(&self) -> Result<Option<Raw>, WeightsError> {
        Ok(manifest::read(&self.metrics_path("raw"))?)
    }

    /// Fits a classical model on raw pixels and records how good it is; `None` of a network, which sees nothing else.
    ///
    /// # Errors
    /// See [`WeightsError`].
    pub fn measure_raw(
        &self,
        model: ModelId,
        seed: u64,
        data: &DataSet,
        control: RunControl,
    ) -> Result<Option<RawEntry>, WeightsError> {
        let Some(recipe) = Recipe::for_raw_pixels(model) else {
            return Ok(None);
        };
        let order = Order {
            model,
            recipe,
            seed,
            device: DeviceKind::Flex,
        };
        let parts = split(&data.train, VALIDATION);
        let trained = fitted(&order, &parts, control)?;
        let artifact = calibrated(model, trained.artifact, &parts.validation)?;
        // Through the file's rounding, as the shipped ones.
        let bytes = artifact.to_bytes().map_err(FitError::from)?;
        let artifact = Artifact::from_bytes(&bytes).map_err(FitError::from)?;
        let figures = |examples| Evaluation::of(model, &artifact, examples);
        let entry = RawEntry {
            model,
            recipe,
            duration_seconds: trained.seconds.round() as u64,
            validation: Figures::from(&figures(&parts.validation)?),
            test: Figures::from(&figures(&data.test)?),
        };
        let mut raw = self.raw()?.unwrap_or_default();
        raw.models.retain(|e| e.model != model);
        raw.models.push(entry.clone());
        raw.models.sort_by_key(|e| e.model);
        manifest::write(&self.metrics_path("raw"), &raw)?;
        Ok(Some(entry))
    }
}
