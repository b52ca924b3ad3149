//! Whether a picture is one of the ten at all: how far it is from everything the models have learned from.
//!
//! A picture's features are measured against the training pictures': where they lie along the directions in which those differ
//! most (principal components), how far beyond the usual in each range of these, how far outside all of them, and how far from
//! the nearest classes' middles (Mahalanobis distances: Lee et al. 2018, arXiv 1807.03888). A small network, shown garments
//! and all sorts of other things (outlier exposure: Hendrycks et al. 2018, arXiv 1812.04606), weighs these up.

use alloc::{vec, vec::Vec};

use super::ModelError;
use super::linear::Linear;
use super::tensors::Tensors;
use crate::artifact::Artifact;
use crate::features::{DIMENSIONS, Sample};
use crate::garment::CLASSES;

/// The name in files, where a model's stands otherwise.
pub const NAME: &str = "novelty";

/// Principal components that are looked along.
pub const COMPONENTS: usize = 64;
/// Ranges of components, by their ends, each with a distance of its own.
pub const RANGES: [usize; 4] = [8, 16, 32, 64];
/// Distances beside the components: the whole, the ranges', the rest's, and those to the two nearest classes.
pub const DISTANCES: usize = RANGES.len() + 4;
/// Numbers that the network weighs.
pub const INPUTS: usize = COMPONENTS + DISTANCES;
/// Its hidden units.
pub const HIDDEN: usize = 32;
/// Keeps logarithms from what is exactly average.
const LEAST: f32 = 1e-3;

/// Measures a picture against the training pictures.
pub struct DistanceFeatures {
    /// To the components, each divided by its standard deviation.
    components: Linear,
    /// `[64]`.
    variances: Vec<f32>,
    /// `[DIMENSIONS]`.
    mean: Vec<f32>,
    /// `[64, 64]`: from components to where the scatter within the classes is 1 in every direction.
    whitening: Vec<f32>,
    /// `[10, 64]`, there.
    middles: Vec<f32>,
}

impl DistanceFeatures {
    /// From `components` `[64, input]`, `offset` `[64]`, `variances` `[64]`, `mean` `[input]`, `whitening` `[64, 64]` and
    /// `middles` `[10, 64]`.
    ///
    /// # Errors
    /// The artifact is another's, lacks a tensor, or holds one that makes no sense.
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
            middles: tensors.values("middles", &[CLASSES, COMPONENTS])?.to_vec(),
        })
    }

    /// A picture's components, then the logarithms of its distances.
    ///
    /// # Shapes
    /// `[INPUTS]`
    pub fn compute(&self, sample: &Sample) -> Vec<f32> {
        let mut measures = self.components.apply(sample);
        let pairs = sample.features().iter().zip(&self.mean);
        let whole: f32 = pairs.map(|(x, m)| (x - m) * (x - m)).sum();
        let variances = measures.iter().zip(&self.variances);
        let inside: f32 = variances.map(|(z, v)| z * z * v).sum();
        let mut distances = vec![whole];
        let mut start = 0;
        for end in RANGES {
            let squares = measures[start..end].iter().map(|z| z * z);
            distances.push(squares.sum::<f32>() / (end - start) as f32);
            start = end;
        }
        distances.push((whole - inside).max(0.0));
        distances.extend(self.nearest(&measures));
        measures.extend(distances.iter().map(|d| libm::logf(d + LEAST)));
        measures
    }

    /// The squared distances to the two nearest classes, the nearest first.
    fn nearest(&self, components: &[f32]) -> [f32; 2] {
        let mut place = [0.0f32; COMPONENTS];
        for (z, row) in components
            .iter()
            .zip(self.whitening.chunks_exact(COMPONENTS))
        {
            for (sum, weight) in place.iter_mut().zip(row) {
                *sum += z * weight;
            }
        }
        let mut nearest = [f32::INFINITY; 2];
        for middle in self.middles.chunks_exact(COMPONENTS) {
            let pairs = place.iter().zip(middle);
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

/// Tells what the models know from what they do not.
pub struct NoveltyDetector {
    yardstick: DistanceFeatures,
    /// `[32, INPUTS]`, `[32]`.
    hidden: Vec<f32>,
    hidden_bias: Vec<f32>,
    /// `[32]`, and the bias, from which the threshold has been taken.
    output: Vec<f32>,
    bias: f32,
}

impl NoveltyDetector {
    /// From the yardstick's tensors, `hidden` `[32, INPUTS]`, `hidden_bias` `[32]`, `output` `[32]` and `bias` `[1]`.
    ///
    /// # Errors
    /// The artifact is another's, lacks a tensor, or holds one that makes no sense.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::with_name(NAME, artifact)?;
        Ok(Self {
            yardstick: DistanceFeatures::new(artifact)?,
            hidden: tensors.values("hidden", &[HIDDEN, INPUTS])?.to_vec(),
            hidden_bias: tensors.values("hidden_bias", &[HIDDEN])?.to_vec(),
            output: tensors.values("output", &[HIDDEN])?.to_vec(),
            bias: tensors.values("bias", &[1])?[0],
        })
    }

    /// How much a picture differs from all that was learned from; above zero, it is none of the ten.
    pub fn score(&self, sample: &Sample) -> f32 {
        let measures = self.yardstick.compute(sample);
        let rows = self.hidden.chunks_exact(INPUTS);
        let units = rows.zip(&self.hidden_bias).map(|(row, bias)| {
            let pairs = row.iter().zip(&measures);
            (bias + pairs.map(|(w, m)| w * m).sum::<f32>()).max(0.0)
        });
        let pairs = units.zip(&self.output);
        self.bias + pairs.map(|(unit, weight)| unit * weight).sum::<f32>()
    }

    /// Whether a picture may be one of the ten.
    pub fn is_known(&self, sample: &Sample) -> bool {
        // What is no number is not known.
        self.score(sample) <= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grey28;
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

    /// Component `i` is feature `first + i`, of variance 4; classes lie at their number along the first.
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

    fn lit(pixels: usize) -> Sample {
        let place = |i: usize| if i < pixels { 255 } else { 0 };
        Sample::new(Grey28::new(core::array::from_fn(place)))
    }

    #[test]
    fn distances_are_what_their_names_say() {
        // The first pixels' features are the last components but for the histograms before them.
        let pixels = DIMENSIONS - PIXELS;
        let yardstick = DistanceFeatures::new(&artifact(pixels)).unwrap();
        let sample = lit(20);
        let measures = yardstick.compute(&sample);
        let value = sample.features()[pixels];
        assert!((measures[3] - value / 2.0).abs() < 1e-6 && measures[20] == 0.0);
        let squared = |x: f32| libm::logf(x + LEAST);
        let whole: f32 = sample.features().iter().map(|x| x * x).sum();
        let half = value * value / 4.0;
        let expected = [
            squared(whole),
            squared(half),
            squared(half),
            squared(half * 4.0 / 16.0),
            squared(0.0),
            squared(whole - 20.0 * value * value),
            // 20 components of half the value; along the first, class 0 is nearest, then class 1.
            squared(20.0 * half),
            squared(20.0 * half + 1.0 - value),
        ];
        for (found, expected) in measures[COMPONENTS..].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{measures:?}");
        }
    }

    #[test]
    fn what_is_far_is_strange() {
        // ln(d + 0.001) + 10 > 12 where the squared length is above e^2.
        let novelty = NoveltyDetector::new(&artifact(0)).unwrap();
        let length = |s: &Sample| s.features().iter().map(|x| x * x).sum::<f32>();
        let (dark, bright) = (lit(0), lit(400));
        assert!(
            length(&dark) < 7.3 && length(&bright) > 7.5,
            "{}",
            length(&bright)
        );
        assert!(novelty.is_known(&dark) && !novelty.is_known(&bright));
    }

    #[test]
    fn damage_is_refused() {
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
