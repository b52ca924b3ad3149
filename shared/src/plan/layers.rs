//! The layers of a network with the values that they have for an image, and how each value is computed.

use alloc::{vec, vec::Vec};

use super::dense::Dense;
use super::gradient::{Step, SteppedConv};
use crate::garment::CLASSES;
use crate::image::{Grey28, SIDE};
use crate::inside::{
    Cell, CellPlace, FeatureMap, LayerKind, LayerMaps, NetworkLayers, WeightedSum, Window,
};
use crate::model::shape::Shape;
use crate::model::{ModelId, Prediction};

/// What a layer computes from the layer before.
enum Operation<'a> {
    Input,
    Convolution {
        conv: &'a SteppedConv,
        /// At the end of a residual block, the index of the layer whose values are added.
        added: Option<usize>,
    },
    MaxPooling,
    Mean,
    Dense(&'a Dense),
}

struct Layer<'a> {
    operation: Operation<'a>,
    shape: Shape,
    /// `[rows, columns, channels]`.
    values: Vec<f32>,
}

impl Layer<'_> {
    fn value(&self, row: usize, column: usize, channel: usize) -> f32 {
        self.values[(row * self.shape.columns + column) * self.shape.channels + channel]
    }

    /// A channel's values, row by row.
    fn channel(&self, channel: usize) -> Vec<f32> {
        let values = self.values.iter().skip(channel);
        values.step_by(self.shape.channels).copied().collect()
    }

    fn kind(&self) -> LayerKind {
        match &self.operation {
            Operation::Input => LayerKind::Input,
            Operation::Convolution { conv, .. } if conv.starts_block() => LayerKind::BlockStart,
            Operation::Convolution { conv, .. } if conv.ends_block() => LayerKind::BlockEnd,
            Operation::Convolution { .. } => LayerKind::Convolution,
            Operation::MaxPooling => LayerKind::MaxPooling,
            Operation::Mean => LayerKind::Mean,
            Operation::Dense(dense) if dense.has_relu() => LayerKind::Dense,
            Operation::Dense(_) => LayerKind::Logits,
        }
    }
}

/// The layers, the image first.
pub struct Layers<'a> {
    all: Vec<Layer<'a>>,
    /// The index of the layer that is the input of the last residual block.
    block_input: usize,
}

impl<'a> Layers<'a> {
    /// The image alone.
    pub fn new(image: &Grey28) -> Self {
        let mut layers = Self {
            all: Vec::new(),
            block_input: 0,
        };
        layers.add(
            Operation::Input,
            Shape::INPUT,
            image.standardised().to_vec(),
        );
        layers
    }

    fn add(&mut self, operation: Operation<'a>, shape: Shape, values: Vec<f32>) {
        self.all.push(Layer {
            operation,
            shape,
            values,
        });
    }

    /// Adds a convolution that has run, and its pooling.
    pub fn add_convolution(&mut self, conv: &'a SteppedConv, step: Step) {
        if conv.starts_block() {
            self.block_input = self.all.len() - 1;
        }
        let added = conv.ends_block().then_some(self.block_input);
        let (shape, pooled) = (step.shape, step.pooled());
        self.add(
            Operation::Convolution { conv, added },
            shape,
            step.activation,
        );
        if conv.is_pooled() {
            self.add(Operation::MaxPooling, shape.pooled(), pooled);
        }
    }

    /// Adds the mean of each channel.
    pub fn add_means(&mut self, means: Vec<f32>) {
        self.add(Operation::Mean, Shape::vector(means.len()), means);
    }

    /// Adds a dense layer with its output.
    pub fn add_dense(&mut self, dense: &'a Dense, output: Vec<f32>) {
        let shape = Shape::vector(output.len());
        self.add(Operation::Dense(dense), shape, output);
    }

    /// The layers in 8 bits, and the prediction from the last layer's values.
    pub fn maps(&self, model: ModelId, temperature: f32) -> NetworkLayers {
        let logits = self.all.last().map_or(&[][..], |layer| &layer.values);
        let logits: [f32; CLASSES] =
            core::array::from_fn(|class| logits.get(class).copied().unwrap_or_default());
        let layers = self.all.iter().map(|layer| LayerMaps {
            kind: layer.kind(),
            rows: layer.shape.rows as u16,
            columns: layer.shape.columns as u16,
            maps: (0..layer.shape.channels)
                .map(|channel| FeatureMap::new(&layer.channel(channel)))
                .collect(),
        });
        NetworkLayers {
            layers: layers.collect(),
            logits,
            temperature,
            probabilities: Prediction::from_scores(model, &logits, temperature).probabilities,
        }
    }

    /// What a value is computed from; `None` if there is no such value.
    pub fn cell(&self, image: &Grey28, place: CellPlace) -> Option<Cell> {
        let layer = self.all.get(usize::from(place.layer))?;
        let [row, column, channel] = [place.row, place.column, place.channel].map(usize::from);
        let Shape {
            rows,
            columns,
            channels,
        } = layer.shape;
        if row >= rows || column >= columns || channel >= channels {
            return None;
        }
        let value = layer.value(row, column, channel);
        let before = || self.all.get(usize::from(place.layer).checked_sub(1)?);
        Some(match &layer.operation {
            Operation::Input => Cell::Pixel {
                pixel: image.pixels()[row * SIDE + column],
                value,
            },
            Operation::Convolution { conv, added } => {
                let added = added.map(|index| self.all[index].value(row, column, channel));
                let windows = conv_windows(conv, before()?, [row, column], channel);
                Cell::Sum(WeightedSum {
                    has_relu: true,
                    affine: conv.affine(channel),
                    value,
                    ..WeightedSum::new(windows, conv.bias(channel), added)
                })
            }
            Operation::MaxPooling => {
                let from = before()?;
                let input = |i: usize| from.value(2 * row + i / 2, 2 * column + i % 2, channel);
                Cell::Largest {
                    inputs: core::array::from_fn(input),
                    value,
                }
            }
            Operation::Mean => Cell::Mean {
                columns: before()?.shape.columns as u16,
                inputs: before()?.channel(channel),
                value,
            },
            Operation::Dense(dense) => {
                let windows = dense_windows(dense, before()?, channel);
                Cell::Sum(WeightedSum {
                    has_relu: dense.has_relu(),
                    value,
                    ..WeightedSum::new(windows, dense.parameters().1[channel], None)
                })
            }
        })
    }
}

/// The 3x3 window of each input channel.
fn conv_windows(
    conv: &SteppedConv,
    from: &Layer,
    [row, column]: [usize; 2],
    output: usize,
) -> Vec<Window> {
    let first = |at: usize| at as i16 - conv.border() as i16;
    let windows = (0..from.shape.channels).map(|input| {
        let [inputs, weights] =
            conv.window(&from.values, from.shape, [row, column], [input, output]);
        Window {
            channel: input as u16,
            row: first(row),
            column: first(column),
            columns: 3,
            inputs: inputs.into(),
            weights: weights.into(),
        }
    });
    windows.collect()
}

/// The whole of each input channel.
fn dense_windows(dense: &Dense, from: &Layer, output: usize) -> Vec<Window> {
    let (weights, bias) = dense.parameters();
    let weights = weights.iter().skip(output).step_by(bias.len());
    let mut windows: Vec<Window> = (0..from.shape.channels)
        .map(|channel| Window {
            channel: channel as u16,
            row: 0,
            column: 0,
            columns: from.shape.columns as u16,
            inputs: from.channel(channel),
            weights: vec![],
        })
        .collect();
    // The weights are in the order of the values: rows x columns x channels.
    for (i, weight) in weights.enumerate() {
        windows[i % from.shape.channels].weights.push(*weight);
    }
    windows
}

#[cfg(test)]
mod tests;
