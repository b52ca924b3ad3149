//! The layer tables of the three networks.

use super::layer::{Layer, Padding};

/// The CNN: three convolutions and two dense layers, 241,546 parameters.
///
/// 28x28x1 -> 26x26x32 -> 13x13x32 -> 11x11x64 -> 5x5x64 -> 3x3x128 -> 1152 -> 128 -> 10.
pub const CNN: &[Layer] = &[
    Layer::Conv {
        input: 1,
        output: 32,
        padding: Padding::Valid,
    },
    Layer::MaxPool,
    Layer::Conv {
        input: 32,
        output: 64,
        padding: Padding::Valid,
    },
    Layer::MaxPool,
    Layer::Conv {
        input: 64,
        output: 128,
        padding: Padding::Valid,
    },
    Layer::Flatten,
    Layer::Dense {
        input: 1152,
        output: 128,
        relu: true,
    },
    Layer::Dense {
        input: 128,
        output: 10,
        relu: false,
    },
];

/// The ResNet: two residual blocks of 32 channels, 38,154 parameters.
///
/// 28x28x1 -> 26x26x32 -> 13x13x32 -> block -> 6x6x32 -> block -> mean 32 -> 10.
pub const RESNET: &[Layer] = &[
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

/// The MLP: raw pixels and two hidden layers, 535,818 parameters.
///
/// 784 -> 512 -> 256 -> 10.
pub const MLP: &[Layer] = &[
    Layer::Flatten,
    Layer::Dense {
        input: 784,
        output: 512,
        relu: true,
    },
    Layer::Dense {
        input: 512,
        output: 256,
        relu: true,
    },
    Layer::Dense {
        input: 256,
        output: 10,
        relu: false,
    },
];
