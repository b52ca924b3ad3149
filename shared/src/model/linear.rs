//! The affine map at the input of the classical models.

use alloc::{vec, vec::Vec};

use super::tensors::{ModelError, Tensors};
use crate::features::{DIMENSIONS, Sample};
use crate::image::PIXELS;
use crate::shuffle::Shuffle;

/// `output = weight x input + bias`, where the input is a sample's features or its raw pixels (0 to 1).
#[derive(Clone)]
pub(super) struct Linear {
    /// `[input, output]`, so that a zero in the input skips a row: about half of the features are zero.
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: usize,
}

impl Linear {
    /// From a tensor `weight` `[output, input]` and a tensor `bias` `[output]`.
    ///
    /// The published models use features; those of the comparison in docs/results.md use raw pixels.
    pub fn new(
        tensors: &Tensors<'_>,
        weight: &str,
        bias: &str,
        output: Option<usize>,
    ) -> Result<Self, ModelError> {
        let weight = tensors.tensor(weight, [output, None])?;
        let (output, input) = (weight.shape[0], weight.shape[1]);
        if input != DIMENSIONS && input != PIXELS {
            return Err(tensors.malformed("the input is neither features nor pixels"));
        }
        if output == 0 {
            return Err(tensors.malformed("the output is empty"));
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

    /// The number of outputs.
    pub fn output(&self) -> usize {
        self.bias.len()
    }

    /// The bias of each output.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// Whether the input is raw pixels.
    pub fn is_of_pixels(&self) -> bool {
        self.input == PIXELS
    }

    /// The weights of each input, in the order of the inputs.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.weight.chunks_exact(self.bias.len())
    }

    /// The same with its weights in another order.
    pub fn shuffled(&self, order: &mut Shuffle) -> Self {
        let mut shuffled = self.clone();
        order.shuffle(&mut shuffled.weight);
        shuffled
    }

    /// # Shapes
    /// `[output]`.
    pub fn apply(&self, sample: &Sample) -> Vec<f32> {
        let mut output = self.bias.clone();
        let mut add = |value: f32, row: &[f32]| {
            if value != 0.0 {
                for (sum, weight) in output.iter_mut().zip(row) {
                    *sum += value * weight;
                }
            }
        };
        let rows = self.rows();
        if self.is_of_pixels() {
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
    use crate::model::tensors::fixtures::{artifact, first_pixel_row, first_pixel_sample};

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
    fn the_input_s_length_selects_pixels_or_features() {
        let rows = [first_pixel_row(2.0), first_pixel_row(-1.0)].concat();
        let pixels = linear(&rows, [2, PIXELS], &[1.0, 0.5]).unwrap();
        assert_eq!(pixels.apply(&first_pixel_sample(255)), [3.0, -0.5]);
        let sums = linear(&[1.0; DIMENSIONS], [1, DIMENSIONS], &[-1.0]).unwrap();
        let sample = first_pixel_sample(80);
        let expected: f32 = sample.features().iter().sum::<f32>() - 1.0;
        assert!((sums.apply(&sample)[0] - expected).abs() < 1e-4);
    }

    #[test]
    fn rejects_unknown_inputs_and_mismatched_shapes() {
        assert!(linear(&[], [0, PIXELS], &[]).is_err());
        assert!(linear(&[0.0; 785], [1, 785], &[0.0]).is_err());
        assert!(linear(&[0.0; PIXELS], [1, PIXELS], &[0.0, 0.0]).is_err());
        assert!(linear(&[f32::NAN; PIXELS], [1, PIXELS], &[0.0]).is_err());
    }
}
