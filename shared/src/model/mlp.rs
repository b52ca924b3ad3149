//! The MLP: raw pixels, two hidden layers, 535,818 parameters.

use super::Layer;

/// 784 -> 512 -> 256 -> 10.
pub const LAYERS: &[Layer] = &[
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
