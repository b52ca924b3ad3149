//! The choice of the fastest implementation for a convolution.

use alloc::vec::Vec;

use super::direct::DirectConv;
use super::stem::StemConv;
use super::winograd::{Scratch, WinogradConv};
use crate::model::layer::Padding;
use crate::model::lowering::{self, Residual};
use crate::model::shape::Shape;

/// A fused convolution with packed weights.
pub enum Convolution {
    /// The first convolution, of one channel, with pooling.
    Stem(StemConv),
    /// For small images.
    Direct(DirectConv),
    /// For all others.
    Winograd {
        conv: WinogradConv,
        residual: Residual,
    },
}

/// The smallest output size from which Winograd's convolution is faster than the direct one.
const MIN_WINOGRAD_SIZE: usize = 6;

impl Convolution {
    /// Packs a convolution for inputs of `shape`.
    pub fn new(conv: lowering::Conv, shape: Shape) -> Self {
        let [out, _] = conv.shapes(shape);
        let is_plain = conv.padding == Padding::Valid
            && conv.residual == Residual::None
            && conv.affine.is_none();
        if is_plain && conv.input == 1 && conv.is_pooled {
            return Self::Stem(StemConv::new(&conv.weight, &conv.bias));
        }
        let is_small =
            out.rows.min(out.columns) < MIN_WINOGRAD_SIZE || !conv.input.is_multiple_of(4);
        if is_plain && is_small && !conv.is_pooled {
            return Self::Direct(DirectConv::new(&conv.weight, &conv.bias, conv.input));
        }
        Self::Winograd {
            residual: conv.residual,
            conv: WinogradConv::new(conv),
        }
    }

    /// Convolves `image` of `shape` into `result` and returns the result's shape. `saved` holds the input of a residual block.
    pub fn run(
        &self,
        image: &[f32],
        shape: Shape,
        saved: &mut Vec<f32>,
        scratch: &mut Scratch,
        result: &mut Vec<f32>,
    ) -> Shape {
        match self {
            Self::Stem(stem) => stem.run(image, shape, result),
            Self::Direct(conv) => conv.run(image, shape, result),
            Self::Winograd { conv, residual } => {
                if *residual == Residual::Save {
                    saved.clear();
                    saved.extend_from_slice(image);
                }
                let added = (*residual == Residual::Add).then_some(saved.as_slice());
                conv.run(image, shape, added, scratch, result)
            }
        }
    }
}
