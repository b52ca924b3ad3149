//! A 3x3 convolution and its gradients, over a shard's pictures.

use super::kernel::{Gather, Outer, Run, Scatter};
use shared::model::shape::Shape;

/// Bytes of activations that are worked on at a time: they stay in the second cache.
const GROUP: usize = 256 * 1024;

/// One convolution's geometry; pictures are `[rows, columns, channels]`.
pub struct Conv {
    /// What the layer is given.
    pub input: Shape,
    /// What the taps run over: the input, with a border of zeros where the padding asks for it.
    pub framed: Shape,
    pub output: Shape,
    /// Pictures of a group.
    group: usize,
    /// Where each of a group's output pixels begins in the framed pictures, or in their patches.
    starts: Vec<u32>,
    taps: Vec<usize>,
    /// A row of pixels each, of a group.
    runs: Vec<Run>,
}

/// Where the gradient at the input goes.
pub struct Back<'a> {
    pub back: &'a mut Vec<f32>,
    /// Room for its frame.
    pub framed: &'a mut Vec<f32>,
}

impl Conv {
    /// A convolution of pictures with `border` zeros around them.
    pub fn new(input: Shape, border: usize, channels: usize) -> Self {
        let framed = Shape {
            rows: input.rows + 2 * border,
            columns: input.columns + 2 * border,
            ..input
        };
        let output = Shape {
            rows: framed.rows - 2,
            columns: framed.columns - 2,
            channels,
        };
        let group = (GROUP / 4 / (framed.count() + output.count())).clamp(1, 16);
        let mut conv = Self {
            input,
            framed,
            output,
            group,
            starts: Vec::new(),
            taps: vec![0],
            runs: Vec::new(),
        };
        let pixels = output.rows * output.columns;
        if conv.is_first() {
            // One channel is too little to run along: the nine taps are gathered into patches beforehand.
            conv.starts = (0..group * pixels).map(|p| (p * 9) as u32).collect();
            conv.runs.push(Run {
                left: 0,
                right: 0,
                rows: pixels,
            });
            return conv;
        }
        let at = |row: usize, column: usize| (row * framed.columns + column) * framed.channels;
        conv.taps = (0..9).map(|tap| at(tap / 3, tap % 3)).collect();
        for picture in 0..group {
            for row in 0..output.rows {
                conv.runs.push(Run {
                    left: picture * framed.count() + at(row, 0),
                    right: picture * output.count() + row * output.columns * channels,
                    rows: output.columns,
                });
                let pixels = (0..output.columns).map(|column| at(row, column));
                conv.starts
                    .extend(pixels.map(|p| (picture * framed.count() + p) as u32));
            }
        }
        conv
    }

    /// Whether the input has but one channel.
    fn is_first(&self) -> bool {
        self.input.channels == 1
    }

    /// Neighbouring numbers under a tap.
    fn depth(&self) -> usize {
        if self.is_first() {
            9
        } else {
            self.input.channels
        }
    }

    /// Numbers of a picture as the kernels see it.
    fn seen(&self) -> usize {
        if self.is_first() {
            self.output.rows * self.output.columns * 9
        } else {
            self.framed.count()
        }
    }

    /// Frames the pictures, or cuts them into patches, where the kernels need it: what else is not needed is empty.
    fn prepare(&self, input: &[f32], seen: &mut Vec<f32>) {
        if self.framed == self.input && !self.is_first() {
            return;
        }
        let count = input.len() / self.input.count();
        if !self.is_first() {
            seen.resize(count * self.framed.count(), 0.0);
            self.frame(input, seen);
            return;
        }
        let mut framed = vec![0.0; count * self.framed.count()];
        self.frame(input, &mut framed);
        seen.resize(count * self.seen(), 0.0);
        let pictures = framed.chunks_exact(self.framed.count());
        for (picture, patches) in pictures.zip(seen.chunks_exact_mut(self.seen())) {
            let columns = self.framed.columns;
            for (row, patches) in patches
                .chunks_exact_mut(9 * self.output.columns)
                .enumerate()
            {
                let rows = &picture[row * columns..][..3 * columns];
                for (x, patch) in patches.as_chunks_mut::<9>().0.iter_mut().enumerate() {
                    for y in 0..3 {
                        patch[3 * y..][..3].copy_from_slice(&rows[y * columns + x..][..3]);
                    }
                }
            }
        }
    }

    /// Copies pictures into their frames; the zeros around them are never written to.
    fn frame(&self, input: &[f32], framed: &mut [f32]) {
        let pairs = input
            .chunks_exact(self.input.count())
            .zip(framed.chunks_exact_mut(self.framed.count()));
        for (picture, framed) in pairs {
            let (width, wide) = (
                self.input.columns * self.input.channels,
                self.framed.columns * self.framed.channels,
            );
            let border = (self.framed.rows - self.input.rows) / 2;
            let inner = framed.chunks_exact_mut(wide).skip(border);
            for (row, framed) in picture.chunks_exact(width).zip(inner) {
                framed[border * self.input.channels..][..width].copy_from_slice(row);
            }
        }
    }

    /// The weighted sums with their bias, after a ReLU where asked.
    ///
    /// # Shapes
    /// `weight` `[3, 3, input, output]`; `seen` is this layer's own and is left for [`backward`](Self::backward).
    pub fn forward(
        &self,
        input: &[f32],
        weight: &[f32],
        bias: &[f32],
        relu: bool,
        seen: &mut Vec<f32>,
        result: &mut [f32],
    ) {
        self.prepare(input, seen);
        let seen = if seen.is_empty() {
            input
        } else {
            seen.as_slice()
        };
        let pixels = self.output.rows * self.output.columns;
        let groups = seen.chunks(self.group * self.seen());
        for (seen, result) in groups.zip(result.chunks_mut(self.group * self.output.count())) {
            let count = result.len() / self.output.count();
            Gather {
                input: seen,
                starts: &self.starts[..count * pixels],
                taps: &self.taps,
                depth: self.depth(),
                weight,
                bias,
                result: &mut *result,
            }
            .run();
            if relu {
                super::each::relu(result);
            }
        }
    }

    /// From the gradient at the output to those of the weights and, where `back` is given, at the input.
    ///
    /// # Shapes
    /// `transposed` is the weight as `[3, 3, output, input]`; the gradients of weight and bias are added to.
    pub fn backward(
        &self,
        input: &[f32],
        seen: &[f32],
        transposed: &[f32],
        gradient: &[f32],
        weight: &mut [f32],
        back: Option<Back>,
    ) {
        let seen = if seen.is_empty() { input } else { seen };
        let groups = seen.chunks(self.group * self.seen());
        for (seen, gradient) in groups.zip(gradient.chunks(self.group * self.output.count())) {
            let count = gradient.len() / self.output.count();
            let job = |seen, gradient, runs, weight| Outer {
                left: seen,
                right: gradient,
                runs,
                taps: &self.taps,
                depth: self.depth(),
                columns: self.output.channels,
                result: weight,
            };
            if self.is_first() {
                let pixels = self.output.rows * self.output.columns;
                let run = [Run {
                    left: 0,
                    right: 0,
                    rows: count * pixels,
                }];
                job(seen, gradient, &run, &mut *weight).run();
            } else {
                let runs = &self.runs[..count * self.output.rows];
                job(seen, gradient, runs, &mut *weight).run();
            }
        }
        let Some(Back { back, framed }) = back else {
            return;
        };
        let count = input.len() / self.input.count();
        let has_frame = self.framed != self.input;
        let target = if has_frame { &mut *framed } else { &mut *back };
        target.clear();
        target.resize(count * self.framed.count(), 0.0);
        let pixels = self.output.rows * self.output.columns;
        let groups = target.chunks_mut(self.group * self.framed.count());
        for (target, gradient) in groups.zip(gradient.chunks(self.group * self.output.count())) {
            let count = gradient.len() / self.output.count();
            Scatter {
                input: gradient,
                starts: &self.starts[..count * pixels],
                taps: &self.taps,
                depth: self.output.channels,
                weight: transposed,
                columns: self.input.channels,
                result: target,
            }
            .run();
        }
        if has_frame {
            back.resize(count * self.input.count(), 0.0);
            self.unframe(framed, back);
        }
    }

    /// Takes pictures out of their frames.
    fn unframe(&self, framed: &[f32], pictures: &mut [f32]) {
        let pairs = pictures
            .chunks_exact_mut(self.input.count())
            .zip(framed.chunks_exact(self.framed.count()));
        for (picture, framed) in pairs {
            let (width, wide) = (
                self.input.columns * self.input.channels,
                self.framed.columns * self.framed.channels,
            );
            let border = (self.framed.rows - self.input.rows) / 2;
            let inner = framed.chunks_exact(wide).skip(border);
            for (row, framed) in picture.chunks_exact_mut(width).zip(inner) {
                row.copy_from_slice(&framed[border * self.input.channels..][..width]);
            }
        }
    }
}
