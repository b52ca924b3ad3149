//! The CNN: three convolutions, two dense layers, 241,546 parameters.

use super::{Layer, Padding};

/// 28x28x1 -> 26x26x32 -> 13x13x32 -> 11x11x64 -> 5x5x64 -> 3x3x128 -> 1152 -> 128 -> 10.
pub const LAYERS: &[Layer] = &[
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
