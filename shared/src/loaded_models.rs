//! The models that an engine on the CPU has loaded so far.

use alloc::vec::Vec;

use thiserror::Error;

use crate::any_classifier::AnyClassifier;
use crate::artifact::{Artifact, ArtifactError};
use crate::model::weights_file::WeightsFile;
use crate::model::{Ensemble, ModelError, ModelId, NoveltyDetector};
use crate::plan::photo::PhotoNetwork;

/// Why a weights file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WeightsError {
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What was asked for needs weights that have not been loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{} has no weights yet", .0.title())]
pub struct WeightsMissing(pub WeightsFile);

/// The loaded models.
#[derive(Default)]
pub struct LoadedModels {
    classifiers: Vec<(ModelId, AnyClassifier)>,
    ensemble: Option<Ensemble>,
    novelty: Option<NoveltyDetector>,
    photo_network: Option<PhotoNetwork>,
}

impl LoadedModels {
    /// Loads a weights file, in the place of the one before. Returns its number of parameters.
    ///
    /// # Errors
    /// The bytes are no weights file, or those of another one. What was loaded before is kept.
    pub fn load(&mut self, file: WeightsFile, bytes: &[u8]) -> Result<usize, WeightsError> {
        let artifact = Artifact::from_bytes(bytes)?;
        match file {
            WeightsFile::Model(model) => {
                let classifier = AnyClassifier::new(model, &artifact)?;
                self.classifiers.retain(|(id, _)| *id != model);
                self.classifiers.push((model, classifier));
            }
            WeightsFile::Ensemble => self.ensemble = Some(Ensemble::from_artifact(&artifact)?),
            WeightsFile::Novelty => self.novelty = Some(NoveltyDetector::new(&artifact)?),
            WeightsFile::PhotoNetwork => self.photo_network = Some(PhotoNetwork::new(&artifact)?),
        }
        Ok(artifact.parameter_count())
    }

    /// The loaded ones of the seven models, in the order in which they are shown.
    pub fn models(&self) -> impl Iterator<Item = ModelId> {
        let is_loaded = |model: &ModelId| self.classifiers.iter().any(|(id, _)| id == model);
        ModelId::ALL.into_iter().filter(is_loaded)
    }

    /// One of the seven models.
    ///
    /// # Errors
    /// It is not loaded; likewise below.
    pub fn classifier(&mut self, model: ModelId) -> Result<&mut AnyClassifier, WeightsMissing> {
        self.classifiers
            .iter_mut()
            .find(|(id, _)| *id == model)
            .map(|(_, classifier)| classifier)
            .ok_or(WeightsMissing(WeightsFile::Model(model)))
    }

    /// The ensemble.
    pub fn ensemble(&self) -> Result<&Ensemble, WeightsMissing> {
        let ensemble = self.ensemble.as_ref();
        ensemble.ok_or(WeightsMissing(WeightsFile::Ensemble))
    }

    /// The novelty detector.
    pub fn novelty(&self) -> Result<&NoveltyDetector, WeightsMissing> {
        let novelty = self.novelty.as_ref();
        novelty.ok_or(WeightsMissing(WeightsFile::Novelty))
    }

    /// The photo network.
    pub fn photo_network(&mut self) -> Result<&mut PhotoNetwork, WeightsMissing> {
        let network = self.photo_network.as_mut();
        network.ok_or(WeightsMissing(WeightsFile::PhotoNetwork))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ensemble;

    fn weights(name: &str) -> Vec<u8> {
        let model = name.into();
        let ensemble = alloc::vec![crate::artifact::Tensor::temperature(1.0)];
        let file = Artifact {
            model,
            tensors: ensemble,
        };
        file.to_bytes().unwrap()
    }

    #[test]
    fn a_file_that_does_not_fit_is_refused_and_nothing_is_loaded() {
        let mut models = LoadedModels::default();
        for file in WeightsFile::all() {
            let other = models.load(file, &weights("other")).unwrap_err();
            assert!(matches!(
                other,
                WeightsError::Model(ModelError::OtherModel { .. })
            ));
            let incomplete = models.load(file, &weights(file.name())).unwrap_err();
            assert!(matches!(incomplete, WeightsError::Model(_)), "{file:?}");
            let mut damaged = weights(file.name());
            damaged[9] ^= 1;
            assert_eq!(
                models.load(file, &damaged),
                Err(ArtifactError::Checksum.into())
            );
        }
        assert_eq!(models.models().count(), 0);
        assert!(models.ensemble().is_err() && models.novelty().is_err());
        assert!(models.photo_network().is_err() && models.classifier(ModelId::Cnn).is_err());
    }

    #[test]
    fn loaded_files_are_listed_in_the_models_order() {
        use crate::features::DIMENSIONS;
        use crate::garment::CLASSES;
        use crate::model::layer::parameters;
        let tensor = |name: &str, shape: &[usize], value| crate::artifact::Tensor {
            name: name.into(),
            shape: shape.to_vec(),
            storage: crate::artifact::Storage::F32,
            values: alloc::vec![value; shape.iter().product()],
        };
        let temperature = crate::artifact::Tensor::temperature;
        let logistic = [
            tensor("weight", &[CLASSES, DIMENSIONS], 0.0),
            tensor("bias", &[CLASSES], 0.0),
        ];
        let mlp = parameters(ModelId::Mlp.layers());
        let mlp = mlp.iter().map(|p| tensor(&p.name, &p.shape, 0.5));
        let file = |model: ModelId, tensors: Vec<_>| Artifact {
            model: model.name().into(),
            tensors: tensors.into_iter().chain([temperature(1.0)]).collect(),
        };
        let logistic = file(ModelId::Logistic, logistic.into());
        let mlp = file(ModelId::Mlp, mlp.collect());
        let mut models = LoadedModels::default();
        for (model, artifact) in [(ModelId::Logistic, &logistic), (ModelId::Mlp, &mlp)] {
            let file = WeightsFile::Model(model);
            let parameters = models.load(file, &artifact.to_bytes().unwrap());
            assert_eq!(parameters, Ok(artifact.parameter_count()));
        }
        assert!(
            models
                .models()
                .eq([ModelId::Mlp, ModelId::Logistic].into_iter())
        );
        assert!(models.classifier(ModelId::Mlp).is_ok());
        let missing = models.classifier(ModelId::Cnn).err().unwrap();
        assert_eq!(missing.0, WeightsFile::Model(ModelId::Cnn));
        assert_eq!(ensemble::NAME, WeightsFile::Ensemble.name());
    }
}
