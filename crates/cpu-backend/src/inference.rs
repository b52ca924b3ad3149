//! Inference with a trained network.

use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::model::layer::{Parameter, parameters};
use shared::model::{Layer, ModelError};

use super::executor::Executor;

/// A trained network.
pub struct InferenceNetwork {
    executor: Executor,
    parameters: Vec<f32>,
    statistics: Vec<f32>,
}

/// Images to classify at a time: the activations of the largest network take two megabytes per image.
pub const INFERENCE_BATCH: usize = 128;

impl InferenceNetwork {
    /// The network of a weights file.
    ///
    /// # Errors
    /// A tensor of the table is missing, or has another shape.
    pub fn from_artifact(layers: &[Layer], artifact: &Artifact) -> Result<Self, ModelError> {
        let values = parameters(layers)
            .into_iter()
            .map(|Parameter { name, shape }| match artifact.tensor(&name) {
                Some(tensor) if tensor.shape == shape => Ok(tensor.values.as_slice()),
                _ => Err(ModelError::Missing {
                    model: artifact.model.clone(),
                    tensor: name,
                }),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let executor = Executor::new(layers, false, 0.0);
        let (parameters, statistics) = executor.flatten(values.into_iter());
        Ok(Self {
            executor,
            parameters,
            statistics,
        })
    }

    /// The logits of standardised images.
    ///
    /// # Shapes
    /// `pixels`: `[batch, 28, 28]`.
    pub fn logits(&mut self, pixels: &[f32]) -> Vec<[f32; CLASSES]> {
        self.executor
            .logits(&self.parameters, &self.statistics, pixels)
    }
}
