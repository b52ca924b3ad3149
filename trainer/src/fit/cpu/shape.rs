//! What lies between two layers.

/// One picture's activations: `[rows, columns, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
}

impl Shape {
    pub fn len(&self) -> usize {
        self.rows * self.columns * self.channels
    }
}
