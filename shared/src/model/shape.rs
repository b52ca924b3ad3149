//! The shape of an activation.

use super::layer::{Layer, Padding};
use crate::image::SIDE;

/// Rows, columns and channels, in their order in memory (channels innermost).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
}

impl Shape {
    /// A network's input: 28x28, one channel.
    pub const INPUT: Self = Self {
        rows: SIDE,
        columns: SIDE,
        channels: 1,
    };

    /// The number of values.
    pub fn count(self) -> usize {
        self.rows * self.columns * self.channels
    }

    /// The output of a 3x3 convolution with that many output channels.
    pub fn convolved(self, padding: Padding, channels: usize) -> Self {
        let lost = match padding {
            Padding::Valid => 2,
            Padding::Same => 0,
        };
        Self {
            rows: self.rows - lost,
            columns: self.columns - lost,
            channels,
        }
    }

    /// The output of 2x2 pooling; an odd last row or column is dropped.
    pub fn pooled(self) -> Self {
        Self {
            rows: self.rows / 2,
            columns: self.columns / 2,
            ..self
        }
    }

    /// A vector.
    pub fn vector(channels: usize) -> Self {
        Self {
            rows: 1,
            columns: 1,
            channels,
        }
    }

    /// The output of a layer.
    pub fn layer_output(self, layer: &Layer) -> Self {
        match *layer {
            Layer::Conv {
                output, padding, ..
            } => self.convolved(padding, output),
            Layer::MaxPool => self.pooled(),
            Layer::ResBlock { .. } => self,
            Layer::GlobalAveragePool => Self::vector(self.channels),
            Layer::Flatten => Self::vector(self.count()),
            Layer::Dense { output, .. } => Self::vector(output),
        }
    }
}
