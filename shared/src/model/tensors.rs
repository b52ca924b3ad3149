//! Access to a weights file's tensors with checks of shape and range, and a network's values as a weights file.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use thiserror::Error;

use super::layer::{Layer, parameters};
use super::model_id::ModelId;
use crate::artifact::{Artifact, Storage, TEMPERATURE, Tensor};

/// Why a weights file does not fit its model.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    #[error("the weights file is for the model \"{found}\", not for {wanted}")]
    OtherModel { wanted: String, found: String },
    #[error("the weights of {model} have no tensor {tensor} of the required shape")]
    Missing { model: String, tensor: String },
    #[error(
        "the weights of {0} contain a negative variance or a number that is not finite, or lead to one"
    )]
    NotFinite(String),
    #[error("the weights of {model} are invalid ({what})")]
    Malformed { model: String, what: &'static str },
}

/// The tensors of a weights file whose model name was checked.
#[derive(Clone, Copy)]
pub(crate) struct Tensors<'a> {
    model: &'static str,
    artifact: &'a Artifact,
}

impl<'a> Tensors<'a> {
    /// The tensors, if the file is this model's.
    pub fn for_model(model: ModelId, artifact: &'a Artifact) -> Result<Self, ModelError> {
        Self::with_name(model.name(), artifact)
    }

    /// The tensors, if the file has this model name.
    pub fn with_name(model: &'static str, artifact: &'a Artifact) -> Result<Self, ModelError> {
        if artifact.model != model {
            return Err(ModelError::OtherModel {
                wanted: model.into(),
                found: artifact.model.clone(),
            });
        }
        Ok(Self { model, artifact })
    }

    /// A tensor with finite values and this shape, where `None` matches any length.
    pub fn tensor<const D: usize>(
        &self,
        name: &str,
        shape: [Option<usize>; D],
    ) -> Result<&'a Tensor, ModelError> {
        self.find(name, |found| {
            let mut pairs = shape.iter().zip(found);
            found.len() == D && pairs.all(|(wanted, found)| wanted.is_none_or(|w| w == *found))
        })
    }

    /// The values of a tensor with finite values and exactly this shape.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<&'a [f32], ModelError> {
        Ok(&self.find(name, |found| found == shape)?.values)
    }

    fn find(
        &self,
        name: &str,
        has_shape: impl Fn(&[usize]) -> bool,
    ) -> Result<&'a Tensor, ModelError> {
        let tensor = self.artifact.tensor(name).filter(|t| has_shape(&t.shape));
        let tensor = tensor.ok_or_else(|| ModelError::Missing {
            model: self.model.into(),
            tensor: name.into(),
        })?;
        if tensor.values.iter().all(|v| v.is_finite()) {
            Ok(tensor)
        } else {
            Err(self.not_finite())
        }
    }

    /// A single positive number whose reciprocal is finite.
    pub fn positive(&self, name: &str) -> Result<f32, ModelError> {
        let value = self.values(name, &[1])?[0];
        if value > 1e-6 && value < 1e6 {
            Ok(value)
        } else {
            Err(self.malformed("a scale is out of range"))
        }
    }

    /// The softmax temperature.
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

/// A network's values as a weights file with temperature 1. Weights (two or more dimensions) are stored in 8 bits, which costs
/// no measurable accuracy; everything else in 32.
///
/// `values` has one list for each of the table's [`parameters`], in their order.
///
/// # Panics
/// The number of lists is not the number of parameters.
pub fn network_artifact(name: &str, layers: &[Layer], values: Vec<Vec<f32>>) -> Artifact {
    let parameters = parameters(layers);
    assert_eq!(
        parameters.len(),
        values.len(),
        "one list of values per parameter"
    );
    let parameters = parameters.into_iter().map(|p| (p.name, p.shape));
    stored_artifact(name, parameters, values)
}

/// Values of these names and shapes as a weights file with temperature 1; stored as in [`network_artifact`].
pub fn stored_artifact(
    name: &str,
    parameters: impl IntoIterator<Item = (String, Vec<usize>)>,
    values: Vec<Vec<f32>>,
) -> Artifact {
    let tensors = parameters.into_iter().zip(values);
    let tensors = tensors.map(|((name, shape), values)| Tensor {
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
        tensors: tensors.chain([Tensor::temperature(1.0)]).collect(),
    }
}

/// Small weights files for the models' tests.
#[cfg(test)]
pub(crate) mod fixtures {
    use super::*;
    use crate::features::Sample;
    use crate::image::{Grey28, PIXELS};
    use alloc::vec;

    /// A model's weights file with these tensors and temperature 1.
    pub fn artifact(model: ModelId, tensors: &[(&str, &[usize], &[f32])]) -> Artifact {
        let tensors = tensors.iter().map(|(name, shape, values)| Tensor {
            name: (*name).into(),
            shape: shape.to_vec(),
            storage: Storage::F32,
            values: values.to_vec(),
        });
        Artifact {
            model: model.name().into(),
            tensors: tensors.chain([Tensor::temperature(1.0)]).collect(),
        }
    }

    /// A weight row `[784]` with this factor for the first pixel (0 to 1) and 0 elsewhere.
    pub fn first_pixel_row(factor: f32) -> Vec<f32> {
        let mut row = vec![0.0; PIXELS];
        row[0] = factor;
        row
    }

    /// An image that is black except for its first pixel.
    pub fn first_pixel_sample(first: u8) -> Sample {
        let mut pixels = [0; PIXELS];
        pixels[0] = first;
        Sample::new(Grey28::new(pixels))
    }

    /// The weights file with one tensor replaced.
    pub fn with_tensor(
        artifact: &Artifact,
        name: &str,
        shape: &[usize],
        values: &[f32],
    ) -> Artifact {
        let mut artifact = artifact.clone();
        for tensor in artifact.tensors.iter_mut().filter(|t| t.name == name) {
            tensor.shape = shape.to_vec();
            tensor.values = values.to_vec();
        }
        artifact
    }
}
