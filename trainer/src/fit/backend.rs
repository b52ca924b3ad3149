//! What learns: our own kernels on the CPU, or burn on any device. Both are given the same batches.

use shared::Garment;
use shared::garment::CLASSES;

use super::train_loop::FitError;

/// Pictures to learn from.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Standardised, `[batch, 28, 28]`.
    pub pixels: Vec<f32>,
    pub labels: Vec<Garment>,
    /// Of a picture that another one shows through: that one's label, and its share. Empty where none is.
    pub mixed: Vec<Option<(Garment, f32)>>,
    /// The teachers' logits, of pictures that they were asked about; empty where there are no teachers.
    pub teacher: Vec<Option<[f32; CLASSES]>>,
}

impl Batch {
    /// How many pictures it holds.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// What a batch was like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lesson {
    /// Summed over the batch.
    pub loss: f64,
    /// Pictures answered right, while learning.
    pub right: usize,
}

/// What is minimised: cross-entropy with the labels, and with a teacher's softened answers (Hinton et al. 2015,
/// arXiv 1503.02531).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// The share of each target spread evenly over all classes.
    pub label_smoothing: f32,
    /// The teacher's share of a picture's loss, where there is one who was asked about it.
    pub teacher_share: f32,
    /// What both sides' logits are divided by where the teacher is listened to.
    pub temperature: f32,
}

/// A picture's loss and its gradient at the logits.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    pub loss: f32,
    pub gradient: [f32; CLASSES],
}

impl Objective {
    /// The teacher's share of the loss of the batch's picture number `i`, and the logits.
    fn taught(&self, batch: &Batch, i: usize) -> (f32, [f32; CLASSES]) {
        match batch.teacher.get(i) {
            Some(Some(logits)) => (self.teacher_share, *logits),
            _ => (0.0, [0.0; CLASSES]),
        }
    }

    /// What the labels make of the batch's picture number `i`: probabilities, times the labels' share of the loss.
    pub fn target(&self, batch: &Batch, i: usize) -> [f32; CLASSES] {
        let mut target = [self.label_smoothing / CLASSES as f32; CLASSES];
        let (other, share) = batch
            .mixed
            .get(i)
            .copied()
            .flatten()
            .unwrap_or((batch.labels[i], 0.0));
        target[batch.labels[i].index()] += (1.0 - share) * (1.0 - self.label_smoothing);
        target[other.index()] += share * (1.0 - self.label_smoothing);
        target.map(|t| t * (1.0 - self.taught(batch, i).0))
    }

    /// What the teachers make of it: probabilities at the temperature, times the teachers' share and the temperature squared,
    /// so that the gradients stay as large as the labels', whatever the temperature.
    pub fn softened(&self, batch: &Batch, i: usize) -> [f32; CLASSES] {
        let (share, logits) = self.taught(batch, i);
        let weight = share * self.temperature.powi(2);
        probabilities(&logits.map(|z| z / self.temperature)).map(|p| p * weight)
    }

    /// The loss of the batch's picture number `i`, answered by these logits.
    pub fn judge(&self, logits: &[f32; CLASSES], batch: &Batch, i: usize) -> Judged {
        let mut judged = Judged {
            loss: 0.0,
            gradient: [0.0; CLASSES],
        };
        let sides = [
            (1.0, self.target(batch, i)),
            (self.temperature, self.softened(batch, i)),
        ];
        for (temperature, target) in sides {
            let weight: f32 = target.iter().sum();
            if weight == 0.0 {
                continue;
            }
            let log = log_softmax(&logits.map(|z| z / temperature));
            judged.loss -= dot(&target, &log);
            for c in 0..CLASSES {
                judged.gradient[c] += (weight * log[c].exp() - target[c]) / temperature;
            }
        }
        judged
    }
}

fn dot(a: &[f32; CLASSES], b: &[f32; CLASSES]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Softmax.
pub fn probabilities(logits: &[f32; CLASSES]) -> [f32; CLASSES] {
    log_softmax(logits).map(f32::exp)
}

fn log_softmax(logits: &[f32; CLASSES]) -> [f32; CLASSES] {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|z| (z - most).exp()).sum();
    logits.map(|z| z - most - sum.ln())
}

/// A part of a learner's state and its bytes.
pub type Part = (&'static str, Vec<u8>);

/// A network that is being trained, with its optimizer.
pub trait Learner {
    /// Learns from a batch; `seed` decides on dropout.
    ///
    /// # Errors
    /// The device gives nothing back.
    fn learn(&mut self, batch: &Batch, learning_rate: f64, seed: u64) -> Result<Lesson, FitError>;

    /// The weights as they would be shipped, averaged over the steps where the recipe says so.
    ///
    /// # Shapes
    /// A list for each of the table's training parameters, in their order.
    ///
    /// # Errors
    /// The device gives nothing back.
    fn values(&self) -> Result<Vec<Vec<f32>>, FitError>;

    /// The names of the state's parts.
    fn parts(&self) -> &'static [&'static str];

    /// All that [`restore`](Self::restore) needs to go on from here.
    ///
    /// # Errors
    /// The device gives nothing back.
    fn state(&self) -> Result<Vec<Part>, FitError>;

    /// Goes on from a state.
    ///
    /// # Errors
    /// It is damaged, or another recipe's.
    fn restore(&mut self, parts: Vec<Part>) -> Result<(), FitError>;
}
