//! How one value of a layer is computed.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::largest::take_largest;

/// How many windows of several values are listed one by one, and how many of a single value.
const LISTED: [usize; 2] = [3, 8];

/// The place of a value in a network. All numbers count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellPlace {
    /// In the order of [`NetworkLayers::layers`](super::NetworkLayers::layers).
    pub layer: u8,
    pub channel: u16,
    pub row: u16,
    pub column: u16,
}

/// What a value is computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// Of the input: the pixel, 0 to 255, and the standardised value.
    Pixel { pixel: u8, value: f32 },
    /// Of a convolution or a dense layer.
    Sum(WeightedSum),
    /// Of max pooling: the 2x2 square, row by row. The value is the largest of them.
    Largest { inputs: [f32; 4], value: f32 },
    /// Of a mean: a whole channel, row by row.
    Mean {
        columns: u16,
        inputs: Vec<f32>,
        value: f32,
    },
}

/// A weighted sum of inputs, and what follows it. The products of the windows, `others_sum`, the bias and `added` add up to `sum`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightedSum {
    /// The windows whose sums are furthest from 0, the furthest first.
    pub windows: Vec<Window>,
    /// The number of windows that are not listed, and the sum of their products.
    pub others: u16,
    pub others_sum: f32,
    pub bias: f32,
    /// At the end of a residual block: the value of the block's input at the same place.
    pub added: Option<f32>,
    pub sum: f32,
    /// Whether a ReLU follows: a sum below 0 becomes 0.
    pub has_relu: bool,
    /// After the ReLU: a scale and a shift.
    pub affine: Option<[f32; 2]>,
    /// The layer's value.
    pub value: f32,
}

/// The part of one input channel that a weighted sum reads, with its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The input channel.
    pub channel: u16,
    /// The place of the window's first value in the channel; -1 is the border of zeros.
    pub row: i16,
    pub column: i16,
    /// The window's columns.
    pub columns: u16,
    /// Row by row.
    pub inputs: Vec<f32>,
    pub weights: Vec<f32>,
}

impl Window {
    /// Each input times its weight.
    pub fn products(&self) -> impl Iterator<Item = f32> {
        self.inputs.iter().zip(&self.weights).map(|(i, w)| i * w)
    }

    /// The sum of the products.
    pub fn sum(&self) -> f32 {
        self.products().sum()
    }
}

impl WeightedSum {
    /// The sum of all windows' products, of the bias and of what is added. A layer's value follows from it by `has_relu` and `affine`.
    pub(crate) fn new(mut windows: Vec<Window>, bias: f32, added: Option<f32>) -> Self {
        let is_single = windows.first().is_some_and(|w| w.inputs.len() == 1);
        let count = LISTED[usize::from(is_single)];
        let strongest = take_largest(&mut windows, count, |window| Some(window.sum().abs()));
        let (windows, others) = (strongest, windows);
        let others_sum: f32 = others.iter().map(Window::sum).sum();
        let listed: f32 = windows.iter().map(Window::sum).sum();
        Self {
            windows,
            others: others.len() as u16,
            others_sum,
            bias,
            added,
            sum: listed + others_sum + bias + added.unwrap_or(0.0),
            has_relu: false,
            affine: None,
            value: 0.0,
        }
    }
}
