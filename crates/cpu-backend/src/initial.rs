//! Initial weights of a network.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shared::model::Layer;
use shared::model::layer::training_parameters;

/// Initial values: uniform weights whose variance keeps the signal's size through ReLUs (He et al. 2015, arXiv 1502.01852), biases
/// of zero, and batch norms that change nothing.
///
/// # Shapes
/// A list for each training parameter of the table, in that order.
pub fn initial_values(layers: &[Layer], batch_norm: bool, seed: u64) -> Vec<Vec<f32>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let parameters = training_parameters(layers, batch_norm).into_iter();
    let values = parameters.map(|parameter| {
        let count = parameter.shape.iter().product();
        let is_one = parameter.name.ends_with("gamma") || parameter.name.ends_with("variance");
        let (inputs, gain) = match *parameter.shape.as_slice() {
            [_, input, rows, columns] => (input * rows * columns, 6.0f32),
            // A dense layer begins with a sixth of that variance: the first logits are small.
            [input, _] => (input, 1.0),
            _ => return vec![f32::from(is_one); count],
        };
        let bound = (gain / inputs as f32).sqrt();
        (0..count)
            .map(|_| rng.random_range(-bound..bound))
            .collect()
    });
    values.collect()
}
