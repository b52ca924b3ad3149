//! The progress and the result of a run over the test set, in words.

use plot::format::{duration, percent, thousands};
use shared::metrics::ConfusionMatrix;
use shared::{Garment, ModelId};

use crate::engine::{BatchPrediction, Engine, format_rate};
use protocol::TEST_SET_SIZE;

/// The predictions for the test images so far.
#[derive(Clone, PartialEq)]
pub struct TestProgress {
    pub model: ModelId,
    /// The engine of the last batch.
    pub engine: Engine,
    pub confusion: ConfusionMatrix,
    /// In the order of the test set.
    pub predictions: Vec<BatchPrediction>,
    pub seconds: f64,
}

impl TestProgress {
    pub fn new(model: ModelId) -> Self {
        Self {
            model,
            engine: Engine::Cpu,
            confusion: ConfusionMatrix::default(),
            predictions: Vec::new(),
            seconds: 0.0,
        }
    }

    /// Counts the predictions for a batch.
    pub fn add(&mut self, labels: &[u8], predictions: &[BatchPrediction]) {
        for (label, prediction) in labels.iter().zip(predictions) {
            if let Some(truth) = Garment::from_index(usize::from(*label)) {
                self.confusion.add(truth, prediction.class);
                self.predictions.push(*prediction);
            }
        }
    }

    pub fn done(&self) -> usize {
        self.confusion.total() as usize
    }

    fn images_per_second(&self) -> f64 {
        self.done() as f64 / self.seconds.max(1e-3)
    }

    /// The text while the run lasts.
    pub fn text(&self) -> String {
        let left = (TEST_SET_SIZE - self.done()) as f64 / self.images_per_second();
        format!(
            "{}: {} of {}, {} a second on {}, about {} left. {:.1}% correct so far.",
            self.model.title(),
            thousands(self.done() as u64),
            thousands(TEST_SET_SIZE as u64),
            format_rate(self.images_per_second()),
            engine_in_sentence(self.engine),
            duration(left.max(1.0)),
            self.confusion.accuracy() * 100.0
        )
    }

    /// The text after the run; `recorded` is the accuracy in the manifest.
    pub fn result(&self, recorded: Option<f64>) -> String {
        let (done, correct) = (self.done(), self.confusion.correct());
        let what = format!(
            "{}: {} of {} test images correct, {}.",
            self.model.title(),
            thousands(u64::from(correct)),
            thousands(done as u64),
            percent(self.confusion.accuracy())
        );
        let took = format!(
            "{:.1} s on {}, {} images a second.",
            self.seconds,
            engine_in_sentence(self.engine),
            format_rate(self.images_per_second())
        );
        let compared = match recorded {
            _ if done < TEST_SET_SIZE => "The run was stopped.".to_string(),
            None => "The accuracy that the trainer recorded is not available.".to_string(),
            // The accuracies are multiples of 1/10,000.
            Some(recorded) if (recorded - self.confusion.accuracy()).abs() < 1e-6 => {
                "The trainer recorded the same.".to_string()
            }
            Some(recorded) => format!("The trainer recorded {}.", percent(recorded)),
        };
        format!("{what} {compared} {took}")
    }
}

/// An engine's name within a sentence.
fn engine_in_sentence(engine: Engine) -> &'static str {
    match engine {
        Engine::Cpu => "the CPU",
        Engine::WebGpu => "WebGPU",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run with `count` predictions, of which the first `wrong` are wrong.
    fn progress(count: usize, wrong: usize) -> TestProgress {
        let mut progress = TestProgress::new(ModelId::Cnn);
        let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
        let class = |i: usize| Garment::ALL[(i + usize::from(i < wrong)) % 10];
        let prediction = |i| BatchPrediction {
            class: class(i),
            confidence: 0.9,
        };
        let predictions: Vec<BatchPrediction> = (0..count).map(prediction).collect();
        progress.add(&labels, &predictions);
        progress.seconds = 2.0;
        progress
    }

    #[test]
    fn the_result_is_compared_with_the_recorded_accuracy() {
        let all = progress(TEST_SET_SIZE, 652);
        let text = all.result(Some(0.9348));
        assert!(text.contains("9,348 of 10,000") && text.contains("93.48%"));
        assert!(
            text.contains("recorded the same") && text.contains("2.0 s on the CPU, 5,000 images")
        );
        assert!(all.result(Some(0.9349)).contains("recorded 93.49%"));
        assert!(all.result(None).contains("not available"));
        let some = progress(500, 0).result(Some(0.9348));
        assert!(some.contains("was stopped") && !some.contains("recorded"));
    }

    #[test]
    fn estimates_the_remaining_time() {
        let text = progress(2000, 20).text();
        assert!(text.contains("2,000 of 10,000, 1,000 a second"), "{text}");
        assert!(text.contains("about 8 s left. 99.0% correct"), "{text}");
    }

    #[test]
    fn unknown_labels_are_not_counted() {
        let mut run = progress(10, 0);
        let prediction = run.predictions[0];
        run.add(&[10], &[prediction]);
        assert_eq!(run.done(), 10);
    }
}
