//! The photo network against independent implementations: PyTorch (`golden/photo_network.py`) and burn; and the gradients of
//! fine-tuning against burn's autodiff.

use burn::tensor::activation::log_softmax;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use cpu_backend::photo_network::{FineTuning, FineTuningConfig, PhotoBatch, Target};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use shared::artifact::Artifact;
use shared::image::RgbaImage;
use shared::model::PHOTO_CLASSES;
use shared::model::photo_network::{ConvLayer, Kernel, Shortcut, convolutions, parameters};
use shared::plan::photo::{PhotoNetwork, standardise};
use tests::distance;
use trainer::weights_store::WeightsStore;

/// How far logits may be from the reference's and from burn's.
const LOGITS: f32 = 1e-3;
/// How far the gradients of a tensor may be from burn's, as a share of the largest.
const GRADIENTS: f32 = 2e-3;

#[derive(Deserialize)]
struct Golden {
    command: String,
    weights_sha256: String,
    side: u32,
    logits: Vec<[f32; PHOTO_CLASSES]>,
}

fn store() -> WeightsStore {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../weights");
    WeightsStore::new(std::env::var("HABERDASH_WEIGHTS").unwrap_or_else(|_| default.into()))
}

fn artifact() -> (Vec<u8>, Artifact) {
    let bytes = store().bytes("photo").expect("weights/photo.hbd is there");
    let artifact = Artifact::from_bytes(&bytes).expect("the weights are valid");
    (bytes, artifact)
}

/// The images of `golden/photo_network.py`: patterns of several scales, different in each channel.
fn image(number: u32, side: u32) -> RgbaImage {
    RgbaImage::from_fn(side, side, |x, y| {
        let [red, green, blue] = core::array::from_fn(|c| {
            let c = c as u32;
            let fine = x * (1 + number) + y * (2 + c);
            let coarse = (x / 16) * 37 + (y / 16) * (53 + 11 * number);
            ((fine + coarse * (c + 1)) % 256) as u8
        });
        [red, green, blue, 255]
    })
}

#[test]
fn agrees_with_pytorch_and_burn() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/photo_network.json"))
        .expect("the reference is valid");
    let (bytes, artifact) = artifact();
    let hash: String = Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(
        hash, golden.weights_sha256,
        "the reference is of other weights: run {}",
        golden.command
    );
    let mut network = PhotoNetwork::new(&artifact).expect("the weights fit");
    let weights: Vec<Vec<f32>> = artifact.tensors.iter().map(|t| t.values.clone()).collect();
    let burn = BurnNetwork::new(&weights, &Device::flex());
    for (number, expected) in (0..).zip(&golden.logits) {
        let image = image(number, golden.side);
        let ours = network.logits(&image);
        let worst = distance::difference(&ours, expected);
        let theirs = burn
            .logits(&[image])
            .into_data()
            .try_to_vec::<f32>()
            .expect("floats");
        let from_burn = distance::difference(&ours, &theirs);
        println!(
            "image {number}: PyTorch's logits within {worst:.1e}, burn's within {from_burn:.1e}"
        );
        assert!(worst < LOGITS && from_burn < LOGITS, "image {number}");
    }
}

#[test]
fn gradients_are_autodiffs() {
    let (_, artifact) = artifact();
    let weights: Vec<Vec<f32>> = artifact.tensors.iter().map(|t| t.values.clone()).collect();
    let weights = &weights[..parameters().len()];
    let images = [0, 1, 2].map(|number| image(number, 64));
    let labels = [3, 8, 13];
    let config = FineTuningConfig {
        weight_decay: 0.0,
        ema_decay: 0.0,
        dense_rate: 1.0,
        dropout: 0.0,
        label_smoothing: 0.0,
    };
    let scales: Vec<Vec<f32>> = convolutions().iter().map(|l| vec![1.0; l.output]).collect();
    let mut ours = FineTuning::new(config, weights, &scales);
    let mut pixels = Vec::new();
    for image in &images {
        let mut own = Vec::new();
        standardise(image, &mut own);
        pixels.extend(own);
    }
    let batch = PhotoBatch {
        side: 64,
        pixels,
        targets: labels.map(|label| Target::new([label])).to_vec(),
    };
    let loss = ours.train_step(&batch, 0.0, 1);

    let device = Device::flex().autodiff();
    let network = BurnNetwork::new(weights, &device).require_grad();
    let log = log_softmax(network.logits(&images), 1);
    let own: Vec<Tensor<1>> = labels
        .iter()
        .enumerate()
        .map(|(i, &label)| log.clone().slice([i..i + 1, label..label + 1]).reshape([1]))
        .collect();
    let burn_loss = Tensor::cat(own, 0).mean().neg();
    let gradients = burn_loss.backward();
    let burn_loss: f32 = burn_loss.into_scalar();
    assert!(
        (loss - f64::from(burn_loss)).abs() < 1e-3,
        "{loss} {burn_loss}"
    );
    let mut worst = 0.0_f32;
    for ((name, _), (own, tensor)) in parameters()
        .iter()
        .zip(ours.gradients().iter().zip(network.tensors()))
    {
        let expected = tensor.gradient(&gradients);
        let apart = distance::relative_difference(own, &expected);
        assert!(apart < GRADIENTS, "{name}: {apart}");
        worst = worst.max(apart);
    }
    println!("gradients within {worst:.1e} of the largest of their tensor");
}

/// Weight or bias.
enum Parameter {
    Weight(Tensor<4>),
    Bias(Tensor<1>),
}

impl Parameter {
    fn gradient(&self, gradients: &burn::tensor::Gradients) -> Vec<f32> {
        let data = match self {
            Self::Weight(tensor) => tensor.grad(gradients).map(|g| g.into_data()),
            Self::Bias(tensor) => tensor.grad(gradients).map(|g| g.into_data()),
        };
        data.expect("a gradient").try_to_vec().expect("floats")
    }
}

/// The network by burn's convolutions.
struct BurnNetwork {
    layers: Vec<ConvLayer>,
    /// Weight and bias of each convolution, then of the dense layer as a 1x1 convolution.
    weights: Vec<(Tensor<4>, Tensor<1>)>,
    device: Device,
}

impl BurnNetwork {
    fn new(values: &[Vec<f32>], device: &Device) -> Self {
        let layers = convolutions();
        let weights = values.as_chunks::<2>().0.iter().enumerate();
        let weights = weights.take(layers.len() + 1).map(|(i, [weight, bias])| {
            let output = bias.len();
            let size = layers.get(i).map_or(1, ConvLayer::size);
            let input = weight.len() / output / size / size;
            let weight = TensorData::new(weight.clone(), [output, input, size, size]);
            let bias = TensorData::new(bias.clone(), [output]);
            (
                Tensor::from_data(weight, device),
                Tensor::from_data(bias, device),
            )
        });
        Self {
            weights: weights.collect(),
            layers,
            device: device.clone(),
        }
    }

    fn require_grad(mut self) -> Self {
        self.weights = self
            .weights
            .into_iter()
            .map(|(weight, bias)| (weight.require_grad(), bias.require_grad()))
            .collect();
        self
    }

    fn tensors(&self) -> Vec<Parameter> {
        let pairs = self.weights.iter();
        pairs
            .flat_map(|(w, b)| [Parameter::Weight(w.clone()), Parameter::Bias(b.clone())])
            .collect()
    }

    fn logits(&self, images: &[RgbaImage]) -> Tensor<2> {
        let side = images[0].width() as usize;
        let mut pixels = Vec::new();
        for image in images {
            let mut own = Vec::new();
            standardise(image, &mut own);
            pixels.extend(own);
        }
        let data = TensorData::new(pixels, [images.len(), side, side, 3]);
        let mut x = Tensor::<4>::from_data(data, &self.device).permute([0, 3, 1, 2]);
        let mut saved = x.clone();
        for (layer, (weight, bias)) in self.layers.iter().zip(&self.weights) {
            if layer.shortcut == Shortcut::Start {
                saved = x.clone();
            }
            let side = x.dims()[2];
            let output = side.div_ceil(layer.stride);
            let padding = ((output - 1) * layer.stride + layer.size()).saturating_sub(side);
            let before = padding / 2;
            let after = padding - before;
            if padding > 0 {
                x = x.pad((before, after, before, after), 0.0);
            }
            let groups = match layer.kernel {
                Kernel::Depthwise { .. } => layer.input,
                Kernel::Stem | Kernel::Pointwise => 1,
            };
            let stride = [layer.stride, layer.stride];
            let options = ConvOptions::new(stride, [0, 0], [1, 1], groups);
            x = conv2d(x, weight.clone(), Some(bias.clone()), options);
            if layer.relu6 {
                x = x.clamp(0.0, 6.0);
            }
            if layer.shortcut == Shortcut::End {
                x = x + saved.clone();
            }
        }
        let means = x.mean_dim(3).mean_dim(2);
        let (weight, bias) = &self.weights[self.layers.len()];
        let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
        let logits = conv2d(means, weight.clone(), Some(bias.clone()), options);
        logits.reshape([images.len(), PHOTO_CLASSES])
    }
}
