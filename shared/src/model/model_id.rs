//! The seven models and their names.

use serde::{Deserialize, Serialize};

use super::layer::Layer;
use super::networks;

/// The models, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelId {
    Cnn,
    Resnet,
    Mlp,
    Svm,
    Forest,
    Knn,
    Logistic,
}

impl ModelId {
    /// All models.
    pub const ALL: [Self; 7] = [
        Self::Cnn,
        Self::Resnet,
        Self::Mlp,
        Self::Svm,
        Self::Forest,
        Self::Knn,
        Self::Logistic,
    ];
    /// The neural networks: defined by a table of layers, on the pixels.
    pub const DEEP: [Self; 3] = [Self::Cnn, Self::Resnet, Self::Mlp];
    /// The others, on the features of [`crate::features`].
    pub const CLASSICAL: [Self; 4] = [Self::Svm, Self::Forest, Self::Knn, Self::Logistic];

    /// The name in file names, options and the page's attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cnn => "cnn",
            Self::Resnet => "resnet",
            Self::Mlp => "mlp",
            Self::Svm => "svm",
            Self::Forest => "forest",
            Self::Knn => "knn",
            Self::Logistic => "logistic",
        }
    }

    /// The name that is shown.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cnn => "CNN",
            Self::Resnet => "ResNet",
            Self::Mlp => "MLP",
            Self::Svm => "SVM",
            Self::Forest => "Random forest",
            Self::Knn => "k-nearest neighbours",
            Self::Logistic => "Logistic regression",
        }
    }

    /// The model of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    /// A network's layers, first to last; empty for a classical model.
    pub fn layers(self) -> &'static [Layer] {
        match self {
            Self::Cnn => networks::CNN,
            Self::Resnet => networks::RESNET,
            Self::Mlp => networks::MLP,
            Self::Svm | Self::Forest | Self::Knn | Self::Logistic => &[],
        }
    }

    /// Whether the model is a neural network.
    pub fn is_deep(self) -> bool {
        !self.layers().is_empty()
    }
}

impl core::fmt::Display for ModelId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        for model in ModelId::ALL {
            assert_eq!(ModelId::from_name(model.name()), Some(model));
        }
        assert_eq!(ModelId::from_name("transformer"), None);
    }
}
