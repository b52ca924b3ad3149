//! The kinds of weights files: one for each model, the ensemble, the novelty detector and the photo network.

use serde::{Deserialize, Serialize};

use super::model_id::ModelId;
use super::{ensemble, novelty, photo_network};

/// A weights file by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WeightsFile {
    Model(ModelId),
    Ensemble,
    Novelty,
    PhotoNetwork,
}

impl WeightsFile {
    /// All files, the models' first.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Ensemble, Self::Novelty, Self::PhotoNetwork];
        ModelId::ALL.into_iter().map(Self::Model).chain(others)
    }

    /// The name in file names, without its ending.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model(model) => model.name(),
            Self::Ensemble => ensemble::NAME,
            Self::Novelty => novelty::NAME,
            Self::PhotoNetwork => photo_network::NAME,
        }
    }

    /// The file of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|file| file.name() == name)
    }

    /// What the weights are for, as the subject of a sentence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Model(model) => model.title(),
            Self::Ensemble => ensemble::TITLE,
            Self::Novelty => "The novelty detector",
            Self::PhotoNetwork => "The photo network",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        assert_eq!(WeightsFile::all().count(), 10);
        for file in WeightsFile::all() {
            assert_eq!(WeightsFile::from_name(file.name()), Some(file));
        }
        assert_eq!(WeightsFile::from_name("cnn.hbd"), None);
    }
}
