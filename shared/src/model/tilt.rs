//! The tilt estimator: a small network that estimates by how many degrees a garment is tilted.
//!
//! Its inputs are the differences between an image's histograms of oriented gradients and those of its mirror image. It has no
//! biases, so the estimate for the mirror image is the negative one, up to rounding.

use alloc::vec::Vec;

use super::tensors::{ModelError, Tensors};
use crate::artifact::Artifact;
use crate::features::hog::{self, CELLS, ORIENTATIONS};
use crate::image::{Grey28, SIDE};
use crate::simd::dot;

/// The name in the weights file.
pub const NAME: &str = "tilt";
/// Hidden units.
pub const HIDDEN: usize = 32;
/// Inputs of the network: one for each pair of a feature and its mirrored feature, of the scales with larger cells.
pub const INPUTS: usize = pairs(SIDE / CELLS[1]) + pairs(SIDE / CELLS[2]);
/// The first feature of these scales.
const FIRST: usize = (SIDE / CELLS[0]) * (SIDE / CELLS[0]) * ORIENTATIONS;

/// Estimates by how many degrees a garment is tilted.
pub struct TiltEstimator {
    /// `[HIDDEN, INPUTS]`.
    hidden: Vec<f32>,
    /// `[HIDDEN]`.
    output: Vec<f32>,
    /// `[INPUTS]`: the weights that connect the inputs with the output directly.
    linear: Vec<f32>,
}

impl TiltEstimator {
    /// From `hidden` `[HIDDEN, INPUTS]`, `output` `[HIDDEN]` and `linear` `[INPUTS]`.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
    pub fn new(artifact: &Artifact) -> Result<Self, ModelError> {
        let tensors = Tensors::with_name(NAME, artifact)?;
        Ok(Self {
            hidden: tensors.values("hidden", &[HIDDEN, INPUTS])?.to_vec(),
            output: tensors.values("output", &[HIDDEN])?.to_vec(),
            linear: tensors.values("linear", &[INPUTS])?.to_vec(),
        })
    }

    /// Degrees by which the garment is tilted, clockwise. Tilts up to 25 degrees were learned; the estimate for a garment on its
    /// side means nothing.
    pub fn estimate(&self, image: &Grey28) -> f32 {
        let inputs = inputs(image);
        let units = self.hidden.chunks_exact(INPUTS).zip(&self.output);
        let curved: f32 = units
            .map(|(weights, output)| output * libm::tanhf(dot(weights, &inputs)))
            .sum();
        curved + dot(&self.linear, &inputs)
    }
}

/// The network's inputs.
///
/// # Shapes
/// `[INPUTS]`.
pub fn inputs(image: &Grey28) -> Vec<f32> {
    let features = hog::descriptor(image);
    mirrored_features()
        .enumerate()
        .map(|(i, mirrored)| (FIRST + i, mirrored))
        .filter(|(feature, mirrored)| feature < mirrored)
        .map(|(feature, mirrored)| features[feature] - features[mirrored])
        .collect()
}

/// For each feature from [`FIRST`] on, the feature that it becomes in the mirror image.
fn mirrored_features() -> impl Iterator<Item = usize> {
    let scales = CELLS[1..].iter().scan(FIRST, |start, cell| {
        let side = SIDE / cell;
        let first = *start;
        *start += side * side * ORIENTATIONS;
        Some((first, side))
    });
    scales.flat_map(|(first, side)| {
        (0..side * side * ORIENTATIONS).map(move |i| {
            let (cell, orientation) = (i / ORIENTATIONS, i % ORIENTATIONS);
            let (row, column) = (cell / side, cell % side);
            // Mirroring negates a gradient's horizontal part: an angle becomes half a circle minus the angle.
            let mirrored = (ORIENTATIONS + ORIENTATIONS / 2 - orientation) % ORIENTATIONS;
            first + (row * side + side - 1 - column) * ORIENTATIONS + mirrored
        })
    })
}

/// The pairs of a scale with so many cells along each edge. Of an odd number, the upward and the downward gradients in the middle
/// column are their own mirror images.
const fn pairs(side: usize) -> usize {
    let unpaired = 2 * (side % 2) * side;
    (side * side * ORIENTATIONS - unpaired) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Storage, Tensor};
    use crate::features::orientation::mirrored;
    use alloc::vec;

    /// A bar through the centre, tilted clockwise.
    fn bar(degrees: f32) -> Grey28 {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Grey28::new(core::array::from_fn(|i| {
            let x = (i % SIDE) as f32 - 13.5;
            let y = (i / SIDE) as f32 - 13.5;
            let (along, across) = (y * cos - x * sin, x * cos + y * sin);
            if along.abs() < 12.0 && across.abs() < 4.0 {
                200
            } else {
                0
            }
        }))
    }

    fn estimator() -> TiltEstimator {
        let values = |count: usize, step: usize| {
            let value = move |i: usize| ((i * step) % 17) as f32 / 17.0 - 0.5;
            (0..count).map(value).collect::<Vec<_>>()
        };
        let tensor = |name: &str, shape: &[usize], step: usize| Tensor {
            name: name.into(),
            shape: shape.to_vec(),
            storage: Storage::F32,
            values: values(shape.iter().product(), step),
        };
        TiltEstimator::new(&Artifact {
            model: NAME.into(),
            tensors: vec![
                tensor("hidden", &[HIDDEN, INPUTS], 5),
                tensor("output", &[HIDDEN], 3),
                tensor("linear", &[INPUTS], 7),
            ],
        })
        .unwrap()
    }

    #[test]
    fn the_inputs_of_the_mirror_image_are_negated() {
        for degrees in [-12.0, 3.0, 20.0] {
            let image = bar(degrees);
            let (one, other) = (inputs(&image), inputs(&mirrored(&image)));
            assert_eq!(one.len(), INPUTS);
            assert!(one.iter().any(|v| v.abs() > 0.1));
            assert!(one.iter().zip(&other).all(|(a, b)| (a + b).abs() < 1e-4));
        }
    }

    #[test]
    fn the_tilt_of_the_mirror_image_is_negated() {
        let estimator = estimator();
        let image = bar(9.0);
        let tilt = estimator.estimate(&image);
        assert!(tilt.abs() > 0.01);
        assert!((tilt + estimator.estimate(&mirrored(&image))).abs() < 1e-3);
        assert!(estimator.estimate(&bar(0.0)).abs() < 1e-3);
    }

    #[test]
    fn another_file_is_refused() {
        let artifact = Artifact {
            model: "novelty".into(),
            tensors: Vec::new(),
        };
        assert!(TiltEstimator::new(&artifact).is_err());
    }
}
