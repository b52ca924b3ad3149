//! A table of layers as the steps that the executor runs, and where each tensor is stored in the flat lists that are trained.

use shared::image::PIXELS;
use shared::model::shape::Shape;
use shared::model::{Layer, Padding};

use super::conv::Conv;
use super::gemm::COLUMN_BLOCK;

/// One step of the forward pass.
pub enum Step {
    Conv {
        conv: Conv,
        weight: Slot,
        bias: Slot,
        relu: bool,
    },
    BatchNorm {
        channels: usize,
        gamma: Slot,
        beta: Slot,
        /// Where the running mean begins in the list of statistics; the running variance follows it.
        statistics: usize,
        relu: bool,
    },
    MaxPool {
        input: Shape,
    },
    /// The sum of a residual block: adds the activation number `from`, then ReLU.
    Add {
        from: usize,
    },
    GlobalAveragePool {
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

/// The size of a dense layer's weight; the columns are padded to a multiple of [`COLUMN_BLOCK`].
pub struct Dense {
    pub input: usize,
    pub columns: usize,
}

/// A range of a flat list.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub start: usize,
    pub len: usize,
}

impl Slot {
    /// This range of a list.
    pub fn slice<'a>(&self, list: &'a [f32]) -> &'a [f32] {
        &list[self.start..][..self.len]
    }

    /// This range of a list, mutable.
    pub fn slice_mut<'a>(&self, list: &'a mut [f32]) -> &'a mut [f32] {
        &mut list[self.start..][..self.len]
    }
}

/// The order of a tensor's values in its slot, compared with their order in weights files and in burn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The same.
    Plain,
    /// `[output, input, 3, 3]` is stored as `[3, 3, input, output]`.
    Conv { input: usize, output: usize },
    /// `[input, output]` is stored with its input pixel by pixel instead of channel by channel, and with padded columns.
    Dense {
        pixels: usize,
        channels: usize,
        output: usize,
    },
    /// `[output]` is stored with padding behind it.
    Padded { output: usize },
}

impl Layout {
    /// Writes a tensor's values into its slot.
    pub fn write(self, values: &[f32], slot: &mut [f32]) {
        for (i, value) in values.iter().enumerate() {
            slot[self.stored_index(i)] = *value;
        }
    }

    /// Reads a tensor's values from its slot.
    pub fn read(self, slot: &[f32]) -> Vec<f32> {
        let len = match self {
            Self::Plain => slot.len(),
            Self::Conv { input, output } => 9 * input * output,
            Self::Dense {
                pixels,
                channels,
                output,
            } => pixels * channels * output,
            Self::Padded { output } => output,
        };
        (0..len).map(|i| slot[self.stored_index(i)]).collect()
    }

    /// The index in the slot of the tensor's value number `i`.
    fn stored_index(self, i: usize) -> usize {
        match self {
            Self::Plain | Self::Padded { .. } => i,
            Self::Conv { input, output } => {
                let (o, channel, tap) = (i / 9 / input, i / 9 % input, i % 9);
                (tap * input + channel) * output + o
            }
            Self::Dense {
                pixels,
                channels,
                output,
            } => {
                let (row, o) = (i / output, i % output);
                let (channel, pixel) = (row / pixels, row % pixels);
                (pixel * channels + channel) * output.next_multiple_of(COLUMN_BLOCK) + o
            }
        }
    }
}

/// Where a tensor is stored.
pub struct StoredTensor {
    pub slot: Slot,
    pub layout: Layout,
    /// Whether the slot is in the list of running statistics, rather than of parameters.
    pub is_statistic: bool,
}

/// The steps of a table of layers, and where its tensors are stored.
#[derive(Default)]
pub struct Program {
    pub steps: Vec<Step>,
    /// The numbers per image of each activation: of the image itself, then of each step's output.
    pub widths: Vec<usize>,
    /// In the order of `shared::model::layer::training_parameters`.
    pub tensors: Vec<StoredTensor>,
    /// The length of the list of parameters, which have gradients.
    pub parameter_count: usize,
    /// The length of the list of the batch norms' running statistics.
    pub statistic_count: usize,
}

impl Program {
    /// The steps of a table. With `batch_norm`, a batch norm precedes each ReLU that has none in the table.
    pub fn new(layers: &[Layer], batch_norm: bool) -> Self {
        let mut shape = Shape::INPUT;
        let mut program = Self {
            widths: vec![PIXELS],
            ..Self::default()
        };
        // Pixels and channels of the input of the next dense layer.
        let mut flat = (PIXELS, 1);
        let mut is_image = true;
        for layer in layers {
            match *layer {
                Layer::Conv {
                    output, padding, ..
                } => {
                    shape = program.conv(shape, padding, output, !batch_norm);
                    if batch_norm {
                        program.batch_norm(shape.count(), output, true);
                    }
                    is_image = false;
                }
                Layer::MaxPool => {
                    let input = shape;
                    shape = shape.pooled();
                    program.step(Step::MaxPool { input }, shape.count());
                }
                Layer::ResBlock { channels } => {
                    let from = program.steps.len();
                    program.conv(shape, Padding::Same, channels, !batch_norm);
                    if batch_norm {
                        program.batch_norm(shape.count(), channels, true);
                    }
                    program.batch_norm(shape.count(), channels, false);
                    program.conv(shape, Padding::Same, channels, false);
                    program.batch_norm(shape.count(), channels, false);
                    program.step(Step::Add { from }, shape.count());
                }
                Layer::GlobalAveragePool => {
                    program.step(Step::GlobalAveragePool { input: shape }, shape.channels);
                    flat = (1, shape.channels);
                }
                Layer::Flatten => flat = (shape.rows * shape.columns, shape.channels),
                Layer::Dense {
                    input,
                    output,
                    relu,
                } => {
                    // Pixels are not dropped: augmentation alters the image already.
                    if !std::mem::take(&mut is_image) {
                        program.step(Step::Dropout, input);
                    }
                    let columns = output.next_multiple_of(COLUMN_BLOCK);
                    let layout = Layout::Dense {
                        pixels: flat.0,
                        channels: flat.1,
                        output,
                    };
                    let weight = program.parameter(input * columns, layout);
                    let bias = program.parameter(columns, Layout::Padded { output });
                    let dense = Dense { input, columns };
                    let is_normalised = batch_norm && relu;
                    program.step(
                        Step::Dense {
                            dense,
                            weight,
                            bias,
                            relu: relu && !is_normalised,
                        },
                        columns,
                    );
                    if is_normalised {
                        program.batch_norm(columns, output, true);
                    }
                    flat = (1, output);
                }
            }
        }
        program
    }

    fn parameter(&mut self, len: usize, layout: Layout) -> Slot {
        let slot = Slot {
            start: self.parameter_count,
            len,
        };
        self.parameter_count += len;
        self.tensors.push(StoredTensor {
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
        let weight = self.parameter(9 * input * output, Layout::Conv { input, output });
        let bias = self.parameter(output, Layout::Plain);
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

    fn batch_norm(&mut self, width: usize, channels: usize, relu: bool) {
        let gamma = self.parameter(channels, Layout::Plain);
        let beta = self.parameter(channels, Layout::Plain);
        let statistics = self.statistic_count;
        self.statistic_count += 2 * channels;
        for half in 0..2 {
            let slot = Slot {
                start: statistics + half * channels,
                len: channels,
            };
            self.tensors.push(StoredTensor {
                slot,
                layout: Layout::Plain,
                is_statistic: true,
            });
        }
        self.step(
            Step::BatchNorm {
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
