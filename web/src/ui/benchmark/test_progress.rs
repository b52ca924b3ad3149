//! How far the test set has been answered, and what came of it, in words.

use plot::format::{duration, percent, thousands};
use shared::metrics::ConfusionMatrix;
use shared::{Garment, ModelId};

use crate::engine::{Engine, format_rate};
use protocol::TEST_SET_SIZE;

/// The answers to the test pictures so far.
#[derive(Clone, PartialEq)]
pub struct Progress {
    pub model: ModelId,
    /// The one that answered last.
    pub engine: Engine,
    pub confusion: ConfusionMatrix,
    pub seconds: f64,
}

impl Progress {
    pub fn new(model: ModelId) -> Self {
        Self {
            model,
            engine: Engine::Cpu,
            confusion: ConfusionMatrix::default(),
            seconds: 0.0,
        }
    }

    /// Counts the answers to some pictures.
    pub fn add(&mut self, labels: &[u8], classes: &[u8]) {
        let garment = |label: &u8| Garment::from_index(usize::from(*label));
        for (truth, answer) in labels.iter().zip(classes) {
            if let Some((truth, answer)) = garment(truth).zip(garment(answer)) {
                self.confusion.add(truth, answer);
            }
        }
    }

    pub fn done(&self) -> usize {
        self.confusion.total() as usize
    }

    fn a_second(&self) -> f64 {
        self.done() as f64 / self.seconds.max(1e-3)
    }

    /// While it runs.
    pub fn words(&self) -> String {
        let left = (TEST_SET_SIZE - self.done()) as f64 / self.a_second();
        format!(
            "{}: {} of {}, {} a second on {}, about {} to go. {:.1}% right so far.",
            self.model.title(),
            thousands(self.done() as u64),
            thousands(TEST_SET_SIZE as u64),
            format_rate(self.a_second()),
            named(self.engine),
            duration(left.max(1.0)),
            self.confusion.accuracy() * 100.0
        )
    }

    /// When it is over; `recorded` is the accuracy that the trainer wrote down.
    pub fn outcome(&self, recorded: Option<f64>) -> String {
        let (done, right) = (self.done(), self.confusion.correct());
        let what = format!(
            "{}: {} of {} test images right, {}.",
            self.model.title(),
            thousands(u64::from(right)),
            thousands(done as u64),
            percent(self.confusion.accuracy())
        );
        let took = format!(
            "{:.1} s on {}, {} images a second.",
            self.seconds,
            named(self.engine),
            format_rate(self.a_second())
        );
        let compared = match recorded {
            _ if done < TEST_SET_SIZE => "Stopped there.".to_string(),
            None => "What the trainer recorded is not here to compare with.".to_string(),
            // Counts of ten thousand, not floating-point noise.
            Some(recorded) if (recorded - self.confusion.accuracy()).abs() < 1e-6 => {
                "Exactly what the trainer recorded.".to_string()
            }
            Some(recorded) => format!("The trainer recorded {}.", percent(recorded)),
        };
        format!("{what} {compared} {took}")
    }
}

/// An engine within a sentence.
pub fn named(engine: Engine) -> &'static str {
    match engine {
        Engine::Cpu => "the CPU",
        Engine::WebGpu => "WebGPU",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All test pictures, the first `wrong` of them answered wrongly.
    fn answered(count: usize, wrong: usize) -> Progress {
        let mut progress = Progress::new(ModelId::Cnn);
        let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
        let answer = |i: usize| ((i + usize::from(i < wrong)) % 10) as u8;
        let classes: Vec<u8> = (0..count).map(answer).collect();
        progress.add(&labels, &classes);
        progress.seconds = 2.0;
        progress
    }

    #[test]
    fn the_outcome_is_compared_with_what_was_recorded() {
        let all = answered(TEST_SET_SIZE, 652);
        let words = all.outcome(Some(0.9348));
        assert!(words.contains("9,348 of 10,000") && words.contains("93.48%"));
        assert!(words.contains("Exactly") && words.contains("2.0 s on the CPU, 5,000 images"));
        assert!(all.outcome(Some(0.9349)).contains("recorded 93.49%"));
        assert!(all.outcome(None).contains("not here"));
        let some = answered(500, 0).outcome(Some(0.9348));
        assert!(some.contains("Stopped there") && !some.contains("recorded"));
    }

    #[test]
    fn what_is_left_is_foreseen() {
        let words = answered(2000, 20).words();
        assert!(words.contains("2,000 of 10,000, 1,000 a second"), "{words}");
        assert!(words.contains("about 8 s to go. 99.0% right"), "{words}");
    }

    #[test]
    fn labels_that_there_are_not_count_for_nothing() {
        let mut progress = answered(10, 0);
        progress.add(&[10, 3], &[0, 200]);
        assert_eq!(progress.done(), 10);
    }
}
