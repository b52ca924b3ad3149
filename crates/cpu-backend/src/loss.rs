//! A training batch and its loss: cross-entropy with the labels and, under distillation, with the teachers' probabilities.

use shared::Garment;
use shared::garment::CLASSES;

/// Images to train on.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Standardised, `[batch, 28, 28]`.
    pub pixels: Vec<f32>,
    pub labels: Vec<Garment>,
    /// Mixup: for each image, the label of the image mixed into it, and that image's share. Empty without mixup.
    pub mixup: Vec<Option<(Garment, f32)>>,
    /// Distillation: for each image, the teachers' logits where they were computed. Empty without teachers.
    pub teacher_logits: Vec<Option<[f32; CLASSES]>>,
}

impl Batch {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether it has no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// The loss and the correct predictions of a training step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepResult {
    /// Summed over the batch.
    pub loss: f64,
    /// Correctly classified images, by the network as it was before the step.
    pub correct: usize,
}

/// The loss function: cross-entropy with smoothed labels, and distillation (Hinton et al. 2015, arXiv 1503.02531).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// The share of each target that is spread evenly over all classes.
    pub label_smoothing: f32,
    /// The weight of the teachers' part of the loss, for images with teacher logits; the labels have the rest.
    pub distillation_weight: f32,
    /// Divides the logits of student and teachers in the teachers' part of the loss.
    pub temperature: f32,
}

/// The loss of one image and its gradient with respect to the logits.
#[derive(Clone, Copy, Debug)]
pub struct LossGradient {
    pub loss: f32,
    pub gradient: [f32; CLASSES],
}

impl Loss {
    /// The weight of the teachers' part of the loss of image `i` of the batch, and the teachers' logits.
    fn teacher(&self, batch: &Batch, i: usize) -> (f32, [f32; CLASSES]) {
        match batch.teacher_logits.get(i) {
            Some(Some(logits)) => (self.distillation_weight, *logits),
            _ => (0.0, [0.0; CLASSES]),
        }
    }

    /// The target of the labels for image `i` of the batch: probabilities, times the weight of the labels.
    pub fn label_target(&self, batch: &Batch, i: usize) -> [f32; CLASSES] {
        let mut target = [self.label_smoothing / CLASSES as f32; CLASSES];
        let (other, share) = batch
            .mixup
            .get(i)
            .copied()
            .flatten()
            .unwrap_or((batch.labels[i], 0.0));
        target[batch.labels[i].index()] += (1.0 - share) * (1.0 - self.label_smoothing);
        target[other.index()] += share * (1.0 - self.label_smoothing);
        target.map(|t| t * (1.0 - self.teacher(batch, i).0))
    }

    /// The target of the teachers for image `i` of the batch: probabilities at the temperature, times the teachers' weight and
    /// the square of the temperature, so that the size of the gradients does not depend on the temperature.
    pub fn teacher_target(&self, batch: &Batch, i: usize) -> [f32; CLASSES] {
        let (weight, logits) = self.teacher(batch, i);
        let weight = weight * self.temperature.powi(2);
        softmax(&logits.map(|z| z / self.temperature)).map(|p| p * weight)
    }

    /// The loss of image `i` of the batch, for which the network computed these logits.
    pub fn loss_and_gradient(
        &self,
        logits: &[f32; CLASSES],
        batch: &Batch,
        i: usize,
    ) -> LossGradient {
        let mut result = LossGradient {
            loss: 0.0,
            gradient: [0.0; CLASSES],
        };
        let parts = [
            (1.0, self.label_target(batch, i)),
            (self.temperature, self.teacher_target(batch, i)),
        ];
        for (temperature, target) in parts {
            let weight: f32 = target.iter().sum();
            if weight == 0.0 {
                continue;
            }
            let log = log_softmax(&logits.map(|z| z / temperature));
            result.loss -= dot(&target, &log);
            for c in 0..CLASSES {
                result.gradient[c] += (weight * log[c].exp() - target[c]) / temperature;
            }
        }
        result
    }
}

fn dot(a: &[f32; CLASSES], b: &[f32; CLASSES]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Probabilities from logits, as training computes them: through [`log_softmax`], with the standard library's `exp`. The answers
/// of shipped models come from `shared::model::softmax`, which rounds the same natively and in wasm.
pub fn softmax(logits: &[f32; CLASSES]) -> [f32; CLASSES] {
    log_softmax(logits).map(f32::exp)
}

fn log_softmax(logits: &[f32; CLASSES]) -> [f32; CLASSES] {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|z| (z - max).exp()).sum();
    logits.map(|z| z - max - sum.ln())
}
