//! A table of layers as a burn module: training on GPUs, and a second implementation for the parity tests.

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
use shared::artifact::Artifact;
use shared::image::SIDE;
use shared::model::layer::{BATCH_NORM_EPSILON, Parameter, grad_cam_layer, parameters};
use shared::model::{Layer, Padding};
use thiserror::Error;

/// Why weights do not fit a network, or could not be read back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NetworkError {
    #[error("the weights file lacks the tensor {name} of shape {shape:?}: train the model again")]
    Missing { name: String, shape: Vec<usize> },
    #[error("the network has more parameters than the {count} lists of values")]
    TooFewValues { count: usize },
    #[error("a tensor could not be read from the device: {0}")]
    Read(String),
}

/// What a network has only while it is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrainingOptions {
    /// Puts a batch norm before each ReLU that has none in the table;
    /// [`fold_batch_norm`](shared::model::layer::fold_batch_norm) merges it into the weights after training.
    pub batch_norm: bool,
    /// The share of a dense layer's input that is dropped, 0 to 1.
    pub dropout: f64,
}

/// A residual block: two convolutions with batch norm, plus the input.
#[derive(Module, Debug)]
pub struct ResBlock {
    conv1: Conv2d,
    fold: Option<BatchNorm>,
    norm1: BatchNorm,
    conv2: Conv2d,
    norm2: BatchNorm,
}

fn new_norm(channels: usize, device: &Device) -> BatchNorm {
    BatchNormConfig::new(channels)
        .with_epsilon(f64::from(BATCH_NORM_EPSILON))
        .init(device)
}

impl ResBlock {
    fn new(channels: usize, options: TrainingOptions, device: &Device) -> Self {
        Self {
            conv1: new_conv(channels, channels, Padding::Same, device),
            fold: options.batch_norm.then(|| new_norm(channels, device)),
            norm1: new_norm(channels, device),
            conv2: new_conv(channels, channels, Padding::Same, device),
            norm2: new_norm(channels, device),
        }
    }

    /// `[batch, channels, rows, columns]` in and out.
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let x = norm_relu(self.conv1.forward(input.clone()), self.fold.as_ref());
        let x = self.norm1.forward(x);
        let x = self.norm2.forward(self.conv2.forward(x));
        relu(x + input)
    }
}

/// Batch norm, if there is one, then ReLU.
fn norm_relu<const D: usize>(x: Tensor<D>, norm: Option<&BatchNorm>) -> Tensor<D> {
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
    /// While training with batch norm: those of the convolutions outside the blocks, then those of the dense layers with a
    /// ReLU. Empty otherwise.
    folds: Vec<BatchNorm>,
    /// Before each dense layer, while training.
    dropout: Dropout,
    #[module(skip)]
    layers: &'static [Layer],
}

fn new_conv(input: usize, output: usize, padding: Padding, device: &Device) -> Conv2d {
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

/// The network's modules of each kind, taken in the table's order.
struct Modules<'a> {
    convs: std::slice::Iter<'a, Conv2d>,
    blocks: std::slice::Iter<'a, ResBlock>,
    dense: std::slice::Iter<'a, Linear>,
    /// `None` where the network has no batch norms for training.
    folds: Option<std::slice::Iter<'a, BatchNorm>>,
}

impl<'a> Modules<'a> {
    fn conv(&mut self) -> (&'a Conv2d, Option<&'a BatchNorm>) {
        let conv = self.convs.next();
        (
            conv.expect("invariant: a module for each convolution of the table"),
            self.fold(),
        )
    }

    fn block(&mut self) -> &'a ResBlock {
        let block = self.blocks.next();
        block.expect("invariant: a module for each block of the table")
    }

    fn dense(&mut self, has_relu: bool) -> (&'a Linear, Option<&'a BatchNorm>) {
        let dense = self.dense.next();
        let fold = if has_relu { self.fold() } else { None };
        (
            dense.expect("invariant: a module for each dense layer of the table"),
            fold,
        )
    }

    fn fold(&mut self) -> Option<&'a BatchNorm> {
        let folds = self.folds.as_mut()?;
        let fold = folds.next();
        Some(fold.expect("invariant: a batch norm for each ReLU of the table"))
    }
}

impl Network {
    /// A network with random weights.
    pub fn new(layers: &'static [Layer], options: TrainingOptions, device: &Device) -> Self {
        let (mut convs, mut blocks, mut dense) = (Vec::new(), Vec::new(), Vec::new());
        let mut folds = Vec::new();
        for layer in layers {
            match *layer {
                Layer::Conv {
                    input,
                    output,
                    padding,
                } => {
                    convs.push(new_conv(input, output, padding, device));
                    folds.extend(options.batch_norm.then(|| new_norm(output, device)));
                }
                Layer::ResBlock { channels } => {
                    blocks.push(ResBlock::new(channels, options, device));
                }
                Layer::Dense {
                    input,
                    output,
                    relu,
                } => {
                    dense.push(LinearConfig::new(input, output).init(device));
                    folds.extend((options.batch_norm && relu).then(|| new_norm(output, device)));
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        Self {
            convs,
            blocks,
            dense,
            folds,
            dropout: DropoutConfig::new(options.dropout).init(),
            layers,
        }
    }

    /// Standardised images to logits.
    ///
    /// # Shapes
    /// `[batch, 1, 28, 28]` to `[batch, 10]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.head(self.features(images))
    }

    /// The activation that Grad-CAM uses: the output of the last convolution or block.
    ///
    /// # Shapes
    /// `[batch, 1, 28, 28]` to `[batch, channels, rows, columns]`.
    pub fn features(&self, images: Tensor<4>) -> Tensor<4> {
        let mut modules = self.modules();
        let mut x = images; // [batch, 1, 28, 28]
        for layer in self.split_layers().0 {
            x = match layer {
                Layer::Conv { .. } => {
                    let (conv, norm) = modules.conv();
                    norm_relu(conv.forward(x), norm) // [batch, output, rows, columns]
                }
                Layer::ResBlock { .. } => modules.block().forward(x),
                Layer::MaxPool => max_pool2d(x, MaxPoolOptions::new([2, 2])), // [batch, c, rows / 2, columns / 2]
                Layer::GlobalAveragePool | Layer::Flatten | Layer::Dense { .. } => {
                    unreachable!("invariant: convolutions and blocks stand before all of these")
                }
            };
        }
        x
    }

    /// From [`features`](Self::features) to logits.
    ///
    /// # Shapes
    /// `[batch, channels, rows, columns]` to `[batch, 10]`.
    pub fn head(&self, activation: Tensor<4>) -> Tensor<2> {
        let mut modules = self.modules();
        // The first batch norms are the convolutions'.
        modules.folds = modules.folds.map(|_| self.folds[self.convs.len()..].iter());
        let [batch, channels, rows, columns] = activation.dims();
        let (body, layers) = self.split_layers();
        let mut x: Tensor<2> = if layers.contains(&Layer::GlobalAveragePool) {
            activation
                .reshape([batch, channels, rows * columns])
                .mean_dim(2)
                .reshape([batch, channels])
        } else {
            activation.reshape([batch, channels * rows * columns])
        };
        // Dropout on the pixels themselves helps no network: augmentation alters them already.
        let mut is_image = body.is_empty();
        for layer in layers {
            let Layer::Dense { relu: has_relu, .. } = *layer else {
                continue;
            };
            let (dense, norm) = modules.dense(has_relu);
            if !std::mem::take(&mut is_image) {
                x = self.dropout.forward(x);
            }
            x = dense.forward(x); // [batch, output]
            if has_relu {
                x = norm_relu(x, norm);
            }
        }
        x
    }

    /// The layers up to and including the one that Grad-CAM uses, and the rest.
    fn split_layers(&self) -> (&'static [Layer], &'static [Layer]) {
        let layers = self.layers;
        layers.split_at(grad_cam_layer(layers).map_or(0, |last| last + 1))
    }

    fn modules(&self) -> Modules<'_> {
        Modules {
            convs: self.convs.iter(),
            blocks: self.blocks.iter(),
            dense: self.dense.iter(),
            folds: (!self.folds.is_empty()).then(|| self.folds.iter()),
        }
    }

    /// A network with the weights of a weights file.
    ///
    /// # Errors
    /// The file lacks a tensor of the table, or has it in another shape.
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
        let mut network = Self::new(layers, TrainingOptions::default(), device);
        network.load(values, device)?;
        Ok(network)
    }

    /// Replaces the values: one list for each of the table's training parameters, in their order.
    ///
    /// # Errors
    /// There are too few lists.
    pub fn load(&mut self, values: Vec<Vec<f32>>, device: &Device) -> Result<(), NetworkError> {
        let mut loader = Loader {
            count: values.len(),
            values: values.into_iter(),
            device,
        };
        let has_folds = !self.folds.is_empty();
        let mut convs = self.convs.iter_mut();
        let mut blocks = self.blocks.iter_mut();
        let mut dense = self.dense.iter_mut();
        let mut folds = self.folds.iter_mut();
        let mut next_fold = || folds.next().expect("invariant: a batch norm for each ReLU");
        for layer in self.layers {
            match layer {
                Layer::Conv { .. } => {
                    let conv = convs.next();
                    loader.conv(conv.expect("invariant: a module for each convolution"))?;
                    if has_folds {
                        loader.norm(next_fold())?;
                    }
                }
                Layer::ResBlock { .. } => {
                    let block = blocks.next();
                    let block = block.expect("invariant: a module for each block");
                    loader.conv(&mut block.conv1)?;
                    if let Some(norm) = &mut block.fold {
                        loader.norm(norm)?;
                    }
                    loader.norm(&mut block.norm1)?;
                    loader.conv(&mut block.conv2)?;
                    loader.norm(&mut block.norm2)?;
                }
                Layer::Dense { relu, .. } => {
                    let dense = dense.next();
                    loader.dense(dense.expect("invariant: a module for each dense layer"))?;
                    if *relu && has_folds {
                        loader.norm(next_fold())?;
                    }
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        Ok(())
    }

    /// The values: one list for each of the table's training parameters, in their order.
    ///
    /// # Errors
    /// A tensor could not be read from the device.
    pub fn values(&self) -> Result<Vec<Vec<f32>>, NetworkError> {
        let mut values = Values(Vec::new());
        self.visit(&mut values)?;
        Ok(values.0)
    }

    /// Visits every tensor, in the order of the table's training parameters.
    ///
    /// # Errors
    /// Those of the visitor.
    pub fn visit(&self, visitor: &mut impl TensorVisitor) -> Result<(), NetworkError> {
        let mut modules = self.modules();
        for layer in self.layers {
            match layer {
                Layer::Conv { .. } => {
                    let (conv, norm) = modules.conv();
                    visit_conv(conv, visitor)?;
                    visit_norm(norm, visitor)?;
                }
                Layer::ResBlock { .. } => {
                    let block = modules.block();
                    visit_conv(&block.conv1, visitor)?;
                    visit_norm(block.fold.as_ref(), visitor)?;
                    visit_norm(Some(&block.norm1), visitor)?;
                    visit_conv(&block.conv2, visitor)?;
                    visit_norm(Some(&block.norm2), visitor)?;
                }
                Layer::Dense { relu, .. } => {
                    let (dense, norm) = modules.dense(*relu);
                    visitor.parameter(dense.weight.val())?;
                    visitor.parameter(bias(&dense.bias))?;
                    visit_norm(norm, visitor)?;
                }
                Layer::MaxPool | Layer::GlobalAveragePool | Layer::Flatten => {}
            }
        }
        Ok(())
    }
}

/// Visits a network's tensors.
pub trait TensorVisitor {
    /// A weight or a bias, or a batch norm's scale or shift.
    ///
    /// # Errors
    /// The tensor could not be read from the device.
    fn parameter<const D: usize>(&mut self, tensor: Tensor<D>) -> Result<(), NetworkError>;

    /// A batch norm's running mean or variance.
    ///
    /// # Errors
    /// The tensor could not be read from the device.
    fn statistic(&mut self, tensor: Tensor<1>) -> Result<(), NetworkError>;
}

struct Values(Vec<Vec<f32>>);

impl TensorVisitor for Values {
    fn parameter<const D: usize>(&mut self, tensor: Tensor<D>) -> Result<(), NetworkError> {
        self.0.push(to_vec(tensor)?);
        Ok(())
    }

    fn statistic(&mut self, tensor: Tensor<1>) -> Result<(), NetworkError> {
        self.parameter(tensor)
    }
}

fn bias(bias: &Option<Param<Tensor<1>>>) -> Tensor<1> {
    let bias = bias.as_ref();
    bias.expect("invariant: every layer has a bias").val()
}

fn visit_conv(conv: &Conv2d, visitor: &mut impl TensorVisitor) -> Result<(), NetworkError> {
    visitor.parameter(conv.weight.val())?;
    visitor.parameter(bias(&conv.bias))
}

fn visit_norm(
    norm: Option<&BatchNorm>,
    visitor: &mut impl TensorVisitor,
) -> Result<(), NetworkError> {
    if let Some(norm) = norm {
        visitor.parameter(norm.gamma.val())?;
        visitor.parameter(norm.beta.val())?;
        visitor.statistic(norm.running_mean.value_sync())?;
        visitor.statistic(norm.running_var.value_sync())?;
    }
    Ok(())
}

/// Moves lists of values into modules, one list a tensor.
struct Loader<'a> {
    count: usize,
    values: std::vec::IntoIter<Vec<f32>>,
    device: &'a Device,
}

impl Loader<'_> {
    fn next(&mut self, shape: &[usize]) -> Result<TensorData, NetworkError> {
        let count = self.count;
        let values = self.values.next();
        let values = values.ok_or(NetworkError::TooFewValues { count })?;
        Ok(TensorData::new(values, shape.to_vec()))
    }

    fn conv(&mut self, conv: &mut Conv2d) -> Result<(), NetworkError> {
        let shape = conv.weight.val().dims();
        conv.weight = Param::from_data(self.next(&shape)?, self.device);
        conv.bias = Some(Param::from_data(self.next(&shape[..1])?, self.device));
        Ok(())
    }

    fn dense(&mut self, dense: &mut Linear) -> Result<(), NetworkError> {
        let shape = dense.weight.val().dims();
        dense.weight = Param::from_data(self.next(&shape)?, self.device);
        dense.bias = Some(Param::from_data(self.next(&shape[1..])?, self.device));
        Ok(())
    }

    fn norm(&mut self, norm: &mut BatchNorm) -> Result<(), NetworkError> {
        let shape = norm.gamma.val().dims();
        norm.gamma = Param::from_data(self.next(&shape)?, self.device);
        norm.beta = Param::from_data(self.next(&shape)?, self.device);
        norm.running_mean = RunningState::new(Tensor::from_data(self.next(&shape)?, self.device));
        norm.running_var = RunningState::new(Tensor::from_data(self.next(&shape)?, self.device));
        Ok(())
    }
}

/// Standardised images as a tensor.
///
/// # Shapes
/// `pixels` holds `batch * 784` numbers; the tensor is `[batch, 1, 28, 28]`.
pub fn image_batch(pixels: Vec<f32>, device: &Device) -> Tensor<4> {
    let batch = pixels.len() / (SIDE * SIDE);
    Tensor::from_data(TensorData::new(pixels, [batch, 1, SIDE, SIDE]), device)
}

/// A tensor's values, in their order.
///
/// # Errors
/// The tensor could not be read from the device.
pub fn to_vec<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, NetworkError> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .map_err(|e| NetworkError::Read(format!("{e:?}")))
}
