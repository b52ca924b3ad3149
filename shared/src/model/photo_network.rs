//! The convolutions of the photo network: EfficientNet-Lite0 (Tan and Le 2019, arXiv 1905.11946, without squeeze-and-excitation
//! and with ReLU6), as a table.
//!
//! A stem, sixteen inverted residual blocks (Sandler et al. 2018, arXiv 1801.04381) and a head; then the mean of each channel and a
//! dense layer. The batch norms are folded into the convolutions.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use super::photo_class::PHOTO_CLASSES;
use super::shape::Shape;

/// The name in weights files.
pub const NAME: &str = "photo";
/// The side of its input, in pixels.
pub const SIDE: u32 = 160;
/// The channels of the last convolution: the inputs of the dense layer.
pub const FEATURES: usize = 1280;
/// The name of the dense layer's weight, `[classes, features]`.
pub const DENSE_WEIGHT: &str = "dense.weight";
/// The name of the dense layer's bias, `[classes]`.
pub const DENSE_BIAS: &str = "dense.bias";

/// The kind of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// The first one: 3x3 over three channels.
    Stem,
    /// 1x1 over all channels.
    Pointwise,
    /// `size` x `size` over each channel on its own.
    Depthwise { size: usize },
}

/// What a convolution has to do with its block's residual connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    None,
    /// Its input is the block's input, which is added later.
    Start,
    /// The block's input is added to its output.
    End,
}

/// A convolution with a bias.
///
/// The padding is TensorFlow's "same": the output has `ceil(input / stride)` rows; of an odd padding, the larger half is at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvLayer {
    /// The name of its block; its tensors are `{name}.weight` and `{name}.bias`.
    pub name: String,
    pub kernel: Kernel,
    pub input: usize,
    pub output: usize,
    pub stride: usize,
    /// Whether ReLU6 follows.
    pub relu6: bool,
    pub shortcut: Shortcut,
}

impl ConvLayer {
    /// The sides of the kernel.
    pub fn size(&self) -> usize {
        match self.kernel {
            Kernel::Stem => 3,
            Kernel::Pointwise => 1,
            Kernel::Depthwise { size } => size,
        }
    }

    /// The shape of its weight: `[output, input, size, size]`, for a pointwise convolution `[output, input]` and for a depthwise one
    /// `[channels, size, size]`.
    pub fn weight_shape(&self) -> Vec<usize> {
        match self.kernel {
            Kernel::Stem => vec![self.output, self.input, 3, 3],
            Kernel::Pointwise => vec![self.output, self.input],
            Kernel::Depthwise { size } => vec![self.output, size, size],
        }
    }

    /// The number of values of its weight.
    pub fn weight_count(&self) -> usize {
        self.weight_shape().iter().product()
    }

    /// The shape of its output.
    pub fn output_shape(&self, input: Shape) -> Shape {
        Shape {
            rows: input.rows.div_ceil(self.stride),
            columns: input.columns.div_ceil(self.stride),
            channels: self.output,
        }
    }

    /// The rows (and columns) of zeros before the first one of an image with so many.
    pub fn padding_before(&self, side: usize) -> usize {
        let covered = (side.div_ceil(self.stride) - 1) * self.stride + self.size();
        covered.saturating_sub(side) / 2
    }
}

/// A group of blocks of the same kind: the first one has the stride, the others have 1.
struct Stage {
    blocks: usize,
    size: usize,
    stride: usize,
    expansion: usize,
    output: usize,
}

/// Arguments in the order of the published table.
const fn stage(
    blocks: usize,
    size: usize,
    stride: usize,
    expansion: usize,
    output: usize,
) -> Stage {
    Stage {
        blocks,
        size,
        stride,
        expansion,
        output,
    }
}

const STEM: usize = 32;
const STAGES: [Stage; 7] = [
    stage(1, 3, 1, 1, 16),
    stage(2, 3, 2, 6, 24),
    stage(2, 5, 2, 6, 40),
    stage(3, 3, 2, 6, 80),
    stage(3, 5, 1, 6, 112),
    stage(4, 5, 2, 6, 192),
    stage(1, 3, 1, 6, 320),
];

/// The network's convolutions, first to last.
pub fn convolutions() -> Vec<ConvLayer> {
    let mut layers = vec![ConvLayer {
        name: "stem".into(),
        kernel: Kernel::Stem,
        input: 3,
        output: STEM,
        stride: 2,
        relu6: true,
        shortcut: Shortcut::None,
    }];
    let mut input = STEM;
    let mut number = 0;
    for stage in &STAGES {
        for block in 0..stage.blocks {
            let stride = if block == 0 { stage.stride } else { 1 };
            push_block(&mut layers, number, input, stage, stride);
            input = stage.output;
            number += 1;
        }
    }
    layers.push(ConvLayer {
        name: "head".into(),
        kernel: Kernel::Pointwise,
        input,
        output: FEATURES,
        stride: 1,
        relu6: true,
        shortcut: Shortcut::None,
    });
    layers
}

/// Adds an inverted residual block: expansion (unless it is 1), depthwise convolution, projection.
fn push_block(
    layers: &mut Vec<ConvLayer>,
    number: usize,
    input: usize,
    stage: &Stage,
    stride: usize,
) {
    let has_shortcut = stride == 1 && input == stage.output;
    let hidden = input * stage.expansion;
    let mut start = if has_shortcut {
        Shortcut::Start
    } else {
        Shortcut::None
    };
    let name = |part: &str| format!("block{number}.{part}");
    if stage.expansion != 1 {
        layers.push(ConvLayer {
            name: name("expand"),
            kernel: Kernel::Pointwise,
            input,
            output: hidden,
            stride: 1,
            relu6: true,
            shortcut: core::mem::replace(&mut start, Shortcut::None),
        });
    }
    layers.push(ConvLayer {
        name: name("depthwise"),
        kernel: Kernel::Depthwise { size: stage.size },
        input: hidden,
        output: hidden,
        stride,
        relu6: true,
        shortcut: start,
    });
    layers.push(ConvLayer {
        name: name("project"),
        kernel: Kernel::Pointwise,
        input: hidden,
        output: stage.output,
        stride: 1,
        relu6: false,
        shortcut: if has_shortcut {
            Shortcut::End
        } else {
            Shortcut::None
        },
    });
}

/// Name and shape of each tensor of the weights file except the temperature, in order: weight and bias of each convolution, then
/// of the dense layer.
pub fn parameters() -> Vec<(String, Vec<usize>)> {
    let convolutions = convolutions().into_iter().flat_map(|layer| {
        [
            (format!("{}.weight", layer.name), layer.weight_shape()),
            (format!("{}.bias", layer.name), vec![layer.output]),
        ]
    });
    let dense = [
        (DENSE_WEIGHT.to_string(), vec![PHOTO_CLASSES, FEATURES]),
        (DENSE_BIAS.to_string(), vec![PHOTO_CLASSES]),
    ];
    convolutions.chain(dense).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_published_size() {
        let layers = convolutions();
        assert_eq!(layers.len(), 49);
        // The published network has 3.4 million parameters without its top. Its batch norms' scale and shift become the biases.
        let weights: usize = layers.iter().map(ConvLayer::weight_count).sum();
        assert_eq!(weights, 3_328_992);
        let mut shape = Shape {
            rows: 224,
            columns: 224,
            channels: 3,
        };
        let mut multiplications = 0;
        for layer in &layers {
            assert_eq!(layer.input, shape.channels, "{}", layer.name);
            shape = layer.output_shape(shape);
            multiplications += layer.weight_count() * shape.rows * shape.columns;
        }
        assert_eq!((shape.rows, shape.columns, shape.channels), (7, 7, 1280));
        // Published: 385 million with the top (1.28 million).
        assert!(
            multiplications.abs_diff(385_000_000) < 3_000_000,
            "{multiplications}"
        );
    }

    #[test]
    fn the_padding_is_tensorflows_same() {
        let layer = |size, stride| ConvLayer {
            name: String::new(),
            kernel: Kernel::Depthwise { size },
            input: 1,
            output: 1,
            stride,
            relu6: false,
            shortcut: Shortcut::None,
        };
        assert_eq!(layer(3, 1).padding_before(10), 1);
        assert_eq!(layer(5, 1).padding_before(10), 2);
        // Even sides with stride 2 have one row more at the end.
        assert_eq!(layer(3, 2).padding_before(10), 0);
        assert_eq!(layer(5, 2).padding_before(10), 1);
        assert_eq!(layer(3, 2).padding_before(9), 1);
    }
}
