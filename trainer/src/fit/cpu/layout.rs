//! Where each tensor's numbers lie in the flat lists that are trained.

use super::kernel::COLUMNS;

/// A place in the flat list of parameters.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub start: usize,
    pub len: usize,
}

impl Slot {
    pub fn of<'a>(&self, all: &'a [f32]) -> &'a [f32] {
        &all[self.start..][..self.len]
    }

    pub fn of_mut<'a>(&self, all: &'a mut [f32]) -> &'a mut [f32] {
        &mut all[self.start..][..self.len]
    }
}

/// How a parameter lies in the flat list, against the tensor that everyone else knows it as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As it is.
    Plain,
    /// `[output, input, 3, 3]`, here `[3, 3, input, output]`.
    Conv { input: usize, output: usize },
    /// `[input, output]`, whose input comes channel by channel and here pixel by pixel.
    Dense {
        pixels: usize,
        channels: usize,
        output: usize,
    },
    /// `[output]`, here padded.
    Padded { output: usize },
}

impl Layout {
    /// Puts a tensor's numbers where the kernels want them.
    pub fn write(self, values: &[f32], list: &mut [f32]) {
        self.each(|there, here| list[here] = values[there], values.len());
    }

    /// Takes a tensor's numbers from there.
    pub fn read(self, list: &[f32]) -> Vec<f32> {
        let len = match self {
            Self::Plain => list.len(),
            Self::Conv { input, output } => 9 * input * output,
            Self::Dense {
                pixels,
                channels,
                output,
            } => pixels * channels * output,
            Self::Padded { output } => output,
        };
        let mut values = vec![0.0; len];
        self.each(|there, here| values[there] = list[here], len);
        values
    }

    /// Every number's place in the tensor and in the list.
    fn each(self, mut pair: impl FnMut(usize, usize), len: usize) {
        for there in 0..len {
            let here = match self {
                Self::Plain | Self::Padded { .. } => there,
                Self::Conv { input, output } => {
                    let (o, i, tap) = (there / 9 / input, there / 9 % input, there % 9);
                    (tap * input + i) * output + o
                }
                Self::Dense {
                    pixels,
                    channels,
                    output,
                } => {
                    let (row, o) = (there / output, there % output);
                    let (channel, pixel) = (row / pixels, row % pixels);
                    (pixel * channels + channel) * output.next_multiple_of(COLUMNS) + o
                }
            };
            pair(there, here);
        }
    }
}

/// What a parameter of the flat list is.
pub struct Field {
    pub slot: Slot,
    pub layout: Layout,
    /// Of the list of running statistics rather than of what is learned.
    pub is_statistic: bool,
}
