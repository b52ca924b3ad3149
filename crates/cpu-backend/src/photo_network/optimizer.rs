//! AdamW for the photo network, with a learning rate for each output channel.

use super::network::{FineTuningConfig, Network};
use crate::adamw::AdamW;
use crate::elementwise;

/// The state of AdamW and the EMA of the parameters.
pub struct Optimizer {
    pub first_moments: Vec<f32>,
    pub second_moments: Vec<f32>,
    pub ema: Vec<f32>,
    pub steps: u64,
    /// The factor of the learning rate of each output channel of each convolution.
    rates: Vec<Vec<f32>>,
}

impl Optimizer {
    pub fn new(network: &Network, parameters: &[f32], scales: &[Vec<f32>]) -> Self {
        let rates = network.layers.iter().zip(scales).map(|(layer, scales)| {
            assert_eq!(scales.len(), layer.output, "{}", layer.name);
            scales.iter().map(|scale| scale.abs()).collect()
        });
        Self {
            first_moments: vec![0.0; parameters.len()],
            second_moments: vec![0.0; parameters.len()],
            ema: parameters.to_vec(),
            steps: 0,
            rates: rates.collect(),
        }
    }

    /// One step.
    pub fn step(
        &mut self,
        network: &Network,
        config: &FineTuningConfig,
        learning_rate: f64,
        parameters: &mut [f32],
        gradients: &[f32],
    ) {
        self.steps += 1;
        let weights = AdamW::new(
            self.steps,
            learning_rate,
            config.weight_decay,
            config.ema_decay,
        );
        let biases = AdamW::new(self.steps, learning_rate, 0.0, config.ema_decay);
        for (number, slot) in network.slots.iter().enumerate() {
            let dense = vec![config.dense_rate; slot.outputs];
            let (rates, bias_rate) = match self.rates.get(number) {
                Some(rates) => (rates, 1.0),
                None => (&dense, config.dense_rate),
            };
            let row = slot.weight_count / slot.outputs;
            let rows = rates.iter().enumerate();
            let rows = rows.map(|(i, rate)| (slot.weight + i * row, row, weights, *rate));
            let bias = (slot.bias, slot.outputs, biases, bias_rate);
            for (start, len, step, rate) in rows.chain([bias]) {
                let range = start..start + len;
                elementwise::adamw(
                    AdamW {
                        learning_rate: step.learning_rate * rate,
                        ..step
                    },
                    &mut parameters[range.clone()],
                    &gradients[range.clone()],
                    &mut self.first_moments[range.clone()],
                    &mut self.second_moments[range.clone()],
                    &mut self.ema[range],
                );
            }
        }
    }
}
