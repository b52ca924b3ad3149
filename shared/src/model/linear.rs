//! An affine map of a picture's description: the classical models' way in.

use alloc::{vec, vec::Vec};

use super::ModelError;
use super::tensors::Tensors;
use crate::features::{DIMENSIONS, Sample};
use crate::image::PIXELS;

/// `output = weight x input + bias`, where the input is a picture's features or its raw pixels (0 to 1).
pub(super) struct Linear {
    /// `[input, output]`: a zero in the input skips a row, and about half of the features are zero.
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: usize,
}

impl Linear {
    /// From a tensor `[output, input]` and one `[output]`.
    ///
    /// Raw pixels are what the comparison in docs/results.md is made with; the shipped models see features.
    pub fn new(
        tensors: &Tensors<'_>,
        weight: &str,
        bias: &str,
        output: Option<usize>,
    ) -> Result<Self, ModelError> {
        let weight = tensors.take(weight, [output, None])?;
        let (output, input) = (weight.shape[0], weight.shape[1]);
        if input != DIMENSIONS && input != PIXELS {
            return Err(tensors.malformed("an input is neither features nor pixels"));
        }
        if output == 0 {
            return Err(tensors.malformed("nothing comes out"));
        }
        let bias = tensors.values(bias, &[output])?;
        let mut transposed = vec![0.0; input * output];
        for (o, row) in weight.values.chunks_exact(input).enumerate() {
            for (i, value) in row.iter().enumerate() {
                transposed[i * output + o] = *value;
            }
        }
        Ok(Self {
            weight: transposed,
            bias: bias.to_vec(),
            input,
        })
    }

    /// How many numbers come out.
    pub fn output(&self) -> usize {
        self.bias.len()
    }

    /// A picture's `[output]`.
    pub fn apply(&self, sample: &Sample) -> Vec<f32> {
        let mut output = self.bias.clone();
        let mut add = |value: f32, row: &[f32]| {
            if value != 0.0 {
                for (sum, weight) in output.iter_mut().zip(row) {
                    *sum += value * weight;
                }
            }
        };
        let rows = self.weight.chunks_exact(self.bias.len());
        if self.input == PIXELS {
            for (&pixel, row) in sample.grey().pixels().iter().zip(rows) {
                add(f32::from(pixel) / 255.0, row);
            }
        } else {
            for (&value, row) in sample.features().iter().zip(rows) {
                add(value, row);
            }
        }
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelId;
    use crate::model::tensors::by_hand::{artifact, first_pixel, lit};

    fn linear(weight: &[f32], shape: [usize; 2], bias: &[f32]) -> Result<Linear, ModelError> {
        let artifact = artifact(
            ModelId::Knn,
            &[("weight", &shape, weight), ("bias", &[bias.len()], bias)],
        );
        Linear::new(
            &Tensors::for_model(ModelId::Knn, &artifact)?,
            "weight",
            "bias",
            None,
        )
    }

    #[test]
    fn pixels_and_features_are_told_apart_by_their_number() {
        let rows = [first_pixel(2.0), first_pixel(-1.0)].concat();
        let pixels = linear(&rows, [2, PIXELS], &[1.0, 0.5]).unwrap();
        assert_eq!(pixels.apply(&lit(255)), [3.0, -0.5]);
        let sums = linear(&[1.0; DIMENSIONS], [1, DIMENSIONS], &[-1.0]).unwrap();
        let sample = lit(80);
        let expected: f32 = sample.features().iter().sum::<f32>() - 1.0;
        assert!((sums.apply(&sample)[0] - expected).abs() < 1e-4);
    }

    #[test]
    fn what_leads_nowhere_or_comes_from_nowhere_is_refused() {
        assert!(linear(&[], [0, PIXELS], &[]).is_err());
        assert!(linear(&[0.0; 785], [1, 785], &[0.0]).is_err());
        assert!(linear(&[0.0; PIXELS], [1, PIXELS], &[0.0, 0.0]).is_err());
        assert!(linear(&[f32::NAN; PIXELS], [1, PIXELS], &[0.0]).is_err());
    }
}
