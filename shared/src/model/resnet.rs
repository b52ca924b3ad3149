//! The ResNet: two residual blocks of 32 channels, 38,154 parameters.

use super::{Layer, Padding};

/// 28x28x1 -> 26x26x32 -> 13x13x32 -> block -> 6x6x32 -> block -> mean 32 -> 10.
pub const LAYERS: &[Layer] = &[
    Layer::Conv {
        input: 1,
        output: 32,
        padding: Padding::Valid,
    },
    Layer::MaxPool,
    Layer::ResBlock { channels: 32 },
    Layer::MaxPool,
    Layer::ResBlock { channels: 32 },
    Layer::GlobalAveragePool,
    Layer::Dense {
        input: 32,
        output: 10,
        relu: false,
    },
];
