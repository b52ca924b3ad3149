//! Training with burn, on whatever device it knows.

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Bytes, Device, Tensor, TensorData};
use shared::garment::CLASSES;
use shared::model::Layer;
#[cfg(test)]
use shared::network::NetworkError;
use shared::network::{Network, Training, pictures};

use super::backend::{Batch, Learner, Lesson, Objective, Part};
use super::cpu::follow;
use super::recipe::NetworkRecipe;
use super::train_loop::FitError;

/// A network on a device, and burn's optimizer.
pub struct Burn {
    device: Device,
    objective: Objective,
    average_decay: f64,
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    /// The running mean of the weights, here rather than on the device.
    average: Vec<Vec<f32>>,
    steps: u64,
}

/// Steps between two looks at the weights for their mean: reading them back costs a GPU as much as a step.
const LOOK_EVERY: u64 = 8;

impl Burn {
    /// A network that begins with these values, a list for each training parameter of the table.
    ///
    /// # Errors
    /// The device does not take them.
    pub fn new(
        layers: &'static [Layer],
        recipe: &NetworkRecipe,
        values: Vec<Vec<f32>>,
        device: Device,
    ) -> Result<Self, FitError> {
        let device = device.autodiff();
        let training = Training {
            normalise: recipe.batch_norm,
            dropout: recipe.dropout,
        };
        let mut network = Network::new(layers, training, &device);
        network.load(values.clone(), &device)?;
        let optimizer = AdamWConfig::new().with_weight_decay(recipe.weight_decay);
        Ok(Self {
            device,
            objective: recipe.objective(),
            average_decay: recipe.ema_decay,
            network: Some(network),
            optimizer: optimizer.init(),
            average: values,
            steps: 0,
        })
    }

    fn network(&self) -> Result<&Network, FitError> {
        self.network.as_ref().ok_or_else(lost)
    }

    /// The batch's mean loss, and its logits.
    fn loss(&self, network: &Network, batch: &Batch) -> (Tensor<1>, Tensor<2>) {
        let objective = self.objective;
        let logits = network.forward(pictures(batch.pixels.clone(), &self.device));
        let targets = (0..batch.len()).map(|i| objective.target(batch, i));
        let cross_entropy = |logits: Tensor<2>, targets: Vec<f32>| {
            let targets = TensorData::new(targets, [batch.len(), CLASSES]);
            let targets: Tensor<2> = Tensor::from_data(targets, &self.device);
            -(log_softmax(logits, 1) * targets).sum_dim(1).mean() // [1]
        };
        let mut loss = cross_entropy(logits.clone(), targets.flatten().collect());
        if !batch.teacher.is_empty() && objective.teacher_share > 0.0 {
            let targets = (0..batch.len()).map(|i| objective.softened(batch, i));
            let softened = logits.clone().div_scalar(objective.temperature);
            loss = loss + cross_entropy(softened, targets.flatten().collect());
        }
        (loss, logits)
    }
}

#[cfg(test)]
impl Burn {
    /// Gradients of a batch's mean loss, a list for each training parameter; statistics have none, but they follow.
    pub fn gradients(&self, batch: &Batch) -> Result<Vec<Vec<f32>>, FitError> {
        let network = self.network()?;
        let (loss, _) = self.loss(network, batch);
        let mut slopes = Slopes(loss.backward(), Vec::new());
        network.each(&mut slopes)?;
        Ok(slopes.1)
    }
}

/// Takes each tensor's gradient.
#[cfg(test)]
struct Slopes(burn::tensor::Gradients, Vec<Vec<f32>>);

#[cfg(test)]
impl shared::network::Taker for Slopes {
    fn learned<const D: usize>(&mut self, tensor: Tensor<D>) -> Result<(), NetworkError> {
        let count = tensor.dims().iter().product();
        let gradient = tensor.grad(&self.0).map(shared::network::numbers);
        // What the loss does not depend on has none.
        let gradient = gradient.transpose()?;
        self.1.push(gradient.unwrap_or_else(|| vec![0.0; count]));
        Ok(())
    }

    fn statistic(&mut self, _: Tensor<1>) -> Result<(), NetworkError> {
        Ok(())
    }
}

/// flex draws from one generator a process: two tests at a time would take each other's numbers.
#[cfg(test)]
pub static GENERATOR: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// The optimizer takes the network and gives it back: only an error between the two loses it.
fn lost() -> FitError {
    FitError::Device("the network was lost after an earlier error".into())
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, FitError> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .map_err(|e| FitError::Device(format!("{e:?}")))
}

impl Learner for Burn {
    fn learn(&mut self, batch: &Batch, learning_rate: f64, seed: u64) -> Result<Lesson, FitError> {
        self.device.seed(seed);
        let network = self.network.take().ok_or_else(lost)?;
        let (loss, logits) = self.loss(&network, batch);
        let mut lesson = Lesson {
            loss: f64::from(read(loss.clone())?[0]) * batch.len() as f64,
            right: 0,
        };
        let answers = read(logits)?;
        for (answer, label) in answers.chunks_exact(CLASSES).zip(&batch.labels) {
            let logits: [f32; CLASSES] = core::array::from_fn(|c| answer[c]);
            lesson.right += usize::from(shared::model::argmax(&logits) == label.index());
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let network = self.optimizer.step(learning_rate, network, gradients);
        self.steps += 1;
        if self.average_decay > 0.0 && self.steps.is_multiple_of(LOOK_EVERY) {
            let left = (1.0 - follow(self.steps, self.average_decay)).powi(LOOK_EVERY as i32);
            for (average, values) in self.average.iter_mut().zip(network.values()?) {
                for (average, value) in average.iter_mut().zip(values) {
                    *average += (1.0 - left) * (value - *average);
                }
            }
        }
        self.network = Some(network);
        Ok(lesson)
    }

    fn values(&self) -> Result<Vec<Vec<f32>>, FitError> {
        match self.average_decay > 0.0 {
            true => Ok(self.average.clone()),
            false => Ok(self.network()?.values()?),
        }
    }

    fn parts(&self) -> &'static [&'static str] {
        &["network", "optimizer", "average", "steps"]
    }

    fn state(&self) -> Result<Vec<Part>, FitError> {
        let damaged = |e: RecordError| FitError::Device(e.to_string());
        let network = self.network()?;
        // A record takes running statistics as they were one update before; whoever asks for their values brings them
        // up to date.
        network.values()?;
        let network = network.clone().into_record();
        let optimizer = self.optimizer.into_bytes().map_err(damaged)?;
        let average = self.average.iter().flatten().flat_map(|x| x.to_le_bytes());
        Ok(vec![
            ("network", network.into_bytes().map_err(damaged)?.to_vec()),
            ("optimizer", optimizer.to_vec()),
            ("average", average.collect()),
            ("steps", self.steps.to_le_bytes().to_vec()),
        ])
    }

    fn restore(&mut self, parts: Vec<Part>) -> Result<(), FitError> {
        for (name, bytes) in parts {
            let damaged = |_: RecordError| FitError::Restore(name);
            match name {
                "network" => {
                    let network = self.network.take().ok_or_else(lost)?;
                    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes));
                    let network = record.and_then(|record| network.try_load_record(record));
                    self.network = Some(network.map_err(damaged)?);
                }
                "optimizer" => {
                    let optimizer = self
                        .optimizer
                        .clone()
                        .from_bytes(Bytes::from_bytes_vec(bytes));
                    self.optimizer = optimizer.map_err(damaged)?;
                }
                "average" => {
                    let mut numbers = bytes
                        .as_chunks::<4>()
                        .0
                        .iter()
                        .map(|b| f32::from_le_bytes(*b));
                    let all = self.average.iter_mut().flatten();
                    all.for_each(|x| *x = numbers.next().unwrap_or(f32::NAN));
                }
                _ => {
                    let bytes = bytes.try_into().map_err(|_| FitError::Restore(name))?;
                    self.steps = u64::from_le_bytes(bytes);
                }
            }
        }
        Ok(())
    }
}
