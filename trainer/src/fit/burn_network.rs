//! A table of layers as a burn module: what is trained on graphics processors, and the plan's second opinion.

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

use crate::artifact::Artifact;
use crate::image::SIDE;
use crate::model::layer::{BATCH_NORM_EPSILON, Parameter, grad_cam_layer, parameters};
use crate::model::{Layer, Padding};

/// Why an artifact and a network do not fit, or a network could not be read back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NetworkError {
    #[error("the weights file lacks the tensor {name} of shape {shape:?}: train the model again")]
    Missing { name: String, shape: Vec<usize> },
    #[error("a tensor could not be read from the device: {0}")]
    Read(String),
}

/// What a network has only while it is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Training {
    /// A batch norm stands before each ReLU that has none in the table; [`fold`](crate::model::layer::fold) takes it
    /// into the weights.
    pub normalise: bool,
    /// The share of a dense layer's input that is dropped.
    pub dropout: f64,
}

/// Two convolutions with batch norm, and the input added to their result.
#[derive(Module, Debug)]
pub struct ResBlock {
    conv1: Conv2d,
    fold: Option<BatchNorm>,
    norm1: BatchNorm,
    conv2: Conv2d,
    norm2: BatchNorm,
}

fn norm(channels: usize, device: &Device) -> BatchNorm {
    BatchNormConfig::new(channels)
        .with_epsilon(f64::from(BATCH_NORM_EPSILON))
        .init(device)
}

impl ResBlock {
    fn new(channels: usize, training: Training, device: &Device) -> Self {
        Self {
            conv1: conv(channels, channels, Padding::Same, device),
            fold: training.normalise.then(|| norm(channels, device)),
            norm1: norm(channels, device),
            conv2: conv(channels, channels, Padding::Same, device),
            norm2: norm(channels, device),
        }
    }

    /// `[batch, channels, rows, columns]` in and out.
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let x = rectified(self.conv1.forward(input.clone()), self.fold.as_ref());
        let x = self.norm1.forward(x);
        let x = self.norm2.forward(self.conv2.forward(x));
        relu(x + input)
    }
}

/// ReLU, behind a batch norm where there is one.
fn rectified<const D: usize>(x: Tensor<D>, norm: Option<&BatchNorm>) -> Tensor<D> {
    relu(match norm {
        Some(norm) => norm.forward(x),
        None => x,
    })
}

/// A network that runs the layers of its table.
#[derive(Module, Debug)]
pub struct Network {
    convs: Vec<Conv2d>,
    blocks: Vec<ResBlock>,
    dense: Vec<Linear>,
    /// Of the convolutions outside the blocks and the dense layers with a ReLU, while training.
    folds: Vec<BatchNorm>,
    /// Before each dense layer, while training.
    dropout: Dropout,
    #[module(skip)]
    layers: &'static [Layer],
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
    folds: core::slice::Iter<'a, BatchNorm>,
}

impl Network {
    /// A network with fresh weights.
    pub fn new(layers: &'static [Layer], training: Training, device: &Device) -> Self {
        let (mut convs, mut blocks, mut dense) = (Vec::new(), Vec::new(), Vec::new());
        let mut folds = Vec::new();
        for layer in layers {
            match *layer {
                Layer::Conv {
                    input,
                    output,
                    padding,
                } => {
                    convs.push(conv(input, output, padding, device));
                    folds.extend(training.normalise.then(|| norm(output, device)));
                }
                Layer::ResBlock { channels } => {
                    blocks.push(ResBlock::new(channels, training, device));
                }
                Layer::Dense {
                    input,
                    output,
                    relu,
                } => {
                    dense.push(LinearConfig::new(input, output).init(device));
                    folds.extend((training.normalise && relu).then(|| norm(output, device)));
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        Self {
            convs,
            blocks,
            dense,
            folds,
            dropout: DropoutConfig::new(training.dropout).init(),
            layers,
        }
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
            // Only training puts norms behind dense layers, and it runs the whole.
            folds: [].iter(),
        };
        self.run_head(activation, learned)
    }

    /// The table's part up to Grad-CAM's layer, and the part behind it.
    fn halves(&self) -> (&'static [Layer], &'static [Layer]) {
        let layers = self.layers;
        layers.split_at(grad_cam_layer(layers).map_or(0, |last| last + 1))
    }

    fn features_and_rest(&self, pictures: Tensor<4>) -> (Tensor<4>, Learned<'_>) {
        let mut learned = Learned {
            convs: self.convs.iter(),
            blocks: self.blocks.iter(),
            dense: self.dense.iter(),
            folds: self.folds.iter(),
        };
        let mut x = pictures; // [batch, 1, 28, 28]
        for layer in self.halves().0 {
            x = match layer {
                Layer::Conv { .. } => match learned.convs.next() {
                    Some(conv) => rectified(conv.forward(x), learned.folds.next()), // [batch, output, rows, columns]
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
            let Layer::Dense { relu: has_relu, .. } = *layer else {
                continue;
            };
            if let Some(dense) = learned.dense.next() {
                if !core::mem::take(&mut is_picture) {
                    x = self.dropout.forward(x);
                }
                x = dense.forward(x); // [batch, output]
                if has_relu {
                    x = rectified(x, learned.folds.next());
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
        layers: &'static [Layer],
        artifact: &Artifact,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let mut values = Vec::new();
        for Parameter { name, shape } in parameters(layers) {
            match artifact.tensor(&name) {
                Some(tensor) if tensor.shape == shape => values.push(tensor.values.clone()),
                _ => return Err(NetworkError::Missing { name, shape }),
            }
        }
        let mut network = Self::new(layers, Training::default(), device);
        network.load(values, device)?;
        Ok(network)
    }

    /// Takes over values, a list for each of the table's training parameters in their order.
    ///
    /// # Errors
    /// There are too few.
    pub fn load(&mut self, values: Vec<Vec<f32>>, device: &Device) -> Result<(), NetworkError> {
        let mut values = values.into_iter();
        let mut next = |shape: &[usize]| {
            values
                .next()
                .map(|v| TensorData::new(v, shape.to_vec()))
                .ok_or_else(|| NetworkError::Read(String::from("too few tensors")))
        };
        let mut convs = self.convs.iter_mut();
        let mut blocks = self.blocks.iter_mut();
        let mut dense = self.dense.iter_mut();
        let mut folds = self.folds.iter_mut();
        for layer in self.layers {
            match layer {
                Layer::Conv { .. } => {
                    if let Some(conv) = convs.next() {
                        load_conv(conv, &mut next, device)?;
                    }
                    if let Some(norm) = folds.next() {
                        load_norm(norm, &mut next, device)?;
                    }
                }
                Layer::ResBlock { .. } => {
                    if let Some(block) = blocks.next() {
                        load_conv(&mut block.conv1, &mut next, device)?;
                        if let Some(norm) = &mut block.fold {
                            load_norm(norm, &mut next, device)?;
                        }
                        load_norm(&mut block.norm1, &mut next, device)?;
                        load_conv(&mut block.conv2, &mut next, device)?;
                        load_norm(&mut block.norm2, &mut next, device)?;
                    }
                }
                Layer::Dense { relu, output, .. } => {
                    if let Some(dense) = dense.next() {
                        let shape = dense.weight.val().dims();
                        dense.weight = Param::from_data(next(&shape)?, device);
                        dense.bias = Some(Param::from_data(next(&[*output])?, device));
                    }
                    if *relu && let Some(norm) = folds.next() {
                        load_norm(norm, &mut next, device)?;
                    }
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        Ok(())
    }

    /// The values, a list for each of the table's training parameters in their order.
    ///
    /// # Errors
    /// The device does not give a tensor back.
    pub fn values(&self) -> Result<Vec<Vec<f32>>, NetworkError> {
        let mut values = Values(Vec::new());
        self.each(&mut values)?;
        Ok(values.0)
    }

    /// Shows every tensor, in the order of the table's training parameters.
    ///
    /// # Errors
    /// Those of the taker.
    pub fn each(&self, taker: &mut impl Taker) -> Result<(), NetworkError> {
        let mut convs = self.convs.iter();
        let mut blocks = self.blocks.iter();
        let mut dense = self.dense.iter();
        let mut folds = self.folds.iter();
        for layer in self.layers {
            match layer {
                Layer::Conv { .. } => {
                    show_conv(convs.next(), taker)?;
                    show_norm(folds.next(), taker)?;
                }
                Layer::ResBlock { .. } => {
                    if let Some(block) = blocks.next() {
                        show_conv(Some(&block.conv1), taker)?;
                        show_norm(block.fold.as_ref(), taker)?;
                        show_norm(Some(&block.norm1), taker)?;
                        show_conv(Some(&block.conv2), taker)?;
                        show_norm(Some(&block.norm2), taker)?;
                    }
                }
                Layer::Dense { relu, .. } => {
                    if let Some(dense) = dense.next() {
                        taker.learned(dense.weight.val())?;
                        if let Some(bias) = &dense.bias {
                            taker.learned(bias.val())?;
                        }
                    }
                    if *relu {
                        show_norm(folds.next(), taker)?;
                    }
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        Ok(())
    }
}

/// What is done with each of a network's tensors.
pub trait Taker {
    /// A weight or a bias, a norm's scale or shift.
    ///
    /// # Errors
    /// The device does not give the tensor back.
    fn learned<const D: usize>(&mut self, tensor: Tensor<D>) -> Result<(), NetworkError>;

    /// A batch norm's running mean or variance.
    ///
    /// # Errors
    /// The device does not give the tensor back.
    fn statistic(&mut self, tensor: Tensor<1>) -> Result<(), NetworkError>;
}

struct Values(Vec<Vec<f32>>);

impl Taker for Values {
    fn learned<const D: usize>(&mut self, tensor: Tensor<D>) -> Result<(), NetworkError> {
        self.0.push(numbers(tensor)?);
        Ok(())
    }

    fn statistic(&mut self, tensor: Tensor<1>) -> Result<(), NetworkError> {
        self.learned(tensor)
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

type Next<'a> = dyn FnMut(&[usize]) -> Result<TensorData, NetworkError> + 'a;

fn load_conv(conv: &mut Conv2d, next: &mut Next, device: &Device) -> Result<(), NetworkError> {
    let shape = conv.weight.val().dims();
    conv.weight = Param::from_data(next(&shape)?, device);
    conv.bias = Some(Param::from_data(next(&shape[..1])?, device));
    Ok(())
}

fn load_norm(norm: &mut BatchNorm, next: &mut Next, device: &Device) -> Result<(), NetworkError> {
    let shape = norm.gamma.val().dims();
    norm.gamma = Param::from_data(next(&shape)?, device);
    norm.beta = Param::from_data(next(&shape)?, device);
    norm.running_mean = RunningState::new(Tensor::from_data(next(&shape)?, device));
    norm.running_var = RunningState::new(Tensor::from_data(next(&shape)?, device));
    Ok(())
}

fn show_conv(conv: Option<&Conv2d>, taker: &mut impl Taker) -> Result<(), NetworkError> {
    if let Some(conv) = conv {
        taker.learned(conv.weight.val())?;
        if let Some(bias) = &conv.bias {
            taker.learned(bias.val())?;
        }
    }
    Ok(())
}

fn show_norm(norm: Option<&BatchNorm>, taker: &mut impl Taker) -> Result<(), NetworkError> {
    if let Some(norm) = norm {
        taker.learned(norm.gamma.val())?;
        taker.learned(norm.beta.val())?;
        taker.statistic(norm.running_mean.value_sync())?;
        taker.statistic(norm.running_var.value_sync())?;
    }
    Ok(())
}

/// A tensor's numbers, in their order.
///
/// # Errors
/// The device does not give them back.
pub fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, NetworkError> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .map_err(|e| NetworkError::Read(format!("{e:?}")))
}
