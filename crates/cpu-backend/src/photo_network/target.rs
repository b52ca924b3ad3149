//! The targets that the photo network is fitted to, and its loss.

use shared::model::PHOTO_CLASSES;

/// The classes that are right. Where several are, for example for a shoe of unknown kind, any division of the probability among them
/// is as good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub right: [bool; PHOTO_CLASSES],
}

impl Target {
    /// A target with these right classes.
    pub fn new(classes: impl IntoIterator<Item = usize>) -> Self {
        let mut right = [false; PHOTO_CLASSES];
        for class in classes {
            right[class] = true;
        }
        Self { right }
    }

    /// The right class, if there is only one.
    pub fn only_class(&self) -> Option<usize> {
        let mut classes = (0..PHOTO_CLASSES).filter(|class| self.right[*class]);
        classes.next().filter(|_| classes.next().is_none())
    }

    /// The loss of logits, and its gradient: minus the logarithm of the right classes' probability, with label smoothing.
    pub fn loss(
        &self,
        logits: &[f32; PHOTO_CLASSES],
        label_smoothing: f32,
    ) -> (f64, [f32; PHOTO_CLASSES]) {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let exponentials = logits.map(|z| (z - largest).exp());
        let sum: f32 = exponentials.iter().sum();
        let right: f32 = exponentials
            .iter()
            .zip(self.right)
            .filter_map(|(e, right)| right.then_some(*e))
            .sum();
        let log = |e: f32| f64::from(e.max(f32::MIN_POSITIVE)).ln() - f64::from(sum).ln();
        let smoothing = f64::from(label_smoothing);
        let all = exponentials.iter().map(|e| log(*e)).sum::<f64>() / PHOTO_CLASSES as f64;
        let loss = -(1.0 - smoothing) * log(right) - smoothing * all;
        let gradient = core::array::from_fn(|class| {
            let share = if self.right[class] {
                exponentials[class] / right.max(f32::MIN_POSITIVE)
            } else {
                0.0
            };
            let wanted = (1.0 - label_smoothing) * share + label_smoothing / PHOTO_CLASSES as f32;
            exponentials[class] / sum - wanted
        });
        (loss, gradient)
    }
}
