//! Fine-tuning of the photo network: forward pass, gradients and AdamW.
//!
//! The batch norms stay folded into the convolutions, so that images do not depend on each other: each shard of a batch runs forward
//! and backward on its own, and the shards' gradients are added in order. The number of threads changes no bit of the result.

mod depthwise;
mod network;
mod optimizer;
mod product;
mod shard;
mod target;

use super::elementwise;
use super::state::{StateError, StatePart};
pub use network::FineTuningConfig;
use network::Network;
use optimizer::Optimizer;
use rayon::prelude::*;
use shard::Shard;
pub use target::Target;

/// The shards of a batch, which is also the largest number of threads with work.
const SHARDS: usize = 4;

/// Images of one size, and what the network should say about them.
pub struct PhotoBatch {
    /// Rows and columns of each image.
    pub side: usize,
    /// Standardised, `[images, side, side, 3]`.
    pub pixels: Vec<f32>,
    pub targets: Vec<Target>,
}

/// The photo network in training.
pub struct FineTuning {
    network: Network,
    config: FineTuningConfig,
    parameters: Vec<f32>,
    optimizer: Optimizer,
    gradients: Vec<f32>,
    shards: Vec<Shard>,
}

impl FineTuning {
    /// The network with initial values: a list for each of [`shared::model::photo_network::parameters`], and the scale that the batch
    /// norm gave each output channel of each convolution.
    ///
    /// The scales keep the training as it would be without folding: AdamW's steps do not depend on the size of the gradient, so a
    /// channel with folded weights twice as large needs steps twice as large.
    ///
    /// # Panics
    /// The lists do not match the network.
    pub fn new(config: FineTuningConfig, values: &[Vec<f32>], scales: &[Vec<f32>]) -> Self {
        let network = Network::new();
        let parameters = values.concat();
        assert_eq!(parameters.len(), network.count);
        assert_eq!(scales.len(), network.layers.len());
        Self {
            optimizer: Optimizer::new(&network, &parameters, scales),
            gradients: vec![0.0; parameters.len()],
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            parameters,
            network,
            config,
        }
    }

    /// One training step; `seed` determines the dropout masks. Returns the mean loss.
    pub fn train_step(&mut self, batch: &PhotoBatch, learning_rate: f64, seed: u64) -> f64 {
        let loss = self.compute_gradients(batch, seed);
        self.optimizer.step(
            &self.network,
            &self.config,
            learning_rate,
            &mut self.parameters,
            &self.gradients,
        );
        loss
    }

    /// Forward and backward pass of a batch. Returns the mean loss.
    fn compute_gradients(&mut self, batch: &PhotoBatch, seed: u64) -> f64 {
        let count = batch.targets.len();
        let size = count.div_ceil(SHARDS).max(1);
        let image = batch.side * batch.side * 3;
        let Self {
            network,
            config,
            parameters,
            gradients,
            shards,
            ..
        } = self;
        let parts = batch.pixels.par_chunks(size * image);
        let parts = parts.zip(batch.targets.par_chunks(size)).enumerate();
        let loss: Vec<f64> = shards
            .par_iter_mut()
            .zip(parts)
            .map(|(shard, (number, (pixels, targets)))| {
                let part = shard::Part {
                    side: batch.side,
                    pixels,
                    targets,
                    share: 1.0 / count as f32,
                    dropout_stream: (seed, number as u64),
                };
                shard.compute_gradients(network, config, parameters, &part)
            })
            .collect();
        let used = loss.len();
        let part = gradients.len().div_ceil(8);
        gradients
            .par_chunks_mut(part)
            .enumerate()
            .for_each(|(number, sum)| {
                let first = number * part;
                sum.fill(0.0);
                for shard in &shards[..used] {
                    elementwise::add(&shard.gradients[first..][..sum.len()], sum);
                }
            });
        loss.iter().sum::<f64>() / count as f64
    }

    /// The values to ship: the EMA of the parameters, a list for each of [`shared::model::photo_network::parameters`].
    pub fn values(&self) -> Vec<Vec<f32>> {
        self.lists(&self.optimizer.ema)
    }

    /// The gradients of the last batch's mean loss, in the same form, for comparison with another backend.
    pub fn gradients(&self) -> Vec<Vec<f32>> {
        self.lists(&self.gradients)
    }

    fn lists(&self, list: &[f32]) -> Vec<Vec<f32>> {
        let slots = self.network.slots.iter();
        slots
            .flat_map(|slot| [slot.weight(list).to_vec(), slot.bias(list).to_vec()])
            .collect()
    }

    /// The names of the parts of [`state`](Self::state).
    pub const STATE_NAMES: &[&str] = &["parameters", "first", "second", "average", "steps"];

    /// The training state, from which [`restore`](Self::restore) continues with the same bits.
    pub fn state(&self) -> Vec<StatePart> {
        let lists = [
            &self.parameters,
            &self.optimizer.first_moments,
            &self.optimizer.second_moments,
            &self.optimizer.ema,
        ];
        StatePart::all(Self::STATE_NAMES, &lists, self.optimizer.steps)
    }

    /// Takes over a training state.
    ///
    /// # Errors
    /// A part is unknown or has another length.
    pub fn restore(&mut self, state: Vec<StatePart>) -> Result<(), StateError> {
        for part in state {
            let list = match part.name {
                "parameters" => &mut self.parameters,
                "first" => &mut self.optimizer.first_moments,
                "second" => &mut self.optimizer.second_moments,
                "average" => &mut self.optimizer.ema,
                "steps" => {
                    self.optimizer.steps = part.number()?;
                    continue;
                }
                name => return Err(StateError(name)),
            };
            part.read_into(list)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
