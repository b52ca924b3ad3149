//! The trainable network: parameters, optimizer state, training step, and state for checkpoints.

use rayon::prelude::*;
use shared::model::Layer;

use super::adamw::AdamW;
use super::elementwise;
use super::executor::Executor;
use super::loss::{Batch, Loss, StepResult};
use super::state::{StateError, StatePart};

/// Settings of a training run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingConfig {
    /// A batch norm precedes each ReLU that has none in the table.
    pub batch_norm: bool,
    /// The share of a dense layer's inputs that is dropped.
    pub dropout: f64,
    /// The weight decay of AdamW.
    pub weight_decay: f32,
    /// The decay per step of the weights' exponential moving average; 0 without one.
    pub ema_decay: f64,
    pub loss: Loss,
}

/// A network in training, with the state of AdamW.
pub struct CpuBackend {
    executor: Executor,
    config: TrainingConfig,
    parameters: Vec<f32>,
    /// The running statistics of the batch norms.
    statistics: Vec<f32>,
    /// AdamW's first moments: the moving averages of the gradients.
    first_moments: Vec<f32>,
    /// AdamW's second moments: the moving averages of the squared gradients.
    second_moments: Vec<f32>,
    /// The EMA of parameters and statistics.
    ema_parameters: Vec<f32>,
    ema_statistics: Vec<f32>,
    gradients: Vec<f32>,
    steps: u64,
}

impl CpuBackend {
    /// A network with initial values, a list for each training parameter of the table.
    pub fn new(layers: &[Layer], config: TrainingConfig, values: &[Vec<f32>]) -> Self {
        let executor = Executor::new(layers, config.batch_norm, config.dropout);
        let (parameters, statistics) = executor.flatten(values.iter().map(Vec::as_slice));
        let zeros = vec![0.0; parameters.len()];
        Self {
            config,
            first_moments: zeros.clone(),
            second_moments: zeros.clone(),
            gradients: zeros,
            ema_parameters: parameters.clone(),
            ema_statistics: statistics.clone(),
            parameters,
            statistics,
            executor,
            steps: 0,
        }
    }

    /// One training step; `seed` determines the dropout masks.
    pub fn train_step(&mut self, batch: &Batch, learning_rate: f64, seed: u64) -> StepResult {
        let result = self.executor.compute_gradients(
            &self.parameters,
            &mut self.statistics,
            batch,
            self.config.loss,
            seed,
            &mut self.gradients,
        );
        self.steps += 1;
        let TrainingConfig {
            weight_decay,
            ema_decay,
            ..
        } = self.config;
        let step = AdamW::new(self.steps, learning_rate, weight_decay, ema_decay);
        let part = self.parameters.len().div_ceil(8).max(1);
        let lists = self
            .parameters
            .par_chunks_mut(part)
            .zip(self.gradients.par_chunks(part));
        let lists = lists
            .zip(self.first_moments.par_chunks_mut(part))
            .zip(self.second_moments.par_chunks_mut(part));
        lists
            .zip(self.ema_parameters.par_chunks_mut(part))
            .for_each(|((((parameters, gradients), first), second), ema)| {
                elementwise::adamw(step, parameters, gradients, first, second, ema);
            });
        for (ema, value) in self.ema_statistics.iter_mut().zip(&self.statistics) {
            *ema += step.ema_rate * (value - *ema);
        }
        result
    }

    /// The values to ship: the EMA of parameters and running statistics.
    ///
    /// # Shapes
    /// A list for each training parameter of the table, in that order.
    pub fn values(&self) -> Vec<Vec<f32>> {
        let tensors = self.executor.program.tensors.iter().map(|tensor| {
            let list = if tensor.is_statistic {
                &self.ema_statistics
            } else {
                &self.ema_parameters
            };
            tensor.layout.read(tensor.slot.slice(list))
        });
        tensors.collect()
    }

    /// The gradients of the last batch's mean loss, for comparison with another backend.
    ///
    /// # Shapes
    /// A list for each training parameter of the table that is no running statistic, in that order.
    pub fn gradients(&self) -> Vec<Vec<f32>> {
        let tensors = self.executor.program.tensors.iter();
        tensors
            .filter(|tensor| !tensor.is_statistic)
            .map(|tensor| tensor.layout.read(tensor.slot.slice(&self.gradients)))
            .collect()
    }

    /// The names of the parts of [`state`](Self::state).
    pub const STATE_NAMES: &[&str] = &[
        "parameters",
        "statistics",
        "first",
        "second",
        "average",
        "average-statistics",
        "steps",
    ];

    /// The training state, from which [`restore`](Self::restore) continues with the same bits.
    pub fn state(&self) -> Vec<StatePart> {
        let lists = [
            &self.parameters,
            &self.statistics,
            &self.first_moments,
            &self.second_moments,
            &self.ema_parameters,
            &self.ema_statistics,
        ];
        StatePart::all(Self::STATE_NAMES, &lists, self.steps)
    }

    /// Takes over a training state.
    ///
    /// # Errors
    /// A part is unknown or has another length.
    pub fn restore(&mut self, state: Vec<StatePart>) -> Result<(), StateError> {
        for part in state {
            let list = match part.name {
                "parameters" => &mut self.parameters,
                "statistics" => &mut self.statistics,
                "first" => &mut self.first_moments,
                "second" => &mut self.second_moments,
                "average" => &mut self.ema_parameters,
                "average-statistics" => &mut self.ema_statistics,
                "steps" => {
                    self.steps = part.number()?;
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
mod tests {
    use shared::garment::CLASSES;
    use shared::image::PIXELS;
    use shared::model::Padding;
    use shared::model::layer::fold_batch_norm;
    use shared::{Garment, ModelId};

    use super::*;
    use crate::initial_values;

    const CONFIG: TrainingConfig = TrainingConfig {
        batch_norm: true,
        dropout: 0.3,
        weight_decay: 0.05,
        ema_decay: 0.9,
        loss: Loss {
            label_smoothing: 0.1,
            distillation_weight: 0.7,
            temperature: 3.0,
        },
    };

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

    /// The size is no multiple of the number of shards.
    const IMAGES: usize = 13;

    fn batch(seed: usize) -> Batch {
        let noise = |count: usize, seed: usize| {
            let number = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0;
            (0..count).map(number).collect::<Vec<f32>>()
        };
        Batch {
            pixels: noise(IMAGES * PIXELS, seed),
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

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let layers = ModelId::Resnet.layers();
        let values = initial_values(layers, true, 5);
        let train = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| {
                let mut backend = CpuBackend::new(layers, CONFIG, &values);
                for seed in 0..3 {
                    backend.train_step(&batch(seed), 1e-3, seed as u64);
                }
                backend.values()
            })
        };
        assert!(train(1) == train(3));
    }

    #[test]
    fn a_restored_backend_continues_with_the_same_bits() {
        let layers = ModelId::Cnn.layers();
        let mut first = CpuBackend::new(layers, CONFIG, &initial_values(layers, true, 5));
        first.train_step(&batch(1), 1e-3, 1);
        let mut second = CpuBackend::new(layers, CONFIG, &initial_values(layers, true, 6));
        second.restore(first.state()).unwrap();
        for backend in [&mut first, &mut second] {
            backend.train_step(&batch(2), 1e-3, 2);
        }
        assert!(first.values() == second.values());
        let short = vec![StatePart {
            name: "first",
            bytes: vec![0; 8],
        }];
        assert_eq!(second.restore(short), Err(StateError("first")));
    }

    #[test]
    fn folding_batch_norms_keeps_the_logits() {
        let config = TrainingConfig {
            dropout: 0.0,
            ema_decay: 0.0,
            ..CONFIG
        };
        let tables = ModelId::DEEP.map(ModelId::layers);
        for layers in tables.into_iter().chain([UNUSUAL]) {
            let mut backend = CpuBackend::new(layers, config, &initial_values(layers, true, 5));
            for seed in 0..3 {
                backend.train_step(&batch(seed), 1e-2, 0);
            }
            let values = backend.values();
            let pixels = batch(7).pixels;
            let logits = |batch_norm: bool, values: &[Vec<f32>]| {
                let mut executor = Executor::new(layers, batch_norm, 0.0);
                let (parameters, statistics) = executor.flatten(values.iter().map(Vec::as_slice));
                executor.logits(&parameters, &statistics, &pixels).concat()
            };
            let expected = logits(true, &values);
            let folded = logits(false, &fold_batch_norm(layers, true, values));
            assert!(expected.iter().any(|z| z.abs() > 0.1));
            let square = |x: f32| f64::from(x) * f64::from(x);
            let pairs = folded.iter().zip(&expected);
            let difference: f64 = pairs.map(|(a, b)| square(a - b)).sum();
            let length: f64 = expected.iter().map(|&b| square(b)).sum();
            assert!(difference.sqrt() < 1e-4 * length.sqrt(), "{layers:?}");
        }
    }
}
