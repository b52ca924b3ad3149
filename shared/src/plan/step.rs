//! A convolution, packed for the way in which it runs fastest.

use alloc::vec::Vec;

use super::conv::Conv;
use super::stem::Stem;
use super::winograd::{Scratch, Winograd};
use crate::model::Padding;
use crate::model::lowering::{self, Residual};
use crate::model::shape::Shape;

/// A convolution with its weights packed.
pub enum Step {
    /// Of a grey picture, and the pooling behind it.
    Stem(Stem),
    /// Of a small picture.
    Direct(Conv),
    Winograd {
        conv: Winograd,
        residual: Residual,
    },
}

/// From this many rows and columns of output, Winograd's convolution is faster than the direct one.
const LARGE: usize = 6;

impl Step {
    /// Packs a convolution of pictures of `shape`.
    pub fn new(conv: lowering::Conv, shape: Shape) -> Self {
        let [out, _] = conv.shapes(shape);
        let is_plain = conv.padding == Padding::Valid
            && conv.residual == Residual::None
            && conv.affine.is_none();
        if is_plain && conv.input == 1 && conv.is_pooled {
            return Self::Stem(Stem::new(&conv.weight, &conv.bias));
        }
        let is_small = out.rows.min(out.columns) < LARGE || !conv.input.is_multiple_of(4);
        if is_plain && is_small && !conv.is_pooled {
            return Self::Direct(Conv::new(&conv.weight, &conv.bias, conv.input));
        }
        Self::Winograd {
            residual: conv.residual,
            conv: Winograd::new(conv),
        }
    }

    /// `picture` of `shape` to `result`; `kept` holds a block's input while the block lasts.
    pub fn run(
        &self,
        picture: &[f32],
        shape: Shape,
        kept: &mut Vec<f32>,
        scratch: &mut Scratch,
        result: &mut Vec<f32>,
    ) -> Shape {
        match self {
            Self::Stem(stem) => stem.run(picture, shape, result),
            Self::Direct(conv) => conv.run(picture, shape, result),
            Self::Winograd { conv, residual } => {
                if *residual == Residual::Save {
                    kept.clear();
                    kept.extend_from_slice(picture);
                }
                let added = (*residual == Residual::Add).then_some(kept.as_slice());
                conv.run(picture, shape, added, scratch, result)
            }
        }
    }
}
