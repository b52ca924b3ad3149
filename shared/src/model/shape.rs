//! What lies in memory between two layers.

use super::{Layer, Padding};
use crate::image::SIDE;

/// Rows, columns and channels, in the order in which they lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
}

impl Shape {
    /// A network's input.
    pub const INPUT: Self = Self {
        rows: SIDE,
        columns: SIDE,
        channels: 1,
    };

    /// How many numbers.
    pub fn count(self) -> usize {
        self.rows * self.columns * self.channels
    }

    /// A convolution's output.
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

    /// Pooled by 2x2; an odd last row and column are dropped.
    pub fn pooled(self) -> Self {
        Self {
            rows: self.rows / 2,
            columns: self.columns / 2,
            ..self
        }
    }

    /// A vector of this many numbers.
    fn vector(channels: usize) -> Self {
        Self {
            rows: 1,
            columns: 1,
            channels,
        }
    }

    /// What a layer makes of it.
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
