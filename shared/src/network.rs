//! A table of layers as a burn module: what is trained, and what WebGPU runs.

use alloc::{format, string::String, vec::Vec};

use burn::module::{Module, Param, RunningState};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Initializer, Linear, LinearConfig,
    PaddingConfig2d,
};
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, TensorData};
use thiserror::Error;

use crate::artifact::{self, Artifact, Storage};
use crate::image::SIDE;
use crate::model::layer::{BATCH_NORM_EPSILON, Parameter, grad_cam_layer, parameters};
use crate::model::tensors::temperature;
use crate::model::{Layer, ModelId, Padding};

/// Why an artifact and a network do not fit, or a network could not be read back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NetworkError {
    #[error("the weights file lacks the tensor {name} of shape {shape:?}: train the model again")]
    Missing { name: String, shape: Vec<usize> },
    #[error("a tensor could not be read from the device: {0}")]
    Read(String),
}

/// Two convolutions with batch norm, and the input added to their result.
#[derive(Module, Debug)]
pub struct ResBlock {
    conv1: Conv2d,
    norm1: BatchNorm,
    conv2: Conv2d,
    norm2: BatchNorm,
}

impl ResBlock {
    fn new(channels: usize, device: &Device) -> Self {
        let norm = || {
            BatchNormConfig::new(channels)
                .with_epsilon(f64::from(BATCH_NORM_EPSILON))
                .init(device)
        };
        Self {
            conv1: conv(channels, channels, Padding::Same, device),
            norm1: norm(),
            conv2: conv(channels, channels, Padding::Same, device),
            norm2: norm(),
        }
    }

    /// `[batch, channels, rows, columns]` in and out.
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let x = relu(self.conv1.forward(input.clone()));
        let x = self.norm1.forward(x);
        let x = self.norm2.forward(self.conv2.forward(x));
        relu(x + input)
    }
}

/// A network that runs the layers of its table.
#[derive(Module, Debug)]
pub struct Network {
    convs: Vec<Conv2d>,
    blocks: Vec<ResBlock>,
    dense: Vec<Linear>,
    /// Before each dense layer, while training.
    dropout: Dropout,
    #[module(skip)]
    model: ModelId,
}

fn conv(input: usize, output: usize, padding: Padding, device: &Device) -> Conv2d {
    let padding = match padding {
        Padding::Valid => PaddingConfig2d::Valid,
        Padding::Same => PaddingConfig2d::Explicit(1, 1, 1, 1),
    };
    let mut conv = Conv2dConfig::new([input, output], [3, 3])
        .with_padding(padding)
        .with_initializer(Initializer::KaimingNormal {
            gain: core::f64::consts::SQRT_2,
            fan_out_only: false,
        })
        .init(device);
    conv.bias = Some(Initializer::Zeros.init([output], device));
    conv
}

/// The learned layers of a network, taken in the table's order.
struct Learned<'a> {
    convs: core::slice::Iter<'a, Conv2d>,
    blocks: core::slice::Iter<'a, ResBlock>,
    dense: core::slice::Iter<'a, Linear>,
}

impl Network {
    /// A network with fresh weights; `dropout` is the share of a dense layer's input that training drops.
    pub fn new(model: ModelId, dropout: f64, device: &Device) -> Self {
        let (mut convs, mut blocks, mut dense) = (Vec::new(), Vec::new(), Vec::new());
        for layer in model.layers() {
            match *layer {
                Layer::Conv {
                    input,
                    output,
                    padding,
                } => convs.push(conv(input, output, padding, device)),
                Layer::ResBlock { channels } => blocks.push(ResBlock::new(channels, device)),
                Layer::Dense { input, output, .. } => {
                    dense.push(LinearConfig::new(input, output).init(device));
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        Self {
            convs,
            blocks,
            dense,
            dropout: DropoutConfig::new(dropout).init(),
            model,
        }
    }

    /// Which model's table this is.
    pub fn model(&self) -> ModelId {
        self.model
    }

    /// Standardised pictures to logits.
    ///
    /// # Shapes
    /// `[batch, 1, 28, 28]` to `[batch, 10]`.
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        let (activation, learned) = self.features_and_rest(pictures);
        self.run_head(activation, learned)
    }

    /// The activation that Grad-CAM weighs: the last convolution's or block's output.
    ///
    /// # Shapes
    /// `[batch, 1, 28, 28]` to `[batch, channels, rows, columns]`.
    pub fn features(&self, pictures: Tensor<4>) -> Tensor<4> {
        self.features_and_rest(pictures).0
    }

    /// From [`features`](Self::features) to logits.
    ///
    /// # Shapes
    /// `[batch, channels, rows, columns]` to `[batch, 10]`.
    pub fn head(&self, activation: Tensor<4>) -> Tensor<2> {
        let learned = Learned {
            convs: [].iter(),
            blocks: [].iter(),
            dense: self.dense.iter(),
        };
        self.run_head(activation, learned)
    }

    /// The table's part up to Grad-CAM's layer, and the part behind it.
    fn halves(&self) -> (&'static [Layer], &'static [Layer]) {
        let layers = self.model.layers();
        layers.split_at(grad_cam_layer(layers).map_or(0, |last| last + 1))
    }

    fn features_and_rest(&self, pictures: Tensor<4>) -> (Tensor<4>, Learned<'_>) {
        let mut learned = Learned {
            convs: self.convs.iter(),
            blocks: self.blocks.iter(),
            dense: self.dense.iter(),
        };
        let mut x = pictures; // [batch, 1, 28, 28]
        for layer in self.halves().0 {
            x = match layer {
                Layer::Conv { .. } => match learned.convs.next() {
                    Some(conv) => relu(conv.forward(x)), // [batch, output, rows, columns]
                    None => x,
                },
                Layer::ResBlock { .. } => match learned.blocks.next() {
                    Some(block) => block.forward(x),
                    None => x,
                },
                Layer::MaxPool => max_pool2d(x, MaxPoolOptions::new([2, 2])), // [batch, c, rows / 2, columns / 2]
                Layer::GlobalAveragePool | Layer::Flatten | Layer::Dense { .. } => x,
            };
        }
        (x, learned)
    }

    fn run_head(&self, activation: Tensor<4>, mut learned: Learned<'_>) -> Tensor<2> {
        let [batch, channels, rows, columns] = activation.dims();
        let layers = self.halves().1;
        let mut x: Tensor<2> = if layers.contains(&Layer::GlobalAveragePool) {
            activation
                .reshape([batch, channels, rows * columns])
                .mean_dim(2)
                .reshape([batch, channels])
        } else {
            activation.reshape([batch, channels * rows * columns])
        };
        // Dropping pixels of the picture itself helps no network: augmentation alters them already.
        let mut is_picture = self.halves().0.is_empty();
        for layer in layers {
            let Layer::Dense {
                relu: rectified, ..
            } = *layer
            else {
                continue;
            };
            if let Some(dense) = learned.dense.next() {
                if !core::mem::take(&mut is_picture) {
                    x = self.dropout.forward(x);
                }
                x = dense.forward(x); // [batch, output]
                if rectified {
                    x = relu(x);
                }
            }
        }
        x
    }

    /// A network with an artifact's weights.
    ///
    /// # Errors
    /// A tensor that the table needs and the artifact lacks, or holds in another shape.
    pub fn from_artifact(
        model: ModelId,
        artifact: &Artifact,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let mut network = Self::new(model, 0.0, device);
        let mut tensors = Vec::new();
        for Parameter { name, shape } in parameters(model.layers()) {
            match artifact.tensor(&name) {
                Some(tensor) if tensor.shape == shape => tensors.push(tensor),
                _ => return Err(NetworkError::Missing { name, shape }),
            }
        }
        let mut tensors = tensors.into_iter();
        let mut next = || {
            tensors
                .next()
                .map(|t| TensorData::new(t.values.clone(), t.shape.clone()))
                .ok_or_else(|| NetworkError::Read(String::from("too few tensors")))
        };
        let (mut convs, mut blocks, mut dense) = (
            network.convs.iter_mut(),
            network.blocks.iter_mut(),
            network.dense.iter_mut(),
        );
        for layer in model.layers() {
            match layer {
                Layer::Conv { .. } => {
                    if let Some(conv) = convs.next() {
                        load_conv(conv, &mut next, device)?;
                    }
                }
                Layer::ResBlock { .. } => {
                    if let Some(block) = blocks.next() {
                        load_conv(&mut block.conv1, &mut next, device)?;
                        load_norm(&mut block.norm1, &mut next, device)?;
                        load_conv(&mut block.conv2, &mut next, device)?;
                        load_norm(&mut block.norm2, &mut next, device)?;
                    }
                }
                Layer::Dense { .. } => {
                    if let Some(dense) = dense.next() {
                        dense.weight = Param::from_data(next()?, device);
                        dense.bias = Some(Param::from_data(next()?, device));
                    }
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        Ok(network)
    }

    /// The network's weights as an artifact: weights of two and more dimensions in 16 bits, the rest in 32. The
    /// temperature is 1, for the validation split to change.
    ///
    /// # Errors
    /// The device does not give a tensor back.
    pub fn to_artifact(&self) -> Result<Artifact, NetworkError> {
        let mut values = Vec::new();
        let (mut convs, mut blocks, mut dense) =
            (self.convs.iter(), self.blocks.iter(), self.dense.iter());
        for layer in self.model.layers() {
            match layer {
                Layer::Conv { .. } => save_conv(convs.next(), &mut values)?,
                Layer::ResBlock { .. } => {
                    if let Some(block) = blocks.next() {
                        save_conv(Some(&block.conv1), &mut values)?;
                        save_norm(&block.norm1, &mut values)?;
                        save_conv(Some(&block.conv2), &mut values)?;
                        save_norm(&block.norm2, &mut values)?;
                    }
                }
                Layer::Dense { .. } => {
                    if let Some(dense) = dense.next() {
                        values.push(numbers(dense.weight.val())?);
                        if let Some(bias) = &dense.bias {
                            values.push(numbers(bias.val())?);
                        }
                    }
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        let tensors = parameters(self.model.layers())
            .into_iter()
            .zip(values)
            .map(|(Parameter { name, shape }, values)| artifact::Tensor {
                name,
                storage: if shape.len() > 1 {
                    Storage::F16
                } else {
                    Storage::F32
                },
                shape,
                values,
            })
            .chain([temperature(1.0)])
            .collect();
        Ok(Artifact {
            model: format!("{}", self.model),
            tensors,
        })
    }
}

/// Standardised pictures as a tensor.
///
/// # Shapes
/// `pixels` holds `batch * 784` numbers; the tensor is `[batch, 1, 28, 28]`.
pub fn pictures(pixels: Vec<f32>, device: &Device) -> Tensor<4> {
    let batch = pixels.len() / (SIDE * SIDE);
    Tensor::from_data(TensorData::new(pixels, [batch, 1, SIDE, SIDE]), device)
}

type Next<'a> = dyn FnMut() -> Result<TensorData, NetworkError> + 'a;

fn load_conv(conv: &mut Conv2d, next: &mut Next, device: &Device) -> Result<(), NetworkError> {
    conv.weight = Param::from_data(next()?, device);
    conv.bias = Some(Param::from_data(next()?, device));
    Ok(())
}

fn load_norm(norm: &mut BatchNorm, next: &mut Next, device: &Device) -> Result<(), NetworkError> {
    norm.gamma = Param::from_data(next()?, device);
    norm.beta = Param::from_data(next()?, device);
    norm.running_mean = RunningState::new(Tensor::from_data(next()?, device));
    norm.running_var = RunningState::new(Tensor::from_data(next()?, device));
    Ok(())
}

fn save_conv(conv: Option<&Conv2d>, values: &mut Vec<Vec<f32>>) -> Result<(), NetworkError> {
    if let Some(conv) = conv {
        values.push(numbers(conv.weight.val())?);
        if let Some(bias) = &conv.bias {
            values.push(numbers(bias.val())?);
        }
    }
    Ok(())
}

fn save_norm(norm: &BatchNorm, values: &mut Vec<Vec<f32>>) -> Result<(), NetworkError> {
    values.push(numbers(norm.gamma.val())?);
    values.push(numbers(norm.beta.val())?);
    values.push(numbers(norm.running_mean.value_sync())?);
    values.push(numbers(norm.running_var.value_sync())?);
    Ok(())
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, NetworkError> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .map_err(|e| NetworkError::Read(format!("{e:?}")))
}
