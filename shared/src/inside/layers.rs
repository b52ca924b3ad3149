//! The layers of a network with their values for one image, and the way from the logits to the probabilities.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::feature_map::FeatureMap;
use crate::garment::CLASSES;

/// What a layer computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LayerKind {
    /// Nothing: it is the standardised image.
    Input,
    /// A 3x3 convolution with bias, then ReLU.
    Convolution,
    /// The first half of a residual block: a 3x3 convolution with a border of zeros, ReLU, then a scale and a shift per channel.
    BlockStart,
    /// The second half: a 3x3 convolution with a border of zeros, plus the block's input, then ReLU.
    BlockEnd,
    /// 2x2 max pooling.
    MaxPooling,
    /// The mean of each channel.
    Mean,
    /// Fully connected with bias, then ReLU.
    Dense,
    /// Fully connected with bias, to one number per class.
    Logits,
}

impl LayerKind {
    /// The name in the page's attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Convolution => "convolution",
            Self::BlockStart => "block-start",
            Self::BlockEnd => "block-end",
            Self::MaxPooling => "max-pooling",
            Self::Mean => "mean",
            Self::Dense => "dense",
            Self::Logits => "logits",
        }
    }
}

/// A layer's output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerMaps {
    pub kind: LayerKind,
    pub rows: u16,
    pub columns: u16,
    /// One map for each channel, of `rows` x `columns` values.
    pub maps: Vec<FeatureMap>,
}

/// All layers of a network, the image first, and its prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkLayers {
    pub layers: Vec<LayerMaps>,
    /// In label order, likewise below.
    pub logits: [f32; CLASSES],
    /// What the logits are divided by before the softmax.
    pub temperature: f32,
    pub probabilities: [f32; CLASSES],
}
