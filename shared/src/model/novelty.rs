//! The novelty detector: whether an image shows one of the ten classes at all.
//!
//! Its inputs are a sample's principal components and its distances to the training data: over all features, within ranges of
//! components, outside of all components, and the Mahalanobis distances to the nearest class means (Lee et al. 2018,
//! arXiv 1807.03888). A small network classifies them; it was trained on garments and on many other images (outlier exposure:
//! Hendrycks et al. 2018, arXiv 1812.04606).

use alloc::{vec, vec::Vec};

use super::linear::Linear;
use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::features::{DIMENSIONS, Sample};
use crate::garment::CLASSES;
use crate::image::{Grey28, SIDE};

/// The name in file names.
pub const NAME: &str = "novelty";

/// Principal components.
pub const COMPONENTS: usize = 64;
/// The ends of the ranges of components, each of which has its own distance.
pub const RANGES: [usize; 4] = [8, 16, 32, 64];
/// The distances: over all features, one per range, outside of the components, and to the two nearest classes.
pub const DISTANCES: usize = RANGES.len() + 4;
/// Inputs of the network.
pub const INPUTS: usize = COMPONENTS + DISTANCES;
/// Hidden units of the network.
pub const HIDDEN: usize = 64;
/// Added to a distance before the logarithm.
const FLOOR: f32 = 1e-3;

/// Computes the network's inputs: components and distances.
pub struct DistanceFeatures {
    /// The projection to the components, each divided by its standard deviation.
    components: Linear,
    /// `[64]`.
    variances: Vec<f32>,
    /// `[DIMENSIONS]`.
    mean: Vec<f32>,
    /// `[64, 64]`: from the components to a space where the covariance within the classes is the identity.
    whitening: Vec<f32>,
    /// `[10, 64]`, in that space.
    class_means: Vec<f32>,
}

impl DistanceFeatures {
    /// From `components` `[64, input]`, `offset` `[64]`, `variances` `[64]`, `mean` `[input]`, `whitening` `[64, 64]` and
    /// `middles` `[10, 64]` (the class means).
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::with_name(NAME, artifact)?;
        let components = Linear::new(&tensors, "components", "offset", Some(COMPONENTS))?;
        let variances = tensors.values("variances", &[COMPONENTS])?;
        if variances.iter().any(|&v| v < 0.0) {
            return Err(tensors.malformed("a variance is negative"));
        }
        Ok(Self {
            components,
            variances: variances.to_vec(),
            mean: tensors.values("mean", &[DIMENSIONS])?.to_vec(),
            whitening: tensors
                .values("whitening", &[COMPONENTS, COMPONENTS])?
                .to_vec(),
            class_means: tensors.values("middles", &[CLASSES, COMPONENTS])?.to_vec(),
        })
    }

    /// A sample's components, then the logarithms of its distances.
    ///
    /// # Shapes
    /// `[INPUTS]`.
    pub fn compute(&self, sample: &Sample) -> Vec<f32> {
        let mut inputs = self.components.apply(sample);
        let pairs = sample.features().iter().zip(&self.mean);
        let whole: f32 = pairs.map(|(x, m)| (x - m) * (x - m)).sum();
        let variances = inputs.iter().zip(&self.variances);
        let inside: f32 = variances.map(|(z, v)| z * z * v).sum();
        let mut distances = vec![whole];
        let mut start = 0;
        for end in RANGES {
            let squares = inputs[start..end].iter().map(|z| z * z);
            distances.push(squares.sum::<f32>() / (end - start) as f32);
            start = end;
        }
        distances.push((whole - inside).max(0.0));
        distances.extend(self.nearest_classes(&inputs));
        inputs.extend(distances.iter().map(|d| libm::logf(d + FLOOR)));
        inputs
    }

    /// The squared Mahalanobis distances to the two nearest class means, the nearest first.
    fn nearest_classes(&self, components: &[f32]) -> [f32; 2] {
        let mut whitened = [0.0f32; COMPONENTS];
        for (z, row) in components
            .iter()
            .zip(self.whitening.chunks_exact(COMPONENTS))
        {
            for (sum, weight) in whitened.iter_mut().zip(row) {
                *sum += z * weight;
            }
        }
        let mut nearest = [f32::INFINITY; 2];
        for mean in self.class_means.chunks_exact(COMPONENTS) {
            let pairs = whitened.iter().zip(mean);
            let squared: f32 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
            if squared < nearest[0] {
                nearest = [squared, nearest[0]];
            } else if squared < nearest[1] {
                nearest[1] = squared;
            }
        }
        nearest
    }
}

/// The novelty detector.
pub struct NoveltyDetector {
    distances: DistanceFeatures,
    /// `[64, INPUTS]`, `[64]`.
    hidden: Vec<f32>,
    hidden_bias: Vec<f32>,
    /// `[64]`; the threshold is part of `bias`.
    output: Vec<f32>,
    bias: f32,
}

impl NoveltyDetector {
    /// From the tensors of [`DistanceFeatures::new`], `hidden` `[64, INPUTS]`, `hidden_bias` `[64]`, `output` `[64]` and `bias` `[1]`.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::with_name(NAME, artifact)?;
        Ok(Self {
            distances: DistanceFeatures::new(artifact)?,
            hidden: tensors.values("hidden", &[HIDDEN, INPUTS])?.to_vec(),
            hidden_bias: tensors.values("hidden_bias", &[HIDDEN])?.to_vec(),
            output: tensors.values("output", &[HIDDEN])?.to_vec(),
            bias: tensors.values("bias", &[1])?[0],
        })
    }

    /// The novelty score of a sample; above zero, it is none of the ten classes.
    pub fn score(&self, sample: &Sample) -> f32 {
        let inputs = self.distances.compute(sample);
        let rows = self.hidden.chunks_exact(INPUTS);
        let units = rows.zip(&self.hidden_bias).map(|(row, bias)| {
            let pairs = row.iter().zip(&inputs);
            (bias + pairs.map(|(w, x)| w * x).sum::<f32>()).max(0.0)
        });
        let pairs = units.zip(&self.output);
        self.bias + pairs.map(|(unit, weight)| unit * weight).sum::<f32>()
    }

    /// Whether a sample may be one of the ten classes.
    pub fn is_known(&self, sample: &Sample) -> bool {
        // False if the score is NaN.
        self.score(sample) <= 0.0
    }

    /// For an image that is none of the ten classes: the right angle, in degrees clockwise, by which it can be rotated so that
    /// it may be one of them; the one with the lowest score if there are several.
    pub fn known_rotation(&self, sample: &Sample) -> Option<u16> {
        let mut rotated = sample.grey().clone();
        let mut best = None;
        for degrees in [90, 180, 270] {
            rotated = rotated_90(&rotated);
            let score = self.score(&Sample::new(rotated.clone()));
            if score <= best.map_or(0.0, |(lowest, _)| lowest) {
                best = Some((score, degrees));
            }
        }
        best.map(|(_, degrees)| degrees)
    }
}

/// An image rotated clockwise by a right angle.
fn rotated_90(image: &Grey28) -> Grey28 {
    let pixels = image.pixels();
    Grey28::new(core::array::from_fn(|i| {
        pixels[(SIDE - 1 - i % SIDE) * SIDE + i / SIDE]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Storage, Tensor};
    use crate::image::PIXELS;

    fn tensor(name: &str, shape: &[usize], values: Vec<f32>) -> Tensor {
        Tensor {
            name: name.into(),
            shape: shape.to_vec(),
            storage: Storage::F32,
            values,
        }
    }

    /// Component `i` is feature `first + i` with variance 4; the mean of class `c` is `c` along the first component.
    fn artifact(first: usize) -> Artifact {
        let unit = |i: usize, wide: usize, at: usize, value: f32| {
            (0..wide).map(move |j| if j == at { value } else { f32::from(i > 999) })
        };
        let components = (0..COMPONENTS).flat_map(|i| unit(i, DIMENSIONS, first + i, 0.5));
        let whitening = (0..COMPONENTS).flat_map(|i| unit(i, COMPONENTS, i, 1.0));
        let middles = (0..CLASSES).flat_map(|c| unit(c, COMPONENTS, 0, c as f32));
        Artifact {
            model: NAME.into(),
            tensors: vec![
                tensor(
                    "components",
                    &[COMPONENTS, DIMENSIONS],
                    components.collect(),
                ),
                tensor("offset", &[COMPONENTS], vec![0.0; COMPONENTS]),
                tensor("variances", &[COMPONENTS], vec![4.0; COMPONENTS]),
                tensor("mean", &[DIMENSIONS], vec![0.0; DIMENSIONS]),
                tensor("whitening", &[COMPONENTS, COMPONENTS], whitening.collect()),
                tensor("middles", &[CLASSES, COMPONENTS], middles.collect()),
                // One unit: the logarithm of the whole distance.
                tensor(
                    "hidden",
                    &[HIDDEN, INPUTS],
                    unit(0, HIDDEN * INPUTS, COMPONENTS, 1.0).collect(),
                ),
                tensor("hidden_bias", &[HIDDEN], vec![10.0; HIDDEN]),
                tensor("output", &[HIDDEN], unit(0, HIDDEN, 0, 1.0).collect()),
                tensor("bias", &[1], vec![-12.0]),
            ],
        }
    }

    fn white_pixels(pixels: usize) -> Sample {
        let place = |i: usize| if i < pixels { 255 } else { 0 };
        Sample::new(Grey28::new(core::array::from_fn(place)))
    }

    #[test]
    fn distances_match_their_definitions() {
        // The pixels are the features after the histograms.
        let pixels = DIMENSIONS - PIXELS;
        let distances = DistanceFeatures::new(&artifact(pixels)).unwrap();
        // A row, which is its own mirror image.
        let sample = white_pixels(SIDE);
        let inputs = distances.compute(&sample);
        let value = sample.features()[pixels];
        assert!((inputs[3] - value / 2.0).abs() < 1e-6 && inputs[40] == 0.0);
        let squared = |x: f32| libm::logf(x + FLOOR);
        let whole: f32 = sample.features().iter().map(|x| x * x).sum();
        let half = value * value / 4.0;
        let expected = [
            squared(whole),
            squared(half),
            squared(half),
            squared(half * 12.0 / 16.0),
            squared(0.0),
            squared(whole - 28.0 * value * value),
            // 28 components of half the value; class 0 is nearest along the first component, then class 1.
            squared(28.0 * half),
            squared(28.0 * half + 1.0 - value),
        ];
        for (found, expected) in inputs[COMPONENTS..].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{inputs:?}");
        }
    }

    #[test]
    fn a_sample_far_from_the_training_data_is_novel() {
        // ln(d + 0.001) + 10 > 12 where the squared length is above e^2.
        let novelty = NoveltyDetector::new(&artifact(0)).unwrap();
        let length = |s: &Sample| s.features().iter().map(|x| x * x).sum::<f32>();
        let (dark, bright) = (white_pixels(0), white_pixels(400));
        assert!(
            length(&dark) < 7.3 && length(&bright) > 7.5,
            "{}",
            length(&bright)
        );
        assert!(novelty.is_known(&dark) && !novelty.is_known(&bright));
    }

    #[test]
    fn the_rotation_that_makes_an_image_known_is_found() {
        let clockwise = rotated_90(&Grey28::new(core::array::from_fn(|i| (i == 1) as u8)));
        assert_eq!(clockwise.pixels()[SIDE + SIDE - 1], 1);
        // Known is what has bright pixels in its lower half: component 0 is one of them.
        let pixels = DIMENSIONS - PIXELS;
        let mut artifact = artifact(pixels + 20 * SIDE);
        let tensor = |artifact: &mut Artifact, name: &str, values: Vec<f32>| {
            let tensor = artifact
                .tensors
                .iter_mut()
                .find(|t| t.name == name)
                .unwrap();
            tensor.values = values;
        };
        let first_only = (0..HIDDEN * INPUTS).map(|i| f32::from(u8::from(i == 0)));
        tensor(&mut artifact, "hidden", first_only.collect());
        tensor(&mut artifact, "hidden_bias", vec![0.0; HIDDEN]);
        let minus = (0..HIDDEN).map(|i| -f32::from(u8::from(i == 0)));
        tensor(&mut artifact, "output", minus.collect());
        tensor(&mut artifact, "bias", vec![0.1]);
        let novelty = NoveltyDetector::new(&artifact).unwrap();
        let lower = Grey28::new(core::array::from_fn(
            |i| if i >= 14 * SIDE { 255 } else { 0 },
        ));
        assert!(novelty.is_known(&Sample::new(lower.clone())));
        let upside_down = rotated_90(&rotated_90(&lower));
        assert_eq!(novelty.known_rotation(&Sample::new(upside_down)), Some(180));
        let left = rotated_90(&lower);
        assert_eq!(novelty.known_rotation(&Sample::new(left)), Some(270));
    }

    #[test]
    fn rejects_invalid_tensors() {
        for (name, values) in [
            ("variances", vec![-1.0; COMPONENTS]),
            ("bias", vec![f32::NAN]),
            ("hidden", vec![0.0; 3]),
        ] {
            let mut damaged = artifact(0);
            let tensor = damaged.tensors.iter_mut().find(|t| t.name == name).unwrap();
            tensor.shape = match values.len() {
                3 => vec![3],
                _ => tensor.shape.clone(),
            };
            tensor.values = values;
            assert!(NoveltyDetector::new(&damaged).is_err(), "{name}");
        }
    }
}
