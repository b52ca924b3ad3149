//! A weights file's tensors, checked as a model takes them.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use thiserror::Error;

use super::ModelId;
use super::layer::{Layer, Parameter, parameters};
use crate::artifact::{Artifact, Storage, Tensor};

/// Why an artifact does not make the model that it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    #[error(
        "the weights file holds the model \"{found}\" where {wanted} was wanted: fetch it again"
    )]
    OtherModel { wanted: String, found: String },
    #[error(
        "the weights of {model} lack {tensor} or hold it in another shape: train the model again"
    )]
    Missing { model: String, tensor: String },
    #[error(
        "the weights of {0} hold or lead to a number that is not finite, or a negative variance: train the model again"
    )]
    NotFinite(String),
    #[error("the weights of {model} make no sense ({what}): train the model again")]
    Malformed { model: String, what: &'static str },
}

/// The tensor of the number that the scores are divided by before they become probabilities.
pub(crate) const TEMPERATURE: &str = "temperature";

/// An artifact under the name of the model that it should hold.
#[derive(Clone, Copy)]
pub(crate) struct Tensors<'a> {
    model: &'static str,
    artifact: &'a Artifact,
}

impl<'a> Tensors<'a> {
    /// The artifact, if it is this model's.
    pub fn for_model(model: ModelId, artifact: &'a Artifact) -> Result<Self, ModelError> {
        Self::with_name(model.name(), artifact)
    }

    /// The artifact, if that is its name.
    pub fn with_name(model: &'static str, artifact: &'a Artifact) -> Result<Self, ModelError> {
        if artifact.model != model {
            return Err(ModelError::OtherModel {
                wanted: model.into(),
                found: artifact.model.clone(),
            });
        }
        Ok(Self { model, artifact })
    }

    /// A tensor of this shape, where `None` is any length; all its numbers are finite.
    pub fn take<const D: usize>(
        &self,
        name: &str,
        shape: [Option<usize>; D],
    ) -> Result<&'a Tensor, ModelError> {
        self.fitting(name, |found| {
            let mut pairs = shape.iter().zip(found);
            found.len() == D && pairs.all(|(wanted, found)| wanted.is_none_or(|w| w == *found))
        })
    }

    /// The values of a tensor of exactly this shape.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<&'a [f32], ModelError> {
        Ok(&self.fitting(name, |found| found == shape)?.values)
    }

    fn fitting(
        &self,
        name: &str,
        fits: impl Fn(&[usize]) -> bool,
    ) -> Result<&'a Tensor, ModelError> {
        let tensor = self.artifact.tensor(name).filter(|t| fits(&t.shape));
        let tensor = tensor.ok_or_else(|| ModelError::Missing {
            model: self.model.into(),
            tensor: name.into(),
        })?;
        match tensor.values.iter().all(|v| v.is_finite()) {
            true => Ok(tensor),
            false => Err(self.not_finite()),
        }
    }

    /// A number above zero that its reciprocal can be taken of.
    pub fn positive(&self, name: &str) -> Result<f32, ModelError> {
        let value = self.values(name, &[1])?[0];
        match value > 1e-6 && value < 1e6 {
            true => Ok(value),
            false => Err(self.malformed("a scale is out of range")),
        }
    }

    /// The temperature that the validation split chose.
    pub fn temperature(&self) -> Result<f32, ModelError> {
        self.positive(TEMPERATURE)
    }

    pub fn malformed(&self, what: &'static str) -> ModelError {
        ModelError::Malformed {
            model: self.model.into(),
            what,
        }
    }

    pub fn not_finite(&self) -> ModelError {
        ModelError::NotFinite(self.model.to_string())
    }
}

/// The temperature as a tensor of a weights file.
pub fn temperature(value: f32) -> Tensor {
    Tensor {
        name: TEMPERATURE.into(),
        shape: Vec::from([1]),
        storage: Storage::F32,
        values: Vec::from([value]),
    }
}

/// A network's weights file: weights of two and more dimensions in 8 bits, which costs no accuracy that can be measured, the
/// rest in 32. The temperature is 1, for the validation split to change.
///
/// `values` holds a list for each of the table's parameters, in their order.
pub fn network_artifact(name: &str, layers: &[Layer], values: Vec<Vec<f32>>) -> Artifact {
    let tensors = parameters(layers).into_iter().zip(values);
    let tensors = tensors.map(|(Parameter { name, shape }, values)| Tensor {
        name,
        storage: if shape.len() > 1 {
            Storage::I8
        } else {
            Storage::F32
        },
        shape,
        values,
    });
    Artifact {
        model: name.into(),
        tensors: tensors.chain([temperature(1.0)]).collect(),
    }
}

/// Artifacts made by hand, for the tests of the models.
#[cfg(test)]
pub(crate) mod by_hand {
    use super::*;
    use crate::features::Sample;
    use crate::image::{Grey28, PIXELS};
    use alloc::vec;

    /// A model's artifact with these tensors, at temperature 1.
    pub fn artifact(model: ModelId, tensors: &[(&str, &[usize], &[f32])]) -> Artifact {
        let tensors = tensors.iter().map(|(name, shape, values)| Tensor {
            name: (*name).into(),
            shape: shape.to_vec(),
            storage: Storage::F32,
            values: values.to_vec(),
        });
        Artifact {
            model: model.name().into(),
            tensors: tensors.chain([temperature(1.0)]).collect(),
        }
    }

    /// `[1, 784]`: the first pixel, 0 to 1, times this.
    pub fn first_pixel(times: f32) -> Vec<f32> {
        let mut row = vec![0.0; PIXELS];
        row[0] = times;
        row
    }

    /// A picture that is dark but for its first pixel.
    pub fn lit(first: u8) -> Sample {
        let mut pixels = [0; PIXELS];
        pixels[0] = first;
        Sample::new(Grey28::new(pixels))
    }

    /// The artifact with another content of one tensor.
    pub fn altered(artifact: &Artifact, name: &str, shape: &[usize], values: &[f32]) -> Artifact {
        let mut artifact = artifact.clone();
        for tensor in artifact.tensors.iter_mut().filter(|t| t.name == name) {
            tensor.shape = shape.to_vec();
            tensor.values = values.to_vec();
        }
        artifact
    }
}
