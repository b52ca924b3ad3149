//! Training backend on any device of burn.

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Bytes, Device, Tensor, TensorData};
use cpu_backend::{StateError, ema_rate};
use shared::garment::CLASSES;
use shared::model::{Layer, argmax};

use super::backend::{Backend, BackendError, Batch, StatePart, StepResult, TrainingConfig};
use super::burn_network::{Network, TrainingOptions, image_batch, to_vec};

/// A network on a device of burn, with burn's AdamW.
pub struct BurnBackend {
    device: Device,
    config: TrainingConfig,
    /// `None` after an error in a step, whose optimizer had taken the network.
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    /// The EMA of the weights, in the memory of the CPU.
    ema: Vec<Vec<f32>>,
    steps: u64,
}

/// Steps between two updates of the EMA: reading the weights back from a GPU takes as long as a step.
const EMA_INTERVAL: u64 = 8;

const STATE_NAMES: &[&str] = &["network", "optimizer", "average", "steps"];

impl BurnBackend {
    /// A network with initial values, a list for each training parameter of the table.
    ///
    /// # Errors
    /// The values do not fit the table.
    pub fn new(
        layers: &'static [Layer],
        config: TrainingConfig,
        values: Vec<Vec<f32>>,
        device: Device,
    ) -> Result<Self, BackendError> {
        let device = device.autodiff();
        let options = TrainingOptions {
            batch_norm: config.batch_norm,
            dropout: config.dropout,
        };
        let mut network = Network::new(layers, options, &device);
        network.load(values.clone(), &device)?;
        let optimizer = AdamWConfig::new().with_weight_decay(config.weight_decay);
        Ok(Self {
            device,
            config,
            network: Some(network),
            optimizer: optimizer.init(),
            ema: values,
            steps: 0,
        })
    }

    fn network(&self) -> Result<&Network, BackendError> {
        self.network.as_ref().ok_or_else(no_network)
    }

    /// The mean loss of the batch `[1]`, and the logits `[batch, 10]`.
    fn loss(&self, network: &Network, batch: &Batch) -> (Tensor<1>, Tensor<2>) {
        let loss = self.config.loss;
        let logits = network.forward(image_batch(batch.pixels.clone(), &self.device));
        let targets = (0..batch.len()).map(|i| loss.label_target(batch, i));
        let cross_entropy = |logits: Tensor<2>, targets: Vec<f32>| {
            let targets = TensorData::new(targets, [batch.len(), CLASSES]);
            let targets: Tensor<2> = Tensor::from_data(targets, &self.device);
            -(log_softmax(logits, 1) * targets).sum_dim(1).mean() // [1]
        };
        let mut mean = cross_entropy(logits.clone(), targets.flatten().collect());
        if !batch.teacher_logits.is_empty() && loss.distillation_weight > 0.0 {
            let targets = (0..batch.len()).map(|i| loss.teacher_target(batch, i));
            let softened = logits.clone().div_scalar(loss.temperature);
            mean = mean + cross_entropy(softened, targets.flatten().collect());
        }
        (mean, logits)
    }
}

fn no_network() -> BackendError {
    BackendError::Device("an earlier step failed".into())
}

impl Backend for BurnBackend {
    fn train_step(
        &mut self,
        batch: &Batch,
        learning_rate: f64,
        seed: u64,
    ) -> Result<StepResult, BackendError> {
        self.device.seed(seed);
        let network = self.network.take().ok_or_else(no_network)?;
        let (loss, logits) = self.loss(&network, batch);
        let mut result = StepResult {
            loss: f64::from(to_vec(loss.clone())?[0]) * batch.len() as f64,
            correct: 0,
        };
        let logits = to_vec(logits)?;
        for (logits, label) in logits.as_chunks::<CLASSES>().0.iter().zip(&batch.labels) {
            result.correct += usize::from(argmax(logits) == label.index());
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let network = self.optimizer.step(learning_rate, network, gradients);
        self.steps += 1;
        let decay = self.config.ema_decay;
        if decay > 0.0 && self.steps.is_multiple_of(EMA_INTERVAL) {
            let kept = (1.0 - ema_rate(self.steps, decay)).powi(EMA_INTERVAL as i32);
            for (ema, values) in self.ema.iter_mut().zip(network.values()?) {
                for (ema, value) in ema.iter_mut().zip(values) {
                    *ema += (1.0 - kept) * (value - *ema);
                }
            }
        }
        self.network = Some(network);
        Ok(result)
    }

    fn values(&self) -> Result<Vec<Vec<f32>>, BackendError> {
        if self.config.ema_decay > 0.0 {
            Ok(self.ema.clone())
        } else {
            Ok(self.network()?.values()?)
        }
    }

    fn state_names(&self) -> &'static [&'static str] {
        STATE_NAMES
    }

    fn state(&self) -> Result<Vec<StatePart>, BackendError> {
        let device = |e: RecordError| BackendError::Device(e.to_string());
        let network = self.network()?;
        // burn updates running statistics when their values are read; without this, the record would lack the last update.
        network.values()?;
        let network = network.clone().into_record();
        let ema = self.ema.iter().flatten().flat_map(|x| x.to_le_bytes());
        let bytes = [
            network.into_bytes().map_err(device)?.to_vec(),
            self.optimizer.into_bytes().map_err(device)?.to_vec(),
            ema.collect(),
            self.steps.to_le_bytes().to_vec(),
        ];
        let parts = STATE_NAMES.iter().zip(bytes);
        Ok(parts
            .map(|(&name, bytes)| StatePart { name, bytes })
            .collect())
    }

    fn restore(&mut self, state: Vec<StatePart>) -> Result<(), BackendError> {
        for StatePart { name, bytes } in state {
            let error = StateError(name);
            match name {
                "network" => {
                    let network = self.network.take().ok_or_else(no_network)?;
                    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes));
                    let network = record.and_then(|record| network.try_load_record(record));
                    self.network = Some(network.map_err(|_| error)?);
                }
                "optimizer" => {
                    let optimizer = self
                        .optimizer
                        .clone()
                        .from_bytes(Bytes::from_bytes_vec(bytes));
                    self.optimizer = optimizer.map_err(|_| error)?;
                }
                "average" => {
                    let (numbers, _) = bytes.as_chunks::<4>();
                    let count: usize = self.ema.iter().map(Vec::len).sum();
                    if bytes.len() != 4 * count {
                        return Err(error.into());
                    }
                    let ema = self.ema.iter_mut().flatten();
                    ema.zip(numbers)
                        .for_each(|(x, b)| *x = f32::from_le_bytes(*b));
                }
                "steps" => {
                    self.steps = u64::from_le_bytes(bytes.try_into().map_err(|_| error)?);
                }
                _ => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub mod tests {
    use cpu_backend::{CpuBackend, Loss, initial_values};
    use shared::model::Padding;
    use shared::{Garment, ModelId};

    use super::*;
    use crate::fit::burn_network::{NetworkError, TensorVisitor};

    /// burn-flex has one random generator per process: tests that draw from it take this lock.
    pub static GENERATOR: std::sync::Mutex<()> = std::sync::Mutex::new(());

    /// What no shipped network has: padding in the first convolution, consecutive convolutions, a block at an odd size.
    const UNUSUAL: &[Layer] = &[
        conv(1, 32),
        Layer::MaxPool,
        conv(32, 64),
        Layer::MaxPool,
        Layer::ResBlock { channels: 64 },
        Layer::MaxPool,
        Layer::ResBlock { channels: 64 },
        Layer::GlobalAveragePool,
        Layer::Dense {
            input: 64,
            output: 10,
            relu: false,
        },
    ];

    const fn conv(input: usize, output: usize) -> Layer {
        Layer::Conv {
            input,
            output,
            padding: Padding::Same,
        }
    }

    /// The largest relative difference of a tensor's gradients. Measured: 8e-6.
    const MAX_DIFFERENCE: f64 = 1e-4;

    /// The size is no multiple of the number of shards.
    const IMAGES: usize = 13;

    fn config(batch_norm: bool) -> TrainingConfig {
        TrainingConfig {
            batch_norm,
            dropout: 0.0,
            weight_decay: 0.05,
            ema_decay: 0.0,
            loss: Loss {
                label_smoothing: 0.1,
                distillation_weight: if batch_norm { 0.7 } else { 0.0 },
                temperature: if batch_norm { 3.0 } else { 1.0 },
            },
        }
    }

    fn batch(seed: usize) -> Batch {
        let noise = |count: usize, seed: usize| {
            let number = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0;
            (0..count).map(number).collect::<Vec<f32>>()
        };
        Batch {
            pixels: noise(IMAGES * shared::image::PIXELS, seed),
            labels: (0..IMAGES).map(|i| Garment::ALL[(i + seed) % 10]).collect(),
            mixup: (0..IMAGES)
                .map(|i| (i % 3 == 0).then_some((Garment::Coat, 0.3)))
                .collect(),
            teacher_logits: noise(IMAGES * CLASSES, seed + 1)
                .as_chunks()
                .0
                .iter()
                .enumerate()
                .map(|(i, logits)| (i % 3 != 2).then_some(*logits))
                .collect(),
        }
    }

    /// The length of the difference of two tensors, relative to the length of the second.
    fn relative_difference(a: &[f32], b: &[f32]) -> f64 {
        let square = |x: f64| x * x;
        let pairs = a.iter().zip(b);
        let difference: f64 = pairs.map(|(a, b)| square(f64::from(a - b))).sum();
        let length: f64 = b.iter().map(|&b| square(f64::from(b))).sum();
        // A bias before a batch norm has a gradient of zero, but for rounding.
        difference.sqrt() / length.sqrt().max(1e-2)
    }

    fn assert_close(a: &[Vec<f32>], b: &[Vec<f32>], limit: f64) {
        assert_eq!(a.len(), b.len());
        for (i, (a, b_values)) in a.iter().zip(b).enumerate() {
            let difference = relative_difference(a, b_values);
            assert!(
                difference < limit,
                "tensor {i} of {}: {difference}",
                b.len()
            );
        }
    }

    impl BurnBackend {
        /// The gradients of a batch's mean loss, in the order of [`CpuBackend::gradients`]. Updates the running statistics.
        fn gradients(&self, batch: &Batch) -> Result<Vec<Vec<f32>>, BackendError> {
            let network = self.network()?;
            let (loss, _) = self.loss(network, batch);
            let mut reader = GradientReader(loss.backward(), Vec::new());
            network.visit(&mut reader)?;
            Ok(reader.1)
        }
    }

    struct GradientReader(burn::tensor::Gradients, Vec<Vec<f32>>);

    impl TensorVisitor for GradientReader {
        fn parameter<const D: usize>(&mut self, tensor: Tensor<D>) -> Result<(), NetworkError> {
            let count = tensor.dims().iter().product();
            let gradient = tensor.grad(&self.0).map(to_vec);
            // burn has no gradient for a tensor that the loss does not depend on.
            let gradient = gradient.transpose()?;
            self.1.push(gradient.unwrap_or_else(|| vec![0.0; count]));
            Ok(())
        }

        fn statistic(&mut self, _: Tensor<1>) -> Result<(), NetworkError> {
            Ok(())
        }
    }

    #[test]
    fn both_backends_compute_the_same_loss_gradients_and_statistics() {
        let _lock = GENERATOR.lock().unwrap();
        let tables = ModelId::DEEP.map(ModelId::layers);
        for layers in tables.into_iter().chain([UNUSUAL]) {
            for batch_norm in [false, true] {
                let config = config(batch_norm);
                let mut values = initial_values(layers, batch_norm, 5);
                // The second batch begins with the weights and statistics after the first.
                for seed in 0..2 {
                    let batch = batch(seed);
                    let on_flex = || {
                        BurnBackend::new(layers, config, values.clone(), Device::flex()).unwrap()
                    };
                    let mut cpu = CpuBackend::new(layers, config, &values);
                    let mut burn = on_flex();
                    let result = cpu.train_step(&batch, 1e-3, 0);
                    let expected = burn.train_step(&batch, 1e-3, 0).unwrap();
                    assert!((result.loss - expected.loss).abs() < 1e-4 * expected.loss);
                    assert_eq!(result.correct, expected.correct);
                    let gradients = on_flex().gradients(&batch).unwrap();
                    assert_close(&cpu.gradients(), &gradients, MAX_DIFFERENCE);
                    values = burn.values().unwrap();
                    assert_close(&cpu.values(), &values, 1e-2);
                }
            }
        }
    }
}
