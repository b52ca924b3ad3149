//! A table of layers as a chain of steps.

use shared::image::PIXELS;
use shared::model::{Layer, Padding};

use super::conv::Conv;
use super::kernel::COLUMNS;
use super::layout::{Field, Layout, Slot};
use shared::model::shape::Shape;

/// A dense layer's geometry; its columns are padded to what the kernels want.
pub struct Dense {
    pub input: usize,
    pub columns: usize,
}

pub enum Step {
    Conv {
        conv: Conv,
        weight: Slot,
        bias: Slot,
        relu: bool,
    },
    /// `statistics` is the place of the running mean, then of the running variance, in their own list.
    Norm {
        channels: usize,
        gamma: Slot,
        beta: Slot,
        statistics: usize,
        relu: bool,
    },
    MaxPool {
        input: Shape,
    },
    /// Adds the activation number `from`, then ReLU.
    Add {
        from: usize,
    },
    Mean {
        input: Shape,
    },
    Dropout,
    Dense {
        dense: Dense,
        weight: Slot,
        bias: Slot,
        relu: bool,
    },
}

/// A table's steps, and where their parameters lie.
#[derive(Default)]
pub struct Chain {
    pub steps: Vec<Step>,
    /// Numbers of a picture behind each step; the first is the picture itself.
    pub widths: Vec<usize>,
    /// In the order of `shared::model::layer::training_parameters`.
    pub fields: Vec<Field>,
    /// How many parameters are learned.
    pub learned: usize,
    /// How many running statistics follow the batches.
    pub statistics: usize,
}

impl Chain {
    /// The steps of a table. With `normalise`, a batch norm stands before each ReLU that has none in the table.
    pub fn new(layers: &[Layer], normalise: bool) -> Self {
        let mut shape = Shape::GREY;
        let mut chain = Self {
            widths: vec![PIXELS],
            ..Self::default()
        };
        // How the next dense layer's input lies: pixels and channels.
        let mut flat = (PIXELS, 1);
        let mut is_picture = true;
        for layer in layers {
            match *layer {
                Layer::Conv {
                    output, padding, ..
                } => {
                    shape = chain.conv(shape, padding, output, !normalise);
                    if normalise {
                        chain.norm(shape.count(), output, true);
                    }
                    is_picture = false;
                }
                Layer::MaxPool => {
                    let input = shape;
                    shape = shape.pooled();
                    chain.step(Step::MaxPool { input }, shape.count());
                }
                Layer::ResBlock { channels } => {
                    let from = chain.steps.len();
                    chain.conv(shape, Padding::Same, channels, !normalise);
                    if normalise {
                        chain.norm(shape.count(), channels, true);
                    }
                    chain.norm(shape.count(), channels, false);
                    chain.conv(shape, Padding::Same, channels, false);
                    chain.norm(shape.count(), channels, false);
                    chain.step(Step::Add { from }, shape.count());
                }
                Layer::GlobalAveragePool => {
                    chain.step(Step::Mean { input: shape }, shape.channels);
                    flat = (1, shape.channels);
                }
                Layer::Flatten => flat = (shape.rows * shape.columns, shape.channels),
                Layer::Dense {
                    input,
                    output,
                    relu,
                } => {
                    if !std::mem::take(&mut is_picture) {
                        chain.step(Step::Dropout, input);
                    }
                    let columns = output.next_multiple_of(COLUMNS);
                    let layout = Layout::Dense {
                        pixels: flat.0,
                        channels: flat.1,
                        output,
                    };
                    let weight = chain.slot(input * columns, layout);
                    let bias = chain.slot(columns, Layout::Padded { output });
                    let dense = Dense { input, columns };
                    let is_normed = normalise && relu;
                    chain.step(
                        Step::Dense {
                            dense,
                            weight,
                            bias,
                            relu: relu && !is_normed,
                        },
                        columns,
                    );
                    if is_normed {
                        chain.norm(columns, output, true);
                    }
                    flat = (1, output);
                }
            }
        }
        chain
    }

    fn slot(&mut self, len: usize, layout: Layout) -> Slot {
        let slot = Slot {
            start: self.learned,
            len,
        };
        self.learned += len;
        self.fields.push(Field {
            slot,
            layout,
            is_statistic: false,
        });
        slot
    }

    fn step(&mut self, step: Step, width: usize) {
        self.steps.push(step);
        self.widths.push(width);
    }

    fn conv(&mut self, shape: Shape, padding: Padding, output: usize, relu: bool) -> Shape {
        let border = usize::from(padding == Padding::Same);
        let conv = Conv::new(shape, border, output);
        let input = shape.channels;
        let weight = self.slot(9 * input * output, Layout::Conv { input, output });
        let bias = self.slot(output, Layout::Plain);
        let shape = conv.output;
        self.step(
            Step::Conv {
                conv,
                weight,
                bias,
                relu,
            },
            shape.count(),
        );
        shape
    }

    fn norm(&mut self, width: usize, channels: usize, relu: bool) {
        let gamma = self.slot(channels, Layout::Plain);
        let beta = self.slot(channels, Layout::Plain);
        let statistics = self.statistics;
        self.statistics += 2 * channels;
        for half in 0..2 {
            let slot = Slot {
                start: statistics + half * channels,
                len: channels,
            };
            self.fields.push(Field {
                slot,
                layout: Layout::Plain,
                is_statistic: true,
            });
        }
        self.step(
            Step::Norm {
                channels,
                gamma,
                beta,
                statistics,
                relu,
            },
            width,
        );
    }
}
