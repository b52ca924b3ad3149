//! A network on the graphics device: its weights are uploaded once, and each of its lowered layers is one dispatch.

use core::fmt;

use burn::cubecl::prelude::{BufferArg, Client, CubeCount, CubeDim};
use burn::cubecl::server::Handle;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::Padding;
use shared::model::lowering::{self, LoweredNetwork, Residual};
use shared::model::shape::Shape;

use crate::kernels::{Convolution, LANES, Product, convolve, multiply};

/// Threads of a workgroup.
const WORKGROUP_SIZE: usize = 64;

/// Why a result could not be read from the device.
pub enum ReadError {
    /// The error message of burn's runtime.
    Runtime(String),
    /// The buffer has another length, in numbers.
    Length { expected: usize, found: usize },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runtime(message) => write!(f, "a buffer could not be read: {message}"),
            Self::Length { expected, found } => {
                write!(f, "a buffer has {found} numbers, expected {expected}")
            }
        }
    }
}

/// A network that is ready to run.
pub struct Network {
    client: Client,
    body: Vec<Conv>,
    head: Vec<Dense>,
    /// Bound as the residual of convolutions without one, as no buffer may be bound twice.
    unused: Buffer,
}

struct Conv {
    sizes: Convolution,
    residual: Residual,
    weight: Buffer,
    /// The bias, then the scales and shifts of the batch norm if there is one.
    bias: Buffer,
}

struct Dense {
    sizes: Product,
    weight: Buffer,
    bias: Buffer,
}

/// 32-bit floats on the graphics device.
#[derive(Clone)]
struct Buffer {
    handle: Handle,
    count: usize,
}

impl Buffer {
    fn new(client: &Client, values: &[f32]) -> Self {
        Self {
            handle: client.create_from_slice(&little_endian(values)),
            count: values.len(),
        }
    }

    fn empty(client: &Client, count: usize) -> Self {
        Self {
            handle: client.empty(count * size_of::<f32>()),
            count,
        }
    }

    /// The kernel argument, as vectors of this many numbers.
    fn vectors(&self, lanes: usize) -> BufferArg {
        // SAFETY: the handle holds `count` numbers, all of which are in bounds.
        unsafe { BufferArg::from_raw_parts(self.handle.clone(), self.count / lanes) }
    }
}

/// The byte order of graphics devices.
fn little_endian(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

impl Network {
    /// Uploads a network's weights.
    pub fn new(client: &Client, lowered: &LoweredNetwork) -> Self {
        let mut shape = Shape::INPUT;
        let body = lowered.body.iter().map(|conv| {
            let [_, stored] = conv.shapes(shape);
            Conv::new(client, conv, core::mem::replace(&mut shape, stored))
        });
        let body = body.collect();
        let mut pixels = if lowered.is_averaged {
            shape.rows * shape.columns
        } else {
            1
        };
        let head = lowered.head.iter();
        let head = head.map(|dense| Dense::new(client, dense, core::mem::replace(&mut pixels, 1)));
        Self {
            client: client.clone(),
            body,
            head: head.collect(),
            unused: Buffer::empty(client, LANES),
        }
    }

    /// The activation that Grad-CAM uses.
    ///
    /// # Shapes
    /// `[batch, 28, 28]`, standardised, to `[batch, rows, columns, channels]`.
    pub async fn features(&self, images: &[f32]) -> Result<Vec<f32>, ReadError> {
        let activation = self.run_body(images);
        self.read(activation).await
    }

    /// The logits.
    ///
    /// # Shapes
    /// `[batch, 28, 28]`, standardised, to `[batch]`.
    pub async fn forward(&self, images: &[f32]) -> Result<Vec<[f32; CLASSES]>, ReadError> {
        let batch = images.len() / PIXELS;
        let mut x = self.run_body(images);
        for dense in &self.head {
            x = dense.run(&self.client, &x, batch);
        }
        let rows = self.read(x).await?;
        let padded = CLASSES.next_multiple_of(LANES);
        let logits = rows.chunks_exact(padded);
        let logits: Vec<_> = logits
            .filter_map(|row| row.first_chunk().copied())
            .collect();
        if logits.len() == batch {
            Ok(logits)
        } else {
            Err(ReadError::Length {
                expected: batch * padded,
                found: rows.len(),
            })
        }
    }

    fn run_body(&self, images: &[f32]) -> Buffer {
        let batch = images.len() / PIXELS;
        let mut x = Buffer::new(&self.client, images);
        let mut saved = self.unused.clone();
        for conv in &self.body {
            let residual = match conv.residual {
                Residual::Add => &saved,
                Residual::None | Residual::Save => &self.unused,
            };
            let result = conv.run(&self.client, &x, residual, batch);
            if conv.residual == Residual::Save {
                saved = x;
            }
            x = result;
        }
        x
    }

    /// The numbers of a buffer. Browsers only support reading asynchronously.
    async fn read(&self, buffer: Buffer) -> Result<Vec<f32>, ReadError> {
        let read = self.client.read_async(vec![buffer.handle]).await;
        let bytes = read.map_err(|e| ReadError::Runtime(format!("{e:?}")))?;
        let mut numbers = Vec::with_capacity(buffer.count);
        for bytes in bytes {
            let chunks = bytes.as_chunks().0;
            numbers.extend(chunks.iter().map(|b| f32::from_le_bytes(*b)));
        }
        if numbers.len() == buffer.count {
            Ok(numbers)
        } else {
            Err(ReadError::Length {
                expected: buffer.count,
                found: numbers.len(),
            })
        }
    }
}

impl Conv {
    fn new(client: &Client, conv: &lowering::Conv, shape: Shape) -> Self {
        let (input, output) = (conv.input, conv.bias.len());
        // [9, input, output]
        let weight: Vec<f32> = (0..9 * input)
            .flat_map(|i| (0..output).map(move |o| (o * input + i % input) * 9 + i / input))
            .map(|at| conv.weight[at])
            .collect();
        let mut bias = conv.bias.clone();
        if let Some((scale, shift)) = &conv.affine {
            bias.extend(scale);
            bias.extend(shift);
        }
        Self {
            sizes: Convolution {
                rows: shape.rows,
                columns: shape.columns,
                input,
                output,
                padding: match conv.padding {
                    Padding::Valid => 0,
                    Padding::Same => 1,
                },
                has_residual: conv.residual == Residual::Add,
                has_batch_norm: conv.affine.is_some(),
                is_pooled: conv.is_pooled,
            },
            residual: conv.residual,
            weight: Buffer::new(client, &weight),
            bias: Buffer::new(client, &bias),
        }
    }

    fn run(&self, client: &Client, images: &Buffer, residual: &Buffer, batch: usize) -> Buffer {
        let sizes = self.sizes;
        let [rows, columns] = sizes.stored();
        let result = Buffer::empty(client, batch * rows * columns * sizes.output);
        let threads = batch * sizes.threads();
        // The first convolution has one channel, which is not a vector.
        let lanes = if sizes.input.is_multiple_of(LANES) {
            LANES
        } else {
            1
        };
        // SAFETY: the sizes are those of the buffers, and each thread stays within them.
        unsafe {
            convolve::launch_unchecked(
                client,
                workgroups(threads),
                CubeDim::new_1d(WORKGROUP_SIZE as u32),
                LANES,
                lanes,
                images.vectors(lanes),
                self.weight.vectors(LANES),
                self.bias.vectors(LANES),
                residual.vectors(LANES),
                result.vectors(LANES),
                threads as u32,
                sizes,
            );
        }
        result
    }
}

impl Dense {
    fn new(client: &Client, dense: &lowering::Dense, pixels: usize) -> Self {
        let (input, output) = (dense.weight.len() / dense.bias.len(), dense.bias.len());
        let wide = output.next_multiple_of(LANES);
        let widened = |row: &[f32]| {
            let mut row = row.to_vec();
            row.resize(wide, 0.0);
            row
        };
        let weight: Vec<f32> = dense
            .weight
            .chunks_exact(output)
            .flat_map(widened)
            .collect();
        Self {
            sizes: Product {
                input,
                output: wide,
                relu: dense.relu,
                pixels,
            },
            weight: Buffer::new(client, &weight),
            bias: Buffer::new(client, &widened(&dense.bias)),
        }
    }

    fn run(&self, client: &Client, input: &Buffer, batch: usize) -> Buffer {
        let result = Buffer::empty(client, batch * self.sizes.output);
        let threads = batch * self.sizes.output / LANES;
        // SAFETY: the sizes are those of the buffers, and each thread stays within them.
        unsafe {
            multiply::launch_unchecked(
                client,
                workgroups(threads),
                CubeDim::new_1d(WORKGROUP_SIZE as u32),
                LANES,
                input.vectors(1),
                self.weight.vectors(LANES),
                self.bias.vectors(LANES),
                result.vectors(LANES),
                threads as u32,
                self.sizes,
            );
        }
        result
    }
}

fn workgroups(threads: usize) -> CubeCount {
    CubeCount::Static(threads.div_ceil(WORKGROUP_SIZE) as u32, 1, 1)
}
