//! A network on the graphics processor: its weights, uploaded once, and a dispatch for each of its passes.

use burn::cubecl::prelude::{BufferArg, Client, CubeCount, CubeDim};
use burn::cubecl::server::Handle;
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::Padding;
use shared::model::lowering::{self, LoweredNetwork, Residual};
use shared::model::shape::Shape;

use crate::kernels::{Convolution, LANES, Product, convolve, multiply};

/// Units that share a compute unit.
const GROUP: usize = 64;

/// A network ready to answer.
pub struct Network {
    client: Client,
    body: Vec<Conv>,
    head: Vec<Dense>,
    /// Stands where a convolution adds nothing: no buffer may be bound twice.
    nothing: Buffer,
}

struct Conv {
    sizes: Convolution,
    residual: Residual,
    weight: Buffer,
    /// Then scales and shifts, where there are any.
    bias: Buffer,
}

struct Dense {
    sizes: Product,
    weight: Buffer,
    bias: Buffer,
}

/// Numbers on the graphics processor.
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

    /// As a kernel takes it, in vectors of so many numbers.
    fn vectors(&self, lanes: usize) -> BufferArg {
        // SAFETY: the handle holds `count` numbers, all of which are in bounds.
        unsafe { BufferArg::from_raw_parts(self.handle.clone(), self.count / lanes) }
    }
}

/// As graphics processors have them.
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
        let mut pixels = match lowered.is_averaged {
            true => shape.rows * shape.columns,
            false => 1,
        };
        let head = lowered.head.iter();
        let head = head.map(|dense| Dense::new(client, dense, core::mem::replace(&mut pixels, 1)));
        Self {
            client: client.clone(),
            body,
            head: head.collect(),
            nothing: Buffer::empty(client, LANES),
        }
    }

    /// Standardised pictures to the activation that Grad-CAM weighs: `[batch, rows, columns, channels]`.
    pub async fn features(&self, pictures: &[f32]) -> Result<Vec<f32>, String> {
        let activation = self.run_body(pictures);
        self.read(activation).await
    }

    /// Standardised pictures to logits.
    ///
    /// # Shapes
    /// `[batch, 28, 28]` to `[batch]`.
    pub async fn forward(&self, pictures: &[f32]) -> Result<Vec<[f32; CLASSES]>, String> {
        let batch = pictures.len() / PIXELS;
        let mut x = self.run_body(pictures);
        for dense in &self.head {
            x = dense.run(&self.client, &x, batch);
        }
        let rows = self.read(x).await?;
        let wide = rows.chunks_exact(CLASSES.next_multiple_of(LANES));
        let logits: Vec<_> = wide.filter_map(|row| row.first_chunk().copied()).collect();
        match logits.len() == batch {
            true => Ok(logits),
            false => Err(format!("{} answers instead of {batch}", logits.len())),
        }
    }

    fn run_body(&self, pictures: &[f32]) -> Buffer {
        let batch = pictures.len() / PIXELS;
        let mut x = Buffer::new(&self.client, pictures);
        let mut kept = self.nothing.clone();
        for conv in &self.body {
            let added = match conv.residual {
                Residual::Add => &kept,
                Residual::None | Residual::Save => &self.nothing,
            };
            let result = conv.run(&self.client, &x, added, batch);
            if conv.residual == Residual::Save {
                kept = x;
            }
            x = result;
        }
        x
    }

    /// The numbers of a buffer, awaited: a browser gives nothing back at once.
    async fn read(&self, buffer: Buffer) -> Result<Vec<f32>, String> {
        let read = self.client.read_async(vec![buffer.handle]).await;
        let bytes = read.map_err(|e| format!("{e:?}"))?;
        let bytes = bytes.first().ok_or("nothing")?;
        let numbers: Vec<f32> = bytes
            .as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        match numbers.len() == buffer.count {
            true => Ok(numbers),
            false => Err(format!(
                "{} numbers instead of {}",
                numbers.len(),
                buffer.count
            )),
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
                border: match conv.padding {
                    Padding::Valid => 0,
                    Padding::Same => 1,
                },
                is_added: conv.residual == Residual::Add,
                is_scaled: conv.affine.is_some(),
                is_pooled: conv.is_pooled,
            },
            residual: conv.residual,
            weight: Buffer::new(client, &weight),
            bias: Buffer::new(client, &bias),
        }
    }

    fn run(&self, client: &Client, pictures: &Buffer, added: &Buffer, batch: usize) -> Buffer {
        let sizes = self.sizes;
        let [rows, columns] = sizes.stored();
        let result = Buffer::empty(client, batch * rows * columns * sizes.output);
        let units = batch * sizes.units();
        // One channel is no vector.
        let lanes = if sizes.input.is_multiple_of(LANES) {
            LANES
        } else {
            1
        };
        // SAFETY: the sizes are those of the buffers, and each unit stays within them.
        unsafe {
            convolve::launch_unchecked(
                client,
                groups(units),
                CubeDim::new_1d(GROUP as u32),
                LANES,
                lanes,
                pictures.vectors(lanes),
                self.weight.vectors(LANES),
                self.bias.vectors(LANES),
                added.vectors(LANES),
                result.vectors(LANES),
                units as u32,
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
        let units = batch * self.sizes.output / LANES;
        // SAFETY: the sizes are those of the buffers, and each unit stays within them.
        unsafe {
            multiply::launch_unchecked(
                client,
                groups(units),
                CubeDim::new_1d(GROUP as u32),
                LANES,
                input.vectors(1),
                self.weight.vectors(LANES),
                self.bias.vectors(LANES),
                result.vectors(LANES),
                units as u32,
                self.sizes,
            );
        }
        result
    }
}

fn groups(units: usize) -> CubeCount {
    CubeCount::Static(units.div_ceil(GROUP) as u32, 1, 1)
}
